"""Reading the contract: YAML as JSON sees it, with every mistake kept for one printout."""
import yaml


class Complaints:
    """What is wrong with the contract, as "file: path: message" lines."""

    def __init__(self, file):
        self.file = file
        self.lines = []

    def add(self, path, message):
        line = f"{self.file}: {path}: {message}"
        if line not in self.lines:
            self.lines.append(line)


class Loader(yaml.SafeLoader):
    """Dates stay text, and a key that stands twice in a mapping is refused."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                continue
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers
            if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def as_json(value):
    """A copy without shared parts (YAML aliases), whose mapping keys are all text."""
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value


def load(path, complaints):
    """The document, or None after a complaint."""
    try:
        with open(path, encoding="utf-8") as file:
            document = as_json(yaml.load(file, Loader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "yaml"
        complaints.add(where, getattr(error, "problem", None) or str(error))
        return None
    if not isinstance(document, dict):
        complaints.add("(root)", "is not a mapping")
        return None
    return document


def resolve(document, node, complaints, path):
    """Follows local $refs; {} after a complaint."""
    for _ in range(16):
        if not isinstance(node, dict) or "$ref" not in node:
            return node
        target = document
        for part in node["$ref"].split("/")[1:]:
            target = target.get(part) if isinstance(target, dict) else None
        if not node["$ref"].startswith("#/components/") or target is None:
            complaints.add(path, f"$ref {node['$ref']} leads nowhere in this document")
            return {}
        node = target
    complaints.add(path, "$refs go in a circle")
    return {}
