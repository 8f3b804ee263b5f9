"""The README's configuration table is what the program prints, and no page links to nothing."""
import glob
import os
import re
import subprocess
import urllib.parse

import pytest

from support.stack import ROOT, program

PAGES = ["README.md", *sorted(os.path.relpath(path, ROOT) for pattern in (
    "docs/*.md", "tests/**/*.md") for path in glob.glob(os.path.join(ROOT, pattern),
                                                        recursive=True))]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def prose(path):
    """Without blocks of code, in which brackets mean something else."""
    text = re.sub(r"^```.*?^```", "", read(path), flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", "``", text)


def rows(text):
    """A Markdown table's rows. In a cell a | stands with a backslash."""
    return [line.replace("\\|", "|") for line in text.splitlines() if line.startswith("| `CARE_")]


def anchor(heading):
    """As the usual renderers make it: lower case, punctuation dropped, spaces as dashes."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def anchors(path):
    return {anchor(heading) for heading in re.findall(r"^#+ (.+)$", read(path), re.M)}


def test_the_configuration_table_is_what_carectl_prints():
    printed = subprocess.run([program("carectl"), "config"], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    assert len(rows(printed)) > 30
    assert rows(read("README.md")) == rows(printed)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    broken = []
    for target in LINK.findall(prose(page)):
        path, _, fragment = urllib.parse.unquote(target).partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        file = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        if not os.path.exists(os.path.join(ROOT, file)):
            broken.append(f"{target}: there is no {file}")
        elif fragment and fragment not in anchors(file):
            broken.append(f"{target}: {file} has no such heading")
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("page", PAGES)
def test_named_files_exist(page):
    """A path in `backticks` that begins with one of our folders is there."""
    named = re.findall(r"`((?:api|worker|ctl|lib|sql|scripts|docs)/[\w./-]+)`", read(page))
    missing = [path for path in named if not os.path.exists(os.path.join(ROOT, path))]
    # What a reader is told to add does not exist yet.
    missing = [path for path in missing if "thing" not in path]
    assert not missing, missing
