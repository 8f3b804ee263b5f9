"""Every folder of tests is run by scripts/test, once."""
import glob
import os
import re

from support.stack import ROOT

# meson's own: what is in Python there is one of its tests.
MESON = {"tests/unit"}


def folders_with_tests():
    files = [path for pattern in ("test_*.py", "*_test.py")
             for path in glob.glob(os.path.join(ROOT, "tests", "*", pattern))]
    return {os.path.relpath(os.path.dirname(path), ROOT) for path in files} - MESON


def listed():
    """As the list is written: what a suite runs cannot be asked of it."""
    with open(os.path.join(ROOT, "scripts", "run_tests.py"), encoding="utf-8") as file:
        text = file.read()
    names = re.findall(r'^    Suite\("(\w+)"', text, re.M)
    return names, re.findall(r'pytest_suite\("([\w/]+)"\)', text)


def test_every_folder_is_run_once():
    names, folders = listed()
    assert len(names) == len(set(names))
    assert sorted(folders) == sorted(folders_with_tests())
