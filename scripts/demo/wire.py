"""HTTP as a visitor's browser and a nurse's screen speak it. Standard library only."""
import datetime
import html.parser
import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

PATIENCE_S = 15.0


class StepFailed(Exception):
    """What a step promised does not hold."""


def must(condition, what):
    if not condition:
        raise StepFailed(what)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)


class Http:
    """One caller: its base URL and the headers that say who it is."""

    def __init__(self, base, headers=None):
        self.base = base
        self.headers = headers or {}
        self.opener = urllib.request.build_opener(NoRedirect, urllib.request.ProxyHandler({}))

    def as_bearer(self, token):
        return Http(self.base, {"Authorization": f"Bearer {token}"})

    def as_guest(self, link_token):
        return Http(self.base, {"X-Link-Token": link_token})

    def send(self, method, path, body=None, form=None, query=None):
        url = path if path.startswith("http") else self.base + path
        if query:
            url += "?" + urllib.parse.urlencode(query)
        headers = dict(self.headers)
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        elif form is not None:
            data = urllib.parse.urlencode(form).encode()
        if method == "POST" and url.startswith(self.base):
            headers["Idempotency-Key"] = str(uuid.uuid4())
        request = urllib.request.Request(url, data=data, headers=headers, method=method)
        try:
            with self.opener.open(request, timeout=20) as reply:
                return Reply(reply.status, reply.headers, reply.read())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.headers, error.read())
        except OSError as error:
            raise StepFailed(f"{method} {url}: {error}") from error

    def expect(self, status, method, path, **options):
        reply = self.send(method, path, **options)
        must(reply.status == status, f"{method} {path} answered {reply.status}, not {status}: "
             f"{reply.body[:500].decode('utf-8', 'replace')}")
        return reply

    def get(self, path, status=200, **query):
        return self.expect(status, "GET", path, query=query).json

    def post(self, path, body=None, status=200):
        return self.expect(status, "POST", path, body=body).json


def wait_until(condition, what, patience_s=PATIENCE_S):
    """Asks until it holds; the last thing seen is told when it never does."""
    deadline = time.monotonic() + patience_s
    while True:
        held, seen = condition()
        if held:
            return seen
        must(time.monotonic() < deadline, f"{what}: not within {patience_s:g} s; last seen: "
             f"{json.dumps(seen, ensure_ascii=False)[:700]}")
        time.sleep(0.02)


def instant(text):
    return datetime.datetime.fromisoformat(text)


def rfc3339(moment):
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Form(html.parser.HTMLParser):
    """The buttons of the simulator's checkout page."""

    def __init__(self, page):
        super().__init__()
        self.buttons = {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        if tag == "button" and "name" in named:
            self.buttons[named.get("value")] = named["name"]


class Inbox:
    """What the simulated email and SMS providers were given for one person."""

    def __init__(self, sim, email, phone):
        self.sim = sim
        self.address = {"email": email, "sms": phone}

    def all(self, channel):
        return self.sim.get("/_sim/messages", channel=channel,
                            to=self.address[channel])["messages"]

    def wait(self, channel, tag=None, count=1):
        """The newest message, once there are count of them (with that tag, for email)."""
        def look():
            found = [message for message in self.all(channel)
                     if tag is None or tag in (message["tags"] or [])]
            return len(found) >= count, found
        return wait_until(look, f"{count} {channel} {tag or ''}")[-1]
