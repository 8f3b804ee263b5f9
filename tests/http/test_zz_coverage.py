"""Last of all: has every answer that the contract declares been seen by some test?"""
import os

import pytest

from support.client import recorded
from support.contract import load

WITHOUT_DATABASE = ("openapi_json", "docs", "health_live", "metrics")

# (operation, status) pairs that no test can bring about, with the reason.
UNSEEN = {
    **{(name, "500"): "only a mistake of ours answers so" for name in load().operations},
    **{(name, "503"): "asks nothing of the database, and is never overloaded in a test"
       for name in WITHOUT_DATABASE},
}


@pytest.mark.skipif(not os.environ.get("CARE_ALL_SUITES"),
                    reason="only a run of every suite can tell")
def test_every_declared_answer_was_seen():
    seen = recorded(os.environ["CARE_COVERAGE_FILE"])
    declared = load().declared_pairs()
    missing = sorted(declared - seen - set(UNSEEN))
    assert not missing, "never seen:\n" + "\n".join(" ".join(pair) for pair in missing)


def test_what_is_excused_is_declared():
    assert set(UNSEEN) <= load().declared_pairs()
