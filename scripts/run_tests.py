#!/usr/bin/python3
"""Runs every test suite, or the named ones, and counts; the log of each is .local/test/NAME.log."""
import argparse
import collections
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOGS = os.path.join(ROOT, ".local", "test")
BUILD = "build-test"
CLANG_BUILD = "build-clang"
FUZZ_BUILD = "build-fuzz"
# gcc takes the branches that the sanitizers add for code that could run, and warns about them.
SANITIZE = ["-Db_sanitize=address,undefined",
            "-Dc_args=-Wno-format-truncation -Wno-format-overflow"]
# Debian's, whose python3-* packages scripts/setup installs.
PYTHON = "/usr/bin/python3"

Count = collections.namedtuple("Count", "passed failed skipped")
Suite = collections.namedtuple("Suite", "name what run")


def log_path(name):
    return os.path.join(LOGS, f"{name}.log")


def run(name, command, env=None, timeout=1800):
    """The command's exit status; its output goes to the suite's log."""
    with open(log_path(name), "ab") as log:
        log.write(f"$ {' '.join(command)}\n".encode())
        log.flush()
        child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log,
                                 stderr=log, env={**os.environ, **(env or {})},
                                 start_new_session=True)
        try:
            return child.wait(timeout=timeout)
        except (subprocess.TimeoutExpired, KeyboardInterrupt) as error:
            # The group that we made; at SIGINT pytest stops its servers and cleans up.
            os.killpg(child.pid, signal.SIGINT)
            try:
                child.wait(timeout=20)
            except (subprocess.TimeoutExpired, KeyboardInterrupt):
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
            if isinstance(error, KeyboardInterrupt):
                raise
            log.write(f"took more than {timeout} s\n".encode())
            return -1


def one(good):
    return Count(1, 0, 0) if good else Count(0, 1, 0)


def total(counts):
    return Count(*(sum(column) for column in zip(*counts))) if counts else Count(0, 0, 0)


def configured(path):
    """Whether meson was here; a clone that was moved has the old place's folders."""
    try:
        with open(os.path.join(path, "meson-info", "meson-info.json"), encoding="utf-8") as file:
            source = json.load(file)["directories"]["source"]
        return os.path.samefile(source, ROOT) and os.path.exists(os.path.join(path, "build.ninja"))
    except (OSError, ValueError, KeyError):
        return False


def compiled(name, folder, options, env=None):
    """Configures once, compiles; a folder that cannot be used again is made anew."""
    path = os.path.join(ROOT, folder)
    configure = ["meson", "configure", folder, *options]
    if not configured(path):
        shutil.rmtree(path, ignore_errors=True)
        configure[1] = "setup"
    if run(name, configure, env) != 0:
        return one(False)
    return one(run(name, ["meson", "compile", "-C", folder], env) == 0)


def build(name):
    return compiled(name, BUILD, SANITIZE)


def clang(name):
    return compiled(name, CLANG_BUILD, ["-Dbuildtype=debugoptimized"], {"CC": "clang"})


def read_junit(path):
    """A report's counts; None when there is none or it says that nothing ran."""
    try:
        cases = list(ElementTree.parse(path).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError):
        return None
    bad = [case for case in cases
           if case.find("failure") is not None or case.find("error") is not None]
    skipped = [case for case in cases if case.find("skipped") is not None]
    if not cases:
        return None
    return Count(len(cases) - len(bad) - len(skipped), len(bad), len(skipped))


def programs_log(folder):
    return os.path.join(ROOT, folder, "meson-logs", "testlog.json")


def read_programs(folder):
    """meson's log of its last run, a JSON object a line: [(result, output)]."""
    try:
        with open(programs_log(folder), encoding="utf-8") as file:
            return [(entry["result"], entry.get("stdout", ""))
                    for entry in map(json.loads, file)]
    except OSError:
        return []


def count_program(result, output):
    """A program's TAP lines; one more failure when it failed for another reason, such as a leak
    at its end; a program that speaks no TAP counts as one."""
    failed = len(re.findall(r"^not ok ", output, re.M))
    skipped = len(re.findall(r"^ok .*# SKIP", output, re.M))
    passed = len(re.findall(r"^ok ", output, re.M)) - skipped
    if result == "SKIP":
        return Count(0, 0, 1)
    if result not in ("OK", "EXPECTEDFAIL"):
        return Count(passed, max(1, failed), skipped)
    return Count(max(1, passed), failed, skipped)


