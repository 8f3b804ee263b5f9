"""The settings' example and the settings must name the same variables."""
import os
import re

from support.stack import ROOT


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def test_the_example_names_every_setting_and_no_other():
    declared = set(re.findall(r'^\t\{"(CARE_[A-Z_]+)"', read("lib", "core", "config.c"), re.M))
    shown = set(re.findall(r"^(CARE_[A-Z_]+)=", read(".env.example"), re.M))
    assert len(declared) > 30
    assert shown == declared


def test_the_example_holds_no_secret():
    for name, value in re.findall(r"^(CARE_[A-Z_]*(?:KEY|SECRET|TOKEN|SID)\w*)=(.*)$",
                                  read(".env.example"), re.M):
        assert value == "" or name == "CARE_JWT_KEY_FILE", name
