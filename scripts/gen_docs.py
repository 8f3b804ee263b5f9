#!/usr/bin/python3
"""Turns the contract into one static HTML page: no script, nothing loaded from elsewhere.

    gen_docs.py CONTRACT PAGE.c      docs_page and its gzip copy, for GET /docs
    gen_docs.py CONTRACT --html      prints the page
"""
import argparse
import html
import json
import re
import sys

from gen import document
from gen.c import write_file
from gen.load import resolve
from gen_api import Contract

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #0a6ebd }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; display: grid;
  grid-template-columns: 18rem minmax(0, 1fr) }
nav { border-right: 1px solid var(--line); padding: 1rem; height: 100vh; overflow: auto;
  position: sticky; top: 0; box-sizing: border-box; font-size: .875rem }
nav ul { list-style: none; padding: 0; margin: 0 0 1rem }
nav a { text-decoration: none; color: inherit; display: block; padding: .1rem 0 }
nav a:hover { text-decoration: underline }
main { padding: 1rem 2rem 6rem; max-width: 60rem }
a { color: var(--accent) }
section { border-top: 1px solid var(--line); padding: 1rem 0 }
h1, h2, h3, h4 { line-height: 1.25 }
h4 { margin: 1rem 0 .25rem }
code, pre { font: .875rem/1.45 ui-monospace, monospace }
pre { background: var(--soft); padding: .75rem; overflow: auto; border-radius: 4px }
table { border-collapse: collapse; width: 100%; font-size: .9rem }
td, th { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0;
  border-bottom: 1px solid var(--line) }
