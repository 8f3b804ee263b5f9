"""The whole product on this machine: PostgreSQL, Redis, the simulator, care-api, care-worker."""
import glob
import json
import os
import secrets
import shutil
import subprocess
import urllib.error
import urllib.request

from .postgres import Postgres
from .process import Process, ProcessError, free_port, run, tail, wait_for
from .redis_server import Redis

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HOST = "127.0.0.1"
SHARED_KEYS = ("CARE_PAYSTACK_SECRET_KEY", "CARE_CALCOM_API_KEY", "CARE_CALCOM_WEBHOOK_SECRET",
               "CARE_TWILIO_ACCOUNT_SID", "CARE_TWILIO_AUTH_TOKEN", "CARE_MANDRILL_API_KEY")


def build_folder():
    return os.path.abspath(os.environ.get("CARE_BUILD_DIR", os.path.join(ROOT, "build")))


def program(name):
    """Where a program was built, whichever folder's meson.build makes it."""
    found = [path for pattern in (name, f"*/{name}", f"*/*/{name}")
             for path in glob.glob(os.path.join(build_folder(), pattern))
             if os.path.isfile(path) and os.access(path, os.X_OK)]
    if not found:
        raise ProcessError(f"{name} is not built in {build_folder()}: meson compile -C build")
    return found[0]


def open_url(url, body=None, method=None, timeout=10):
    """(status, bytes); status 0 when nobody answers. body is sent as JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method)
    if data is not None:
        request.add_header("Content-Type", "application/json")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, b""


def make_keys(folder):
    """A key of each kind, made anew: nothing here opens anything elsewhere. The signing key takes a
    moment to make, so a folder's is kept."""
    key_file = os.path.join(folder, "jwt.pem")
    if not os.path.exists(key_file):
        run([program("carectl"), "key", "generate", "--out", key_file])
    return {
        "CARE_SECRET_KEY": secrets.token_hex(32),
        "CARE_JWT_KEY_FILE": key_file,
        "CARE_PAYSTACK_SECRET_KEY": "sk_test_" + secrets.token_hex(20),
        "CARE_CALCOM_API_KEY": "cal_test_" + secrets.token_hex(16),
        "CARE_CALCOM_WEBHOOK_SECRET": secrets.token_hex(24),
        "CARE_TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
        "CARE_TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "CARE_MANDRILL_API_KEY": "md-" + secrets.token_hex(11),
    }


class Simulator:
    """care-sim: the providers' wire on one port. It holds the same keys as we do, under CARE_SIM_
    names, and calls our webhooks back."""

    def __init__(self, log_folder, settings, api_url, port=None):
        self.port = port or free_port()
        self.url = f"http://{HOST}:{self.port}"
        env = {**os.environ, "CARE_SIM_WEBHOOK_BASE": api_url}
        for name in SHARED_KEYS:
            env[name.replace("CARE_", "CARE_SIM_", 1)] = settings[name]
        self.process = Process("sim", [program("care-sim"), "--port", str(self.port)], log_folder,
                               env=env)

    def start(self):
        self.process.start()
        self.process.wait_until(lambda: open_url(self.url + "/_sim/messages")[0] == 200, 10)
        return self

    def get(self, path):
        return self.control(path, None, "GET")

    def post(self, path, body=None):
        return self.control(path, {} if body is None else body, "POST")

    def control(self, path, body, method):
        status, reply = open_url(self.url + path, body, method)
        if not 200 <= status < 300:
            raise ProcessError(f"care-sim answered {status} to {method} {path}: {reply[:400]!r}")
        return json.loads(reply) if reply else None

    def provider_settings(self):
        """Test and production differ by base URL only."""
        return {
            "CARE_PAYSTACK_BASE_URL": self.url + "/paystack",
            "CARE_CALCOM_BASE_URL": self.url + "/calcom/v2",
            "CARE_TWILIO_BASE_URL": self.url + "/twilio",
            "CARE_MANDRILL_BASE_URL": self.url + "/mandrill/api/1.0",
        }


class Servers:
    """PostgreSQL, Redis: started once, shared by many databases."""

    def __init__(self, folder, log_folder):
        self.folder = os.path.abspath(folder)
        os.makedirs(self.folder, exist_ok=True)
        self.log_folder = log_folder
        self.postgres = Postgres(os.path.join(self.folder, "postgres"), log_folder)
        self.redis = Redis(os.path.join(self.folder, "redis"), log_folder)

    def start(self):
        self.postgres.start()
        self.redis.start()
        return self

    def ensure_running(self):
        """A test may have killed one."""
        for server in (self.postgres, self.redis):
            if not server.process.is_running():
                server.start()

    def stop(self):
        self.redis.stop()
        self.postgres.stop()

    def destroy(self):
        """Whatever happened: no process and no data stays."""
        for server in (self.redis, self.postgres):
            if server.process.is_running():
                server.process.kill()
            server.remove()
        shutil.rmtree(self.folder, ignore_errors=True)


