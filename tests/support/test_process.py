"""Children: a leak, a bad end and a refusal to end must each fail whoever relies on them."""
import signal
import sys

import pytest

from support.process import Process, ProcessError, free_port, port_is_free, wait_for

PYTHON = [sys.executable, "-c"]
READY = "print('ready', flush=True); import time; time.sleep(60)"


def child(tmp_path, code, **options):
    return Process("child", [*PYTHON, code], tmp_path, **options)


def log_of(process):
    with open(process.log, encoding="utf-8") as log:
        return log.read()


def test_wait_for_gives_what_it_waited_for_and_gives_up():
    values = iter([0, None, 7])
    assert wait_for(lambda: next(values), 5) == 7
    with pytest.raises(ProcessError, match="the moon"):
        wait_for(lambda: False, 0.05, "the moon")


def test_a_child_that_ends_while_waited_for_is_told_with_its_log(tmp_path):
    process = child(tmp_path, "print('no such setting'); raise SystemExit(3)").start()
    with pytest.raises(ProcessError, match="status 3(?s:.*)no such setting"):
        process.wait_until(lambda: False, 10)


def test_a_clean_end_is_status_0(tmp_path):
    code = "import signal, sys; signal.signal(15, lambda *_: sys.exit(0)); " + READY
    process = child(tmp_path, code).start()
    process.wait_until(lambda: "ready" in log_of(process))
    process.stop_clean()
    assert not process.is_running()


def test_another_status_is_not_clean(tmp_path):
    process = child(tmp_path, READY).start()
    process.wait_until(lambda: "ready" in log_of(process))
    with pytest.raises(ProcessError, match="status -15"):
        process.stop_clean()


def test_a_sanitizer_report_is_not_clean(tmp_path):
    (tmp_path / "child.sanitizer.77").write_text("SUMMARY: 8 byte(s) leaked", encoding="utf-8")
    code = "import signal, sys; signal.signal(15, lambda *_: sys.exit(0)); " + READY
    process = child(tmp_path, code).start()
    process.wait_until(lambda: "ready" in log_of(process))
    with pytest.raises(ProcessError, match="leaked"):
        process.stop_clean()


def test_a_child_that_does_not_end_is_killed_and_told(tmp_path):
    code = "import signal; signal.signal(15, signal.SIG_IGN); " + READY
    process = child(tmp_path, code).start()
    process.wait_until(lambda: "ready" in log_of(process))
    with pytest.raises(ProcessError, match="did not end"):
        process.stop(timeout=0.3)
    assert not process.is_running()


def test_kill_and_start_again(tmp_path):
    process = child(tmp_path, READY).start()
    assert process.kill() == -signal.SIGKILL
    first = log_of(process)
    process.start()
    process.wait_until(lambda: len(log_of(process)) > len(first))
    process.kill()


def test_a_child_dies_with_its_parent(tmp_path):
    code = (f"import sys; sys.path[:0] = {sys.path!r}\n"
            "from support.process import Process\n"
            f"print(Process('grand', [{sys.executable!r}, '-c', 'import time; time.sleep(60)'], "
            f"{str(tmp_path)!r}).start().pid, flush=True)\nimport time; time.sleep(60)")
    parent = child(tmp_path, code).start()
    parent.wait_until(lambda: log_of(parent).strip().isdigit())
    pid = int(log_of(parent))
    parent.kill()

    def gone():
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
                return stat.read().rsplit(")", 1)[1].split()[0] == "Z"
        except FileNotFoundError:
            return True
    wait_for(gone, 5, "the grandchild to end")


def test_free_port_is_free():
    assert port_is_free(free_port())
