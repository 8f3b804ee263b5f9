"""Starts everything under .local/demo, plays the journey, then serves until Ctrl-C."""
import argparse
import json
import os
import shutil
import signal
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests"))

from demo.journey import Journey  # noqa: E402
from support.people import PEOPLE, add_people, password_of  # noqa: E402
from support.process import ProcessError, tail  # noqa: E402
from support.stack import Servers, Stack  # noqa: E402

LOCAL = os.path.join(ROOT, ".local")
PORTS = {"api": 8080, "ops": 8081, "worker_ops": 8082, "sim": 8090}
PROGRAMS = ("postgres", "redis", "sim", "api", "worker")
# A program that ends three times within a minute has a fault that starting it again will not mend.
DEATHS_MAX = 3
DEATHS_WINDOW_S = 60
# Ctrl-C, kill, and a terminal that is closed.
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """One of STOPPING."""


def stop_now(*_):
    raise Stopped


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/start", description=__doc__)
    parser.add_argument("--once", action="store_true",
                        help="end after the journey; status 0 only if every step held")
    parser.add_argument("--json", metavar="FILE", help="write the journey's steps there")
    parser.add_argument("--folder", default=".", help=argparse.SUPPRESS)
    parser.add_argument("--since", type=float, default=0, help=argparse.SUPPRESS)
    return parser.parse_args()


class Demo:
    def __init__(self, options):
        self.options = options
        self.begun = time.monotonic() - options.since
        self.folder = os.path.join(LOCAL, "demo")
        self.servers = None
        self.stack = None
        self.steps = []
        self.deaths = []

    def say(self, text):
        print(f"{time.monotonic() - self.begun:4.0f}s  {text}", flush=True)

    def start(self):
        """Every start begins with a fresh demo: the last one's clock was moved."""
        if os.path.exists(self.folder):
            Servers(self.folder, self.folder).destroy()
        self.servers = Servers(self.folder, os.path.join(self.folder, "log"))
        self.servers.start()
        self.say("PostgreSQL and Redis run on private sockets")
        self.stack = Stack(self.servers, os.path.join(self.folder, "log"), "care", ports=PORTS)
        self.servers.postgres.create_database("care")
        self.stack.carectl("migrate")
        self.stack.carectl("seed", "--demo")
        add_people(self.stack)
        self.say("the database is migrated and holds the demo organisation")
        self.stack.start()
        self.say("care-sim, care-api and care-worker run")
        self.write_env()
        self.announce()

    def env(self):
        settings = self.stack.settings
        lines = {"CARE_URL": self.stack.url, "CARE_OPS_URL": self.stack.ops_url,
                 "CARE_WORKER_OPS_URL": self.stack.worker_ops_url,
                 "CARE_SIM_URL": self.stack.sim.url}
        for name in ("CARE_PAYSTACK_SECRET_KEY", "CARE_CALCOM_WEBHOOK_SECRET"):
            lines[name] = settings[name]
        for name, person in PEOPLE.items():
            lines[f"CARE_DEMO_{name.upper()}_EMAIL"] = person.email
            lines[f"CARE_DEMO_{name.upper()}_PASSWORD"] = password_of(name)
        return lines

    def write_env(self):
        """Readers see the whole file or none."""
        path = os.path.join(LOCAL, "demo.env")
        fresh = path + ".new"
        if os.path.exists(fresh):
            os.unlink(fresh)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w",
                       encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in self.env().items())
        os.replace(fresh, path)

    def announce(self):
        """For a second start, which says who is there already."""
        with open(os.path.join(LOCAL, "start.lock"), "w", encoding="utf-8") as file:
            file.write(f"pid {os.getpid()}, {self.stack.url}, simulator {self.stack.sim.url}\n")

    def play(self):
        journey = Journey(self.stack.url, self.stack.sim.url, PEOPLE["staff"].email,
                          password_of("staff"), self.stack.clock)
        held = journey.play(self.report)
        held = self.nobody_died() and held
        self.say("every step held" if held else "the journey FAILED")
        return held

    def write_json(self, held):
        if self.options.json:
            path = os.path.join(self.options.folder, self.options.json)
            with open(path, "w", encoding="utf-8") as file:
                json.dump({"ok": held, "steps": self.steps}, file, indent=1, ensure_ascii=False)
                file.write("\n")

    def report(self, step):
        self.steps.append(step)
        print(f"       {step['name']:36} {'ok' if step['ok'] else 'FAILED':6} {step['ms']:9.1f} ms",
              flush=True)
        if step.get("error", "not reached") != "not reached":
            print(f"         {step['error']}", flush=True)

    def dead(self):
        return [name for name in PROGRAMS if not self.stack.process(name).is_running()]

    def nobody_died(self):
        for name in self.dead():
            self.tell_death(name)
        return not self.dead()

    def tell_death(self, name):
        process = self.stack.process(name)
        status = process.child.returncode if process.child else None
        how = f"was ended by signal {-status}" if status is not None and status < 0 else \
            f"ended with status {status}"
        self.say(f"{name} {how}; the end of {process.log}:\n{tail(process.log, 15)}")

    def serve(self):
        self.say(f"serving: {self.stack.url}/docs  operations {self.stack.ops_url}/health/ready  "
                 f"simulator {self.stack.sim.url}")
        self.say("logins and keys are in .local/demo.env; Ctrl-C stops everything")
        while True:
            for name in self.dead():
                self.tell_death(name)
                self.revive(name)
            time.sleep(0.5)

    def revive(self, name):
        now = time.monotonic()
        self.deaths = [(who, when) for who, when in self.deaths if now - when < DEATHS_WINDOW_S]
        self.deaths.append((name, now))
        if sum(1 for who, _ in self.deaths if who == name) >= DEATHS_MAX:
            raise ProcessError(f"{name} ended {DEATHS_MAX} times within {DEATHS_WINDOW_S} s")
        self.stack.start(name)
        self.say(f"{name} runs again")

    def stop(self):
        """Ends what was started, by pid, in the order that lets each finish its work."""
        good = True
        try:
            if self.stack:
                self.stack.stop()
        except ProcessError as error:
            self.say(str(error))
            good = False
        finally:
            if self.servers:
                self.servers.stop()
        self.say("stopped")
        return good


def run(demo):
    held = False
    try:
        demo.start()
        held = demo.play()
        demo.write_json(held)
        if not demo.options.once:
            demo.serve()
    except ProcessError as error:
        demo.say(f"FAILED: {error}")
        demo.write_json(False)
        held = False
    except OSError as error:
        demo.say(f"FAILED: {error}")
        held = False
    except Stopped:
        # Being stopped while serving is the ordinary end.
        held = held and not demo.options.once
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)
    return demo.stop() and held


def main():
    for number in STOPPING:
        signal.signal(number, stop_now)
    if not shutil.which("redis-server"):
        sys.exit("run scripts/setup first")
    return 0 if run(Demo(arguments())) else 1


if __name__ == "__main__":
    sys.exit(main())
