"""The worker's machinery, run by care-worker-test: its jobs fail, crash and hang on purpose."""
import json
import os
import signal
import statistics
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import psycopg2.extras
import pytest
import redis as redis_client

from support.process import Process, ProcessError, free_port, run, tail, wait_for
from support.redis_server import Redis
from support.stack import make_keys, open_url, program

DATABASE = "t_worker_framework"
KINDS = {"test_crash": ("care:webhooks", 12), "test_dead": ("care:invoicing", 12),
         "test_hang": ("care:reminders", 12), "test_later": ("care:notifications", 3),
         "test_ok": ("care:webhooks", 12), "test_problem": ("care:webhooks", 12),
         "test_retry": ("care:notifications", 3), "test_slow": ("care:reminders", 12)}
STREAMS = ("care:webhooks", "care:notifications", "care:invoicing", "care:reminders")


class Workshop:
    """A database with the test's kinds of jobs, a Redis of its own, and any number of workers."""

    def __init__(self, postgres, folder):
        self.folder = folder
        self.postgres = postgres
        self.redis = Redis(os.path.join(folder, "redis"), folder)
        self.wire = redis_client.Redis(unix_socket_path=self.redis.socket, decode_responses=True)
        self.keys = make_keys(folder)
        self.workers = []
        self.connection = psycopg2.connect(postgres.url("postgres", DATABASE))
        self.connection.autocommit = True

    def sql(self, statement, *values):
        with self.connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(statement, values)
            return [dict(row) for row in cursor.fetchall()] if cursor.description else []

    def worker(self, threads=4, wait=True, binary="care-worker-test", **settings):
        """Starts one more worker; wait_ready unless told otherwise."""
        port = free_port()
        name = f"worker{len(self.workers)}"
        env = {**os.environ, **self.keys,
               "CARE_PUBLIC_URL": "http://127.0.0.1:1", "CARE_SITE_URL": "http://127.0.0.1:1",
               "CARE_WORKER_OPS_LISTEN": f"127.0.0.1:{port}", "CARE_WORKER_THREADS": str(threads),
               "CARE_REDIS_URL": self.redis.url, "CARE_EMAIL_FROM": "care@demo.example",
               "CARE_TWILIO_FROM": "+15005550006",
               "CARE_DATABASE_URL": self.postgres.url("care_worker", DATABASE), **settings}
        worker = Process(name, [program(binary)], self.folder, env=env)
        worker.url = f"http://127.0.0.1:{port}"
        self.workers.append(worker.start())
        if wait:
            self.wait_ready(worker)
        return worker

    def wait_ready(self, worker):
        worker.wait_until(lambda: open_url(worker.url + "/health/ready")[0] == 200, 30)

    def add(self, kind, key=None, count=1, **payload):
        """The ids of count new jobs."""
        return [row["job_id"] for row in self.sql(
            "SELECT job_enqueue(%s, NULL, %s || n, NULL, %s) AS job_id FROM generate_series(1, %s) n",
            kind, key or f"{kind}-{time.monotonic_ns()}-", json.dumps(payload), count)]

    def job(self, job_id):
        return self.sql("SELECT * FROM job WHERE job_id = %s", job_id)[0]

    def states(self):
        return {row["state"]: row["count"] for row in self.sql(
            "SELECT state, count(*) FROM job GROUP BY state")}

    def wait_state(self, job_id, state, timeout=10):
        self.wait(lambda: self.job(job_id)["state"] == state, timeout, f"{job_id} to be {state}")
        return self.job(job_id)

    def wait(self, condition, timeout=10, what="the condition"):
        try:
            return wait_for(condition, timeout, what, every=0.005)
        except ProcessError as error:
            logs = "\n".join([tail(worker.log, 15) for worker in self.workers]
                             + [text for worker in self.workers
                                for text in worker.sanitizer_reports()])
            rows = self.sql("SELECT kind, state, attempts, run_at, dispatched_at, lease_until, worker, "
                            "last_error, now() FROM job WHERE state <> 'done' LIMIT 5")
            raise ProcessError("\n".join([str(error), *map(str, rows), logs])) from None

    def events(self, event, job_id=None):
        """What the workers' logs say."""
        found = []
        for path in {worker.log for worker in self.workers}:
            with open(path, encoding="utf-8", errors="replace") as log:
                lines = [json.loads(line) for line in log if line.startswith("{")]
            found += [line for line in lines if line["event"] == event
                      and job_id in (None, line.get("job_id"))]
        return found

    def end(self):
        for worker in self.workers:
            if worker.is_running():
                os.kill(worker.pid, signal.SIGCONT)
                worker.kill()
        self.connection.close()
        self.wire.close()


@pytest.fixture(scope="module", name="built")
def make_database(postgres):
    postgres.create_database(DATABASE)
    run([program("carectl"), "migrate"],
        env={**os.environ, "CARE_DATABASE_URL": postgres.url("postgres", DATABASE)})
    with psycopg2.connect(postgres.url("postgres", DATABASE)) as connection:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE job_kind CASCADE")
            for kind, (stream, attempts_max) in KINDS.items():
                cursor.execute("INSERT INTO job_kind VALUES (%s, %s, %s)",
                               (kind, stream, attempts_max))
    connection.close()
    yield
    postgres.drop_database(DATABASE)


@pytest.fixture(name="shop")
def make_shop(built, postgres, tmp_path):
    shop = Workshop(postgres, str(tmp_path))
    shop.sql("TRUNCATE job")
    shop.redis.start()
    try:
        yield shop
        for worker in shop.workers:
            if worker.is_running():
                worker.stop_clean()
    finally:
        shop.end()
        if shop.redis.process.is_running():
            shop.redis.process.kill()
        shop.redis.remove()


def test_a_due_job_is_done_at_once(shop):
    shop.worker()
    took = []
    for _ in range(21):
        began = time.monotonic()
        [job_id] = shop.add("test_ok")
        shop.wait_state(job_id, "done")
        took.append(time.monotonic() - began)
    assert statistics.median(took) < 0.1, took
    job = shop.job(job_id)
    assert (job["attempts"], job["crash_count"], job["lease_until"]) == (1, 0, None)
    [line] = shop.events("job_done", job_id)
    assert (line["kind"], line["attempt"]) == ("test_ok", "1")
    # Nothing stays behind in Redis, neither entries nor pending ones.
    shop.wait(lambda: all(shop.wire.xlen(stream) == 0 for stream in STREAMS), 5, "empty streams")
    assert all(shop.wire.xpending(stream, "care")["pending"] == 0 for stream in STREAMS)


def real_worker(shop, database):
    """care-worker itself; nobody answers where its providers should be."""
    nobody = {f"CARE_{name}_BASE_URL": "http://127.0.0.1:1"
              for name in ("PAYSTACK", "CALCOM", "TWILIO", "MANDRILL")}
    return shop.worker(wait=False, binary="care-worker",
                       CARE_DATABASE_URL=shop.postgres.url("care_worker", database), **nobody)


def test_the_product_starts_only_when_its_kinds_are_the_databases(shop, postgres, template):
    postgres.create_database("t_worker_product", template)
    worker = real_worker(shop, "t_worker_product")
    shop.wait_ready(worker)
    worker.stop_clean()
    postgres.drop_database("t_worker_product")
    # This module's database has other kinds.
    worker = real_worker(shop, DATABASE)
    assert worker.child.wait(timeout=20) == 1
    assert "care-worker: job_kind has test_crash, this program does not" in tail(worker.log)
    worker.child = None
