"""Fixtures: one PostgreSQL and one Redis a session, one database and one product a module."""
import os
import re
import shutil
import uuid

import psycopg2
import psycopg2.extras
import pytest
import redis as redis_client

from support.client import Client
from support.intake import submission
from support.people import PEOPLE, add_people, password_of
from support.process import tail
from support.stack import ROOT, Servers, Stack

TEMPLATE = "care_template"


@pytest.fixture(scope="session")
def run_folder():
    """Where this session's servers live; logs stay behind for whoever looks into a failure."""
    folder = os.path.join(ROOT, ".local", "test", f"run-{os.getpid()}")
    os.makedirs(folder)
    yield folder
    if not os.environ.get("CARE_KEEP_LOGS"):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def servers(run_folder):
    """A private PostgreSQL and Redis."""
    servers = Servers(os.path.join(run_folder, "servers"), os.path.join(run_folder, "log"))
    try:
        servers.start()
        yield servers
        servers.stop()
    finally:
        servers.destroy()


@pytest.fixture(scope="session")
def postgres(servers):
    return servers.postgres


@pytest.fixture(scope="session")
def redis(servers):
    """The private Redis, through its own client library."""
    return redis_client.Redis(unix_socket_path=servers.redis.socket, decode_responses=True)


@pytest.fixture(scope="session")
def template(servers, run_folder):
    """The name of a database that carectl migrated and seeded, with the people of support.people."""
    stack = Stack(servers, os.path.join(run_folder, "template"), TEMPLATE)
    servers.postgres.create_database(TEMPLATE)
    stack.carectl("migrate")
    stack.carectl("seed", "--demo")
    add_people(stack)
    return TEMPLATE


def module_name(request):
    return re.sub(r"[^a-z0-9_]", "_", request.module.__name__.rsplit(".", 1)[-1].lower())


@pytest.fixture(scope="module")
def database(request, servers, template):
    """A fresh copy of the template for each module."""
    name = f"t_{module_name(request)}"[:60]
    servers.ensure_running()
    servers.postgres.create_database(name, template)
    yield name
    servers.ensure_running()
    servers.postgres.drop_database(name)


@pytest.fixture(scope="module")
def settings():
    """Settings that differ from the stack's own; a module overrides this to try others."""
    return {}


@pytest.fixture(scope="module")
def stack(request, servers, database, run_folder, settings, redis):
    """care-sim, care-api and care-worker on this module's database. At the end each must have ended
    with 0 and without a sanitizer's report."""
    redis.flushall()
    stack = Stack(servers, os.path.join(run_folder, module_name(request)), database, settings)
    try:
        yield stack.start()
        servers.ensure_running()
        stack.stop()
    finally:
        stack.destroy()


@pytest.fixture(scope="module")
def connection(servers, database):
    """A connection as the superuser, each statement its own transaction."""
    connection = psycopg2.connect(servers.postgres.url("postgres", database))
    connection.autocommit = True
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def sql(connection):
    """sql("SELECT … %s", value): the rows as dicts; [] for statements that return none."""
    def run(statement, *values):
        with connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(statement, values)
            return [dict(row) for row in cursor.fetchall()] if cursor.description else []
    return run


@pytest.fixture(scope="module")
def sim(stack):
    """care-sim's controls: sim.get("/_sim/…"), sim.post("/_sim/…", {…})."""
    return stack.sim


@pytest.fixture(scope="module")
def clock(stack):
    """clock(advance_s): moves business time and the providers' clock together."""
    return stack.clock


@pytest.fixture(scope="module")
def wait_for(stack):
    """wait_for(condition, timeout, what): polls until it holds; shows the logs when it never does."""
    return stack.wait_for


@pytest.fixture(scope="module")
def client(stack):
    """Nobody in particular."""
    return Client(stack.url, stack.ops_url)


@pytest.fixture(scope="module")
def sign_in(client):
    """sign_in("admin"): a client with that person's access token. People: support.people."""
    def run(name):
        reply = client.post("/v1/auth/login", {"email": PEOPLE[name].email,
                                               "password": password_of(name)}, expect=200)
        return client.with_token(reply.json["access_token"])
    return run


@pytest.fixture(scope="module")
def submit_intake(client):
    """submit_intake("care-consultation", phone=None, …): a guest, as client and reply."""
    def run(service="care-consultation", name="Ada Obi", email=None, phone="+14165550199",
            **changes):
        form = client.call("intake_form_get", path={"slug": service}, expect=200).json
        contact = {"name": name, "email": email or f"{uuid.uuid4().hex[:12]}@family.example"}
        if phone:
            contact["phone"] = phone
        intake = client.call("intake_create", json=submission(form, contact, **changes),
                             expect=201).json
        return client.with_headers(X_Link_Token=intake["link_token"]), intake
    return run


@pytest.fixture(scope="module")
def guest(submit_intake):
    """A visitor who has submitted the intake form, with the link token to go on."""
    return submit_intake()[0]


@pytest.fixture(scope="module")
def admin(sign_in):
    return sign_in("admin")


@pytest.fixture(scope="module")
def staff(sign_in):
    return sign_in("staff")


@pytest.fixture(scope="module")
def family(sign_in):
    """A client."""
    return sign_in("client")


@pytest.fixture(scope="module")
def other_family(sign_in):
    """A client who has nothing to do with the first."""
    return sign_in("client2")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure brings the ends of the programs' logs along."""
    outcome = yield
    report = outcome.get_result()
    stack = getattr(item, "funcargs", {}).get("stack")
    if report.failed and isinstance(stack, Stack):
        for name in ("api", "worker", "sim"):
            report.sections.append((f"the end of {name}'s log", tail(stack.process(name).log, 30)))