.method { font-weight: 700; display: inline-block; min-width: 3.5rem }
.get { color: #0a6ebd } .post { color: #1a7f37 } .delete { color: #cf222e }
.put, .patch { color: #9a6700 }
.note { color: #777; font-size: .875rem }
@media (max-width: 50rem) { body { display: block } nav { position: static; height: auto;
  border-right: 0; border-bottom: 1px solid var(--line) } main { padding: 1rem } }
"""
LIMITS = {"minimum": "at least {}", "maximum": "at most {}", "minLength": "{} characters or more",
          "maxLength": "up to {} characters", "minItems": "{} items or more",
          "maxItems": "up to {} items", "maxProperties": "up to {} fields", "pattern": "like {}",
          "const": "always {}", "default": "default {}"}


def escape(text):
    return html.escape(str(text), quote=True)


def prose(text):
    """Paragraphs, `code` and **bold**: the Markdown that the contract uses."""
    paragraphs = re.split(r"\n\s*\n", str(text).strip())
    out = []
    for paragraph in paragraphs:
        body = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(paragraph))
        out.append("<p>" + re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", body) + "</p>")
    return "".join(out)


def kind_of(schema):
    """A schema in a few words; parts of components are links to them."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f'<a href="#schema-{escape(name)}">{escape(name)}</a>'
    for key, word in (("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")):
        if key in schema:
            return word.join(kind_of(part) for part in schema[key])
    kinds = schema.get("type", "any")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    text = " or ".join(escape(kind) for kind in kinds)
    if "items" in schema:
        text = f"{text} of {kind_of(schema['items'])}"
    if "format" in schema:
        text += f" ({escape(schema['format'])})"
    return text


def limits_of(schema):
    parts = [words.format(f"<code>{escape(schema[key])}</code>")
             for key, words in LIMITS.items() if key in schema]
    if "enum" in schema:
        parts.append("one of " + ", ".join(f"<code>{escape(v)}</code>" for v in schema["enum"]))
    return "; ".join(parts)


def property_rows(schema, prefix=""):
    """A row for each field; fields of objects and of items in arrays stand under their parent."""
    rows = []
    for name, part in schema.get("properties", {}).items():
        required = "" if name in schema.get("required", []) else ' <span class="note">optional</span>'
        notes = " ".join(filter(None, [escape(part.get("description", "")), limits_of(part)]))
        rows.append(f"<tr><td><code>{escape(prefix + name)}</code>{required}</td>"
                    f"<td>{kind_of(part)}</td><td>{notes}</td></tr>")
        rows += property_rows(part, f"{prefix}{name}.")
        rows += property_rows(part.get("items", {}), f"{prefix}{name}[].")
    return rows


def schema_html(schema):
    rows = property_rows(schema)
    if not rows:
        limits = limits_of(schema)
        return f"<p>{kind_of(schema)}{': ' + limits if limits else ''}</p>"
    return f"<table>{''.join(rows)}</table>"


def example_html(value):
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return f"<pre>{escape(text)}</pre>"


def content_html(content):
    out = []
    for kind, media in content.items():
        out.append(f'<p class="note">{escape(kind)}: {kind_of(media.get("schema", {}))}</p>')
        if "example" in media:
            out.append(example_html(media["example"]))
    return "".join(out)


def parameters_html(op):
    if not op.parameters:
        return ""
    rows = [f"<tr><td><code>{escape(p.name)}</code>"
            + ("" if p.required else ' <span class="note">optional</span>')
            + f"</td><td>{escape(p.where)}</td><td>{kind_of(p.schema)}</td>"
            f"<td>{escape(p.node.get('description', ''))} {limits_of(p.schema)}</td></tr>"
            for p in op.parameters]
    return f"<h4>Parameters</h4><table>{''.join(rows)}</table>"


def responses_html(contract, op):
    plain, rows = [], []
    for status, node in op.spec["responses"].items():
        response = resolve(contract.document, node, contract.complaints, op.where)
        if status < "400":
            plain.append(f"<h4>{escape(status)} {escape(response['description'])}</h4>"
                         + content_html(response.get("content", {})))
        else:
            rows.append(f"<tr><td><code>{escape(status)}</code></td>"
                        f"<td>{escape(response['description'])}</td></tr>")
    return "".join(plain) + f"<h4>Problems</h4><table>{''.join(rows)}</table>"


def callers_html(op):
    words = [role.removeprefix("ROLE_").lower() for role in op.roles]
    who = "a provider, by its signature" if op.signed else ", ".join(
        "everybody" if word == "public" else "holders of a link" if word == "link" else word
        for word in words)
    extra = [f"limit {op.spec['x-limit']}"] if "x-limit" in op.spec else []
    extra += ["paying clients only"] if op.spec.get("x-gate") else []
    extra += ["ops port"] if op.spec.get("x-port") else []
    return f'<p class="note">For {escape("; ".join([who] + extra))}.</p>'


def operation_html(contract, op):
    body = ""
    if op.body:
        body = "<h4>Body</h4>" + content_html(op.body["content"])
    return (f'<section id="{escape(op.name)}"><h3><span class="method {op.method}">'
            f"{op.method.upper()}</span> <code>{escape(op.path)}</code></h3>"
            f"<p><b>{escape(op.spec['summary'])}</b> <code>{escape(op.name)}</code></p>"
            f"{prose(op.spec['description'])}{callers_html(op)}{parameters_html(op)}{body}"
            f"{responses_html(contract, op)}</section>")


def navigation(groups):
    out = []
    for tag, operations in groups:
        links = "".join(f'<li><a href="#{escape(op.name)}"><span class="method {op.method}">'
                        f"{op.method.upper()}</span> {escape(op.spec['summary'])}</a></li>"
                        for op in operations)
        out.append(f'<b><a href="#tag-{escape(tag["name"])}">{escape(tag["name"])}</a></b>'
                   f"<ul>{links}</ul>")
    return "".join(out) + '<b><a href="#problems">problems</a></b>' \
        '<br><b><a href="#schemas">schemas</a></b>'


def problems_html(contract):
    rows = "".join(f"<tr><td><code>{escape(code)}</code></td><td>{problem['status']}</td>"
                   f"<td>{escape(problem['title'])}</td></tr>"
                   for code, problem in contract.document["x-problems"].items())
    return f'<h2 id="problems">Problems</h2><table>{rows}</table>'


def schemas_html(contract):
    parts = [f'<section id="schema-{escape(name)}"><h3>{escape(name)}</h3>'
             f"{prose(schema.get('description', ''))}{schema_html(schema)}</section>"
             for name, schema in contract.document["components"].get("schemas", {}).items()]
    return '<h2 id="schemas">Schemas</h2>' + "".join(parts)


def page(contract):
    info = contract.document["info"]
    groups = [(tag, [op for op in contract.operations if op.spec["tags"][0] == tag["name"]])
              for tag in contract.document["tags"]]
    sections = "".join(
        f'<h2 id="tag-{escape(tag["name"])}">{escape(tag["name"])}</h2>'
        f"{prose(tag.get('description', ''))}"
        + "".join(operation_html(contract, op) for op in operations)
        for tag, operations in groups)
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>'
            f"{escape(info['title'])}</title><meta name=\"viewport\" "
            f'content="width=device-width"><style>{STYLE}</style></head><body>'
            f"<nav>{navigation(groups)}</nav><main><h1>{escape(info['title'])}</h1>"
            f'<p class="note">Version {escape(info["version"])} · '
            f'<a href="/openapi.json">openapi.json</a></p>{prose(info.get("description", ""))}'
            f"{sections}{problems_html(contract)}{schemas_html(contract)}</main></body></html>\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("contract")
    parser.add_argument("source", nargs="?", metavar="PAGE.c")
    parser.add_argument("--html", action="store_true")
    args = parser.parse_args()
    contract = Contract(args.contract)
    if contract.complaints.lines:
        print("\n".join(contract.complaints.lines), file=sys.stderr)
        return 1
    text = page(contract)
    if args.html:
        sys.stdout.write(text)
    if args.source:
        write_file(args.source, document.embedded("docs_page", text))
    return 0


if __name__ == "__main__":
    sys.exit(main())