class Stack:
    """care-api and care-worker on one database, with everything they need around them.

    kill("worker"), start("worker") and the like take: postgres, redis, sim, api, worker."""

    def __init__(self, servers, folder, database, settings=None, ports=None):
        self.servers = servers
        self.folder = os.path.abspath(folder)
        os.makedirs(self.folder, exist_ok=True)
        self.database = database
        self.moved_s = 0
        ports = ports or {}
        self.ports = {name: free_port(ports.get(name)) for name in ("api", "ops", "worker_ops",
                                                                    "sim")}
        self.url = f"http://{HOST}:{self.ports['api']}"
        self.ops_url = f"http://{HOST}:{self.ports['ops']}"
        self.worker_ops_url = f"http://{HOST}:{self.ports['worker_ops']}"
        self.settings = {**self.default_settings(), **make_keys(servers.folder),
                         **(settings or {})}
        self.sim = Simulator(self.folder, self.settings, self.url, self.ports["sim"])
        self.settings = {**self.settings, **self.sim.provider_settings(), **(settings or {})}
        self.api = Process("api", [program("care-api")], self.folder,
                           env=self.environment("care_api"))
        self.worker = Process("worker", [program("care-worker")], self.folder,
                              env=self.environment("care_worker"))

    def default_settings(self):
        return {
            "CARE_LISTEN": f"{HOST}:{self.ports['api']}",
            "CARE_OPS_LISTEN": f"{HOST}:{self.ports['ops']}",
            "CARE_WORKER_OPS_LISTEN": f"{HOST}:{self.ports['worker_ops']}",
            "CARE_PUBLIC_URL": self.url,
            "CARE_SITE_URL": "http://localhost:3000",
            "CARE_CORS_ORIGINS": "http://localhost:3000",
            "CARE_REDIS_URL": self.servers.redis.url,
            "CARE_ORGANISATION_NAME": "Ìtọ́jú Demo Care",
            "CARE_ORGANISATION_ADDRESS": "12 Adéọlá Street|Lagos|Nigeria",
            "CARE_ORGANISATION_TIME_ZONE": "Africa/Lagos",
            "CARE_TWILIO_FROM": "+15005550006",
            "CARE_EMAIL_FROM": "care@demo.example",
            "CARE_EMAIL_FROM_NAME": "Demo Care",
            "CARE_CLOCK_MOVABLE": "true",
        }

    def environment(self, login):
        inherited = {name: value for name, value in os.environ.items()
                     if not name.startswith("CARE_")}
        return {**inherited, **self.settings,
                "CARE_DATABASE_URL": self.servers.postgres.url(login, self.database)}

    def process(self, name):
        return {"postgres": self.servers.postgres.process, "redis": self.servers.redis.process,
                "sim": self.sim.process, "api": self.api, "worker": self.worker}[name]

    def start(self, name=None):
        if name is None:
            for each in ("sim", "api", "worker"):
                self.start(each)
        elif name in ("postgres", "redis"):
            getattr(self.servers, name).start()
        elif name == "sim":
            self.sim.start()
            self.teach_sim()
        else:
            self.process(name).start()
            url = self.ops_url if name == "api" else self.worker_ops_url
            self.process(name).wait_until(
                lambda: open_url(url + "/health/ready")[0] == 200, 30, "GET /health/ready")
        return self

    def teach_sim(self):
        """What somebody sets up in Cal.com's pages: how long each event type is. And the clock, for
        a simulator that was started again."""
        services = self.servers.postgres.psql(
            "SELECT calcom_event_type_id, duration_minutes, name FROM service", self.database)
        for line in services.splitlines():
            event_type, length, title = line.split("|", 2)
            self.sim.control(f"/_sim/calcom/event-types/{event_type}",
                             {"length": int(length), "title": title}, "PUT")
        if self.moved_s:
            self.sim.post("/_sim/clock", {"advance_s": self.moved_s})

    def kill(self, name):
        return self.process(name).kill()

    def restart(self, name):
        self.process(name).stop_clean()
        self.start(name)

    def stop(self):
        """Ends the programs; every one of them must end well, and all are ended whatever happens."""
        failures = []
        for name in ("worker", "api", "sim"):
            try:
                self.process(name).stop_clean()
            except ProcessError as error:
                failures.append(str(error))
        if failures:
            raise ProcessError("\n".join(failures))

    def destroy(self):
        """Whatever happened: no process stays."""
        for name in ("worker", "api", "sim"):
            if self.process(name).is_running():
                self.kill(name)

    def carectl(self, *words, input=None):
        """carectl as the owner of the schema; its output, and it must end with 0."""
        env = self.environment("postgres")
        report = os.path.join(self.folder, "carectl.sanitizer")
        env.setdefault("ASAN_OPTIONS", f"log_path={report}")
        return run([program("carectl"), *words], env=env, input=input)

    def carectl_status(self, *words, input=None):
        """(status, output) of a carectl that may fail."""
        done = subprocess.run([program("carectl"), *words], env=self.environment("postgres"),
                              input=input, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=60, check=False)
        return done.returncode, done.stdout

    def clock(self, advance_s):
        """Moves business time and the providers' clock together."""
        self.carectl("clock", "advance", str(advance_s))
        self.sim.post("/_sim/clock", {"advance_s": advance_s})
        self.moved_s += advance_s

    def logs(self, lines=20):
        return {name: tail(self.process(name).log, lines)
                for name in ("api", "worker", "sim", "postgres")}

    def wait_for(self, condition, timeout=10.0, what="the condition"):
        """wait_for, and the logs are shown when it never holds."""
        try:
            return wait_for(condition, timeout, what)
        except ProcessError as error:
            ends = "\n".join(f"--- {name}\n{text}" for name, text in self.logs().items())
            raise ProcessError(f"{error}\n{ends}") from None