def meson_test(name, folder, *options):
    env = {"CMOCKA_MESSAGE_OUTPUT": "TAP", "ASAN_OPTIONS": "detect_leaks=1",
           "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
    if os.path.exists(programs_log(folder)):
        os.unlink(programs_log(folder))
    status = run(name, ["meson", "test", "-C", folder, "--no-rebuild", "--num-processes", "2",
                        "--timeout-multiplier", "4", "--print-errorlogs", *options], env)
    counted = total([count_program(*program) for program in read_programs(folder)])
    if counted.passed + counted.failed == 0 or (status != 0 and counted.failed == 0):
        counted = counted._replace(failed=1)
    return counted


def unit(name):
    """All but the suites that count their own cases below."""
    return meson_test(name, BUILD, "--no-suite", "property", "--no-suite", "generator")


def fuzz(name):
    """Ten seconds for each target, from its seeds."""
    built = compiled(name, FUZZ_BUILD, ["-Dfuzz=true"], {"CC": "clang"})
    return built if built.failed else meson_test(name, FUZZ_BUILD, "--suite", "fuzz")


def pytest_suite(folder):
    def go(name):
        report = os.path.join(LOGS, f"{name}.xml")
        if os.path.exists(report):
            os.unlink(report)
        env = {"CARE_BUILD_DIR": os.path.join(ROOT, BUILD),
               "CARE_COVERAGE_FILE": os.path.join(LOGS, "coverage"),
               "CARE_ALL_SUITES": "1" if ALL else "",
               "PYTHONDONTWRITEBYTECODE": "1"}
        status = run(name, [PYTHON, "-m", "pytest", "-q", "--durations=5",
                            f"--junitxml={report}", folder], env)
        count = read_junit(report)
        if count is None:
            return one(False)
        if status != 0 and count.failed == 0:
            count = count._replace(failed=1)
        return count
    return go


def lint(check):
    return lambda name: one(run(name, ["scripts/lint", check],
                                {"CARE_BUILD_DIR": CLANG_BUILD}) == 0)


# worker before http, whose last test asks what both have seen.
SUITES = [
    Suite("build", "gcc with address and undefined-behaviour sanitizers", build),
    Suite("unit", "rules without I/O, under the sanitizers", unit),
    Suite("generator", "what turns the contract into tables", pytest_suite("tests/gen")),
    Suite("support", "the harness itself", pytest_suite("tests/support")),
    Suite("data", "lib/data against PostgreSQL and Redis", pytest_suite("tests/data")),
    Suite("sim", "the providers' simulator", pytest_suite("tests/sim")),
    Suite("property", "rules against other implementations", pytest_suite("tests/property")),
    Suite("sql", "schema, policies, functions", pytest_suite("tests/sql")),
    Suite("ctl", "the operator's tool", pytest_suite("tests/ctl")),
    Suite("worker", "jobs", pytest_suite("tests/worker")),
    Suite("http", "the whole product over HTTP", pytest_suite("tests/http")),
    Suite("fuzz", "parsers of what strangers send", fuzz),
    Suite("clang", "compiles with clang", clang),
    Suite("tidy", "docs/style.md's rules", lint("tidy")),
    Suite("format", "clang-format", lint("format")),
    Suite("cppcheck", "static analysis", lint("cppcheck")),
    Suite("clang_tidy", "static analysis", lint("clang_tidy")),
]


def show(suite, count, seconds):
    text = f"{count.passed} passed, {count.failed} failed"
    if count.skipped:
        text += f", {count.skipped} skipped"
    print(f"{seconds:6.1f} s  {suite.name:10} {text}", flush=True)
    if count.failed:
        with open(log_path(suite.name), encoding="utf-8", errors="replace") as log:
            lines = log.read().splitlines()[-60:]
        print("\n".join(f"    {line}" for line in lines), flush=True)


# What a suite stands on, when it is asked for by itself.
NEEDS = {"clang": (), "tidy": (), "format": (), "cppcheck": (), "generator": (), "fuzz": (),
         "clang_tidy": ("build", "clang")}


def chosen(names):
    known = {suite.name: suite for suite in SUITES}
    for name in names:
        if name not in known:
            sys.exit(f"no suite {name!r}; there are: {' '.join(known)}")
    wanted = set(names or known)
    for name in names:
        wanted.update(NEEDS.get(name, ("build",)))
    return [suite for suite in SUITES if suite.name in wanted]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suite", nargs="*")
    parser.add_argument("--list", action="store_true", help="the suites and what they are")
    args = parser.parse_args()
    if args.list:
        print("\n".join(f"{suite.name:10} {suite.what}" for suite in SUITES))
        return 0
    global ALL
    ALL = not args.suite
    os.makedirs(LOGS, exist_ok=True)
    for old in glob.glob(os.path.join(LOGS, "*.log")) + [os.path.join(LOGS, "coverage")]:
        if os.path.exists(old):
            os.unlink(old)
    counts = []
    for suite in chosen(args.suite):
        print(f"          {suite.name}: {suite.what} …", flush=True)
        begun = time.monotonic()
        count = suite.run(suite.name)
        show(suite, count, time.monotonic() - begun)
        counts.append(count)
    counted = total(counts)
    skipped = f", {counted.skipped} skipped" if counted.skipped else ""
    print(f"{counted.passed} passed, {counted.failed} failed{skipped}", flush=True)
    return 1 if counted.failed else 0


def stop_now(*_):
    raise KeyboardInterrupt


if __name__ == "__main__":
    # A cancelled job and a closed terminal end the running suite as Ctrl-C does. That one too: a
    # shell's background job ignores it, and so would the suites.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop_now)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped")
