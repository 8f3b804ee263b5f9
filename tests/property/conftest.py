"""The programs under test, and how many examples each property gets.

CARE_BUILD_DIR names the build (default: build/); CARE_PROPERTY_EXAMPLES multiplies the examples.
"""
import os
import pathlib
import subprocess
import sys

import hypothesis
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("CARE_BUILD_DIR", ROOT / "build"))
sys.path.insert(0, str(pathlib.Path(__file__).parent))

hypothesis.settings.register_profile(
    "care", database=None, deadline=None, print_blob=True,
    max_examples=int(2000 * float(os.environ.get("CARE_PROPERTY_EXAMPLES", "1"))),
    suppress_health_check=list(hypothesis.HealthCheck))
hypothesis.settings.load_profile("care")


class Program:
    """A process that answers one line for each line it is asked."""

    def __init__(self, name):
        self.process = subprocess.Popen(
            [BUILD / "tests" / "property" / name], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, bufsize=1)

    def ask(self, question):
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"died of {question!r}"
        return answer.rstrip("\n")

    def close(self):
        """The sanitizers speak at the end: a leak fails the test."""
        self.process.stdin.close()
        assert self.process.wait(timeout=30) == 0


def program(name):
    @pytest.fixture(scope="session")
    def fixture():
        running = Program(name)
        yield running
        running.close()
    return fixture


ask_instant = program("ask_instant")
ask_money = program("ask_money")
plan_reminder = program("plan_reminder")
