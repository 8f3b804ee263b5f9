"""care-sim under test, somebody it can call back, and the published samples."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import threading
import time
import urllib.parse

import pytest
import requests

from support.process import Process, wait_for

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SAMPLES = os.path.join(ROOT, "..", "shared", "samples")

PAYSTACK_KEY = "sk_test_0123456789abcdef0123456789abcdef01234567"
CALCOM_KEY = "cal_test_0123456789"
CALCOM_SECRET = "test_secret_123"
TWILIO_SID = "AC00112233445566778899aabbccddeeff"
TWILIO_TOKEN = "12345"
MANDRILL_KEY = "md-0123456789"
MANDRILL_WEBHOOK_KEY = "ntynTMaFpM_octE5R1DKAw"


def sample_bytes(path):
    """A published file as it is; skips where the samples are not at hand."""
    name = os.path.join(SAMPLES, path)
    if not os.path.exists(name):
        pytest.skip(f"the samples are not there: {path}")
    with open(name, "rb") as file:
        return file.read()


def sample(path):
    """A published body, parsed."""
    return json.loads(sample_bytes(path))


def missing_keys(wanted, got, at=""):
    """Paths of the keys that wanted has and got has not."""
    if isinstance(wanted, list) and isinstance(got, list):
        return missing_keys(wanted[0], got[0], at + "[]") if wanted and got else []
    if not isinstance(wanted, dict):
        return []
    if not isinstance(got, dict):
        return [at]
    missing = [f"{at}.{key}" for key in wanted if key not in got]
    for key, value in wanted.items():
        if key in got:
            missing += missing_keys(value, got[key], f"{at}.{key}")
    return missing


def hmac_hex(key, body, digest):
    return hmac.new(key.encode(), body, digest).hexdigest()


def form_signature(key, url, fields):
    """Twilio's and Mandrill's: base64 of HMAC-SHA1 over the URL and the sorted fields."""
    data = url.split("#")[0] + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(key.encode(), data.encode(), hashlib.sha1).digest()).decode()


class Received:
    def __init__(self, handler, body):
        self.path = handler.path
        self.headers = handler.headers
        self.body = body
        self.at = time.monotonic()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def form(self):
        return dict(urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True))


class Receiver:
    """Whoever the vendors call: remembers what came, answers what it was told to."""

    def __init__(self):
        self.lock = threading.Lock()
        self.seen = []
        self.answers = []
        self.slow_s = {}
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status = receiver.take(Received(self, body))
                time.sleep(receiver.slow_s.get(self.path, 0))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, received):
        with self.lock:
            self.seen.append(received)
            return self.answers.pop(0) if self.answers else 200

    def clear(self):
        with self.lock:
            self.seen = []
            self.answers = []
            self.slow_s = {}

    def all(self, path):
        with self.lock:
            return [one for one in self.seen if one.path.split("?")[0] == path]

    def wait(self, path, count=1, timeout=5):
        """The first count that came to path, once they have."""
        return wait_for(lambda: len(self.all(path)) >= count and self.all(path), timeout,
                        f"{count} calls of {path}", every=0.005)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Sim:
    def __init__(self, folder, receiver):
        build = os.environ.get("CARE_BUILD_DIR", os.path.join(ROOT, "build"))
        self.port_file = os.path.join(folder, "port")
        self.receiver = receiver
        self.process = Process(
            "sim", [os.path.join(build, "tests", "sim", "care-sim"), "--port", "0", "--port-file",
                    self.port_file], folder,
            env={**os.environ, "CARE_SIM_PAYSTACK_SECRET_KEY": PAYSTACK_KEY,
                 "CARE_SIM_CALCOM_API_KEY": CALCOM_KEY,
                 "CARE_SIM_CALCOM_WEBHOOK_SECRET": CALCOM_SECRET,
                 "CARE_SIM_TWILIO_ACCOUNT_SID": TWILIO_SID,
                 "CARE_SIM_TWILIO_AUTH_TOKEN": TWILIO_TOKEN,
                 "CARE_SIM_MANDRILL_API_KEY": MANDRILL_KEY,
                 "CARE_SIM_MANDRILL_WEBHOOK_KEY": MANDRILL_WEBHOOK_KEY,
                 "CARE_SIM_WEBHOOK_BASE": receiver.url})
        self.http = requests.Session()
        self.url = None
        self.before = None

    def start(self):
        self.process.start()
        self.process.wait_until(lambda: os.path.exists(self.port_file), 15, "the port file")
        with open(self.port_file, encoding="ascii") as file:
            self.url = f"http://127.0.0.1:{int(file.read())}"
        shown = self.control("GET", "settings")
        self.before = {name: value for name, value in shown.items() if value != "***"}
        return self

    def renew(self):
        """As it was at the start."""
        self.control("PUT", "settings", self.before)
        self.control("POST", "reset")
        self.receiver.clear()

    def control(self, method, path, body=None, expect=None):
        reply = self.http.request(method, f"{self.url}/_sim/{path}", json=body, timeout=10)
        if expect:
            assert reply.status_code == expect, reply.text
        else:
            assert reply.ok, f"{method} {path}: {reply.status_code} {reply.text}"
        return reply.json() if reply.content else None

    def settings(self, **changes):
        return self.control("PUT", "settings", changes)

    def fault(self, **fault):
        return self.control("POST", "faults", {"times": 1, **fault})

    def hook_fault(self, **fault):
        return self.control("POST", "webhook-faults", {"times": 1, **fault})

    def webhooks(self, **query):
        return self.http.get(f"{self.url}/_sim/webhooks", params=query, timeout=10).json()["webhooks"]

    def messages(self, **query):
        return self.http.get(f"{self.url}/_sim/messages", params=query, timeout=10).json()["messages"]

    def advance(self, seconds):
        return self.control("POST", "clock", {"advance_s": seconds})

    def now_ms(self):
        return self.control("GET", "clock")["now_ms"]

    def paystack(self, method, path, body=None, key=PAYSTACK_KEY, **more):
        return self.http.request(method, f"{self.url}/paystack{path}", json=body, timeout=10,
                                 headers={"Authorization": f"Bearer {key}"}, **more)

    def calcom(self, method, path, body=None, version="2024-08-13", key=CALCOM_KEY, **more):
        headers = {"cal-api-version": version} if version else {}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        return self.http.request(method, f"{self.url}/calcom/v2{path}", json=body, timeout=10,
                                 headers=headers, **more)

    def twilio(self, method, path, token=TWILIO_TOKEN, sid=TWILIO_SID, **more):
        return self.http.request(method, f"{self.url}/twilio/2010-04-01/Accounts/{sid}{path}",
                                 auth=(TWILIO_SID, token), timeout=10, **more)

    def sms(self, **fields):
        form = {"To": "+2348012345678", "From": "+15005550006", "Body": "Hello", **fields}
        return self.twilio("POST", "/Messages.json",
                           data={name: value for name, value in form.items() if value is not None})

    def mandrill(self, path, key=MANDRILL_KEY, **body):
        return self.http.post(f"{self.url}/mandrill/api/1.0{path}", json={"key": key, **body},
                              timeout=10)

    def mail(self, *to, **message):
        return self.mandrill("/messages/send.json", message={
            "from_email": "care@care.example", "subject": "Hello", "text": "Hello there",
            "to": [{"email": email, "type": "to"} for email in to], **message})
