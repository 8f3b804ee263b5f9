"""Children started by the tests and by scripts/start: logs in files, ended by pid, never by name."""
import os
import random
import signal
import socket
import subprocess
import time

SANITIZER_EXIT = 99


class ProcessError(AssertionError):
    """A child that did not start, did not end, or ended in a way it must not."""


def wait_for(condition, timeout=10.0, what="the condition", every=0.02):
    """Asks condition() until it says something true, which is returned; fails at the deadline."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise ProcessError(f"waited {timeout:g} s for {what}; last seen: {value!r}")
        time.sleep(every)


def port_is_free(port, host="127.0.0.1"):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(preferred=None):
    """A port nobody listens on, below the range that outgoing connections take theirs from."""
    if preferred and port_is_free(preferred):
        return preferred
    for _ in range(200):
        port = random.SystemRandom().randrange(20000, 30000)
        if port_is_free(port):
            return port
    raise ProcessError("found no free port between 20000 and 30000")


def tail(path, lines=20):
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.path.getsize(path) - 64 * 1024))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
    except OSError:
        return ""


def as_user(user, command):
    """The command, run as that user when we are root; otherwise as ourselves."""
    if os.geteuid() != 0 or user is None:
        return list(command)
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--", *command]


class Process:
    """One child. It dies with us (parent-death signal), and does not see the terminal's Ctrl-C."""

    def __init__(self, name, command, folder, env=None, user=None, stop_signal=signal.SIGTERM,
                 work_folder=None):
        self.name = name
        self.command = [str(part) for part in command]
        self.folder = str(folder)
        self.env = env
        self.user = user
        self.stop_signal = stop_signal
        self.work_folder = work_folder
        self.log = os.path.join(self.folder, f"{name}.log")
        self.child = None
        self.started_at = 0.0

    @property
    def pid(self):
        return self.child.pid if self.child else None

    def environment(self):
        env = dict(os.environ if self.env is None else self.env)
        report = os.path.join(self.folder, f"{self.name}.sanitizer")
        suppressions = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lsan.supp")
        common = f"exitcode={SANITIZER_EXIT}:log_path={report}"
        env.setdefault("ASAN_OPTIONS", f"{common}:detect_leaks=1:detect_stack_use_after_return=1")
        env.setdefault("LSAN_OPTIONS", f"suppressions={suppressions}:print_suppressions=0")
        env.setdefault("UBSAN_OPTIONS", f"{common}:print_stacktrace=1:halt_on_error=1")
        return env

    def start(self):
        if self.is_running():
            raise ProcessError(f"{self.name} is running already")
        os.makedirs(self.folder, exist_ok=True)
        command = ["setpriv", f"--pdeathsig={self.stop_signal.name[3:]}", "--", *self.command]
        if self.user and os.geteuid() == 0:
            command[1:1] = [f"--reuid={self.user}", f"--regid={self.user}", "--init-groups"]
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, close_fds=True,
                env=self.environment(), cwd=self.work_folder, start_new_session=True)
        self.started_at = time.monotonic()
        return self

    def is_running(self):
        return self.child is not None and self.child.poll() is None

    def wait_until(self, condition, timeout=20.0, what="it to answer"):
        """wait_for, cut short when the child ends first."""
        def ready():
            if not self.is_running():
                raise ProcessError(f"{self.name} ended with status {self.child.returncode}; "
                                   f"the end of {self.log}:\n{tail(self.log)}")
            return condition()
        try:
            return wait_for(ready, timeout, f"{self.name}: {what}")
        except ProcessError as error:
            if self.is_running():
                raise ProcessError(f"{error}; the end of {self.log}:\n{tail(self.log)}") from None
            raise

    def kill(self):
        """As a power cut would: SIGKILL, and the body is collected."""
        self.signal(signal.SIGKILL)
        status = self.child.wait(timeout=10)
        self.child = None
        return status

    def signal(self, number):
        if not self.is_running():
            raise ProcessError(f"{self.name} is not running")
        os.kill(self.child.pid, number)

    def stop(self, timeout=30.0):
        """Asks it to end, waits, returns its exit status; a child that does not end is killed."""
        if self.child is None:
            return None
        if self.child.poll() is None:
            os.kill(self.child.pid, self.stop_signal)
        try:
            status = self.child.wait(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.kill(self.child.pid, signal.SIGKILL)
            self.child.wait(timeout=10)
            self.child = None
            raise ProcessError(f"{self.name} did not end within {timeout:g} s of "
                               f"{self.stop_signal.name}; the end of {self.log}:\n"
                               f"{tail(self.log)}") from None
        self.child = None
        return status

    def stop_clean(self, timeout=30.0):
        """stop(), and the end must be a good one: status 0 and no sanitizer report, ever."""
        status = self.stop(timeout)
        reports = self.sanitizer_reports()
        if reports:
            raise ProcessError(f"{self.name}: a sanitizer reported:\n" + "\n".join(reports))
        if status not in (0, None):
            raise ProcessError(f"{self.name} ended with status {status}; the end of {self.log}:\n"
                               f"{tail(self.log)}")

    def sanitizer_reports(self):
        prefix = f"{self.name}.sanitizer."
        return [tail(os.path.join(self.folder, name), 60)
                for name in sorted(os.listdir(self.folder)) if name.startswith(prefix)]


def run(command, env=None, input=None, user=None, timeout=120, cwd=None):
    """Runs a command to its end; fails with its output unless it ends with 0."""
    done = subprocess.run(as_user(user, [str(part) for part in command]), env=env, input=input,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=timeout, cwd=cwd, check=False)
    if done.returncode != 0:
        raise ProcessError(f"{' '.join(map(str, command))} ended with status {done.returncode}:\n"
                           f"{done.stdout}")
    return done.stdout
