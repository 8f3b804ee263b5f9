"""The worker's machinery, run by care-worker-test: its jobs fail, crash and hang on purpose."""
import collections
import json
import os
import re
import signal
import statistics
import time
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
         "test_ok": ("care:webhooks", 12), "test_open": ("care:webhooks", 12),
         "test_problem": ("care:webhooks", 12), "test_repeat": ("care:webhooks", 12),
         "test_retry": ("care:notifications", 3),
         "test_slow": ("care:reminders", 12)}
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

    def metric(self, worker, name):
        """The sum over all labels."""
        status, body = open_url(worker.url + "/metrics")
        assert status == 200
        return sum(float(value) for value in re.findall(
            rf"^{name}(?:\{{[^}}]*\}})? (\S+)$", body.decode(), re.M))

    def done_times(self):
        """How often each job ended well, by the logs."""
        return collections.Counter(line["job_id"] for line in self.events("job_done"))

    def forget_leases(self):
        """As if a minute had passed."""
        self.sql("UPDATE job SET lease_until = now() - interval '1 s' WHERE state = 'running'")

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


def test_what_fails_comes_back_with_a_growing_delay(shop):
    shop.worker()
    [job_id] = shop.add("test_retry", fail=2)
    shop.wait(lambda: len(shop.events("job_retry", job_id)) == 2, 10, "two failures")
    first, second = shop.events("job_retry", job_id)
    assert 500 <= int(first["delay_ms"]) <= 1000 and 2500 <= int(second["delay_ms"]) <= 5000
    # What a provider said may be cut within a character.
    assert shop.job(job_id)["last_error"] == "run 2 fails ?"
    assert shop.job(job_id)["crash_count"] == 0
    job = shop.wait_state(job_id, "done")
    assert (job["attempts"], job["last_error"]) == (3, None)


def test_a_delay_that_the_job_asks_for_wins(shop):
    shop.worker()
    [job_id] = shop.add("test_retry", fail=1, s=2)
    began = time.monotonic()
    shop.wait_state(job_id, "done")
    assert time.monotonic() - began > 1.9
    assert shop.events("job_retry", job_id)[0]["delay_ms"] == "2000"


def test_attempts_end(shop):
    shop.worker()
    [job_id] = shop.add("test_retry", fail=99)
    for attempt in (1, 2):
        shop.wait(lambda a=attempt: (shop.job(job_id)["attempts"], shop.job(job_id)["state"])
                  == (a, "queued"), 10, f"attempt {attempt}")
        shop.sql("UPDATE job SET run_at = care_now() WHERE job_id = %s", job_id)
    job = shop.wait_state(job_id, "dead")
    assert job["last_error"] == "gave up after 3 attempts: run 3 fails ?"
    assert job["attempts"] == 3 and job["finished_at"]


def test_a_job_may_give_up_at_once(shop):
    worker = shop.worker()
    [job_id] = shop.add("test_dead")
    assert shop.wait_state(job_id, "dead")["last_error"] == "it will never do"
    assert shop.metric(worker, "care_jobs") == 1
    assert open_url(worker.url + "/metrics")[1].count(b'care_jobs{state="dead"} 1') == 1


def test_an_unforeseen_problem_is_tried_again(shop):
    shop.worker()
    [job_id] = shop.add("test_problem")
    shop.wait(lambda: shop.job(job_id)["last_error"], 5, "an error")
    assert shop.job(job_id)["last_error"].startswith("validation_failed")
    assert shop.events("job_retry", job_id)


def test_later_is_not_an_attempt(shop):
    shop.worker()
    [job_id] = shop.add("test_later")
    shop.wait(lambda: len(shop.events("job_later", job_id)) == 4, 10, "more runs than attempts_max")
    shop.wait(lambda: shop.job(job_id)["state"] == "queued", 5, "it to wait")
    assert shop.job(job_id)["attempts"] == 0
    shop.sql("""UPDATE job SET payload = '{"now": true}' WHERE job_id = %s""", job_id)
    assert shop.wait_state(job_id, "done")["attempts"] == 1


def test_a_run_that_does_not_count_is_known_to_the_next(shop):
    shop.worker()
    [job_id] = shop.add("test_repeat")
    assert shop.wait_state(job_id, "done")["attempts"] == 1
    assert len(shop.events("job_later", job_id)) == 1


def test_a_transaction_left_open_is_rolled_back(shop):
    shop.worker()
    [job_id] = shop.add("test_open")
    shop.wait(lambda: shop.events("job_retry", job_id), 5, "a failure")
    assert shop.events("job_left_transaction", job_id)
    assert shop.job(job_id)["last_error"] == "the job left its transaction open"
    assert shop.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'care-worker' "
                    "AND state LIKE 'idle in transaction%%'")[0]["count"] == 0


def test_a_kind_of_a_newer_program_waits_for_it(shop):
    shop.worker()
    shop.sql("INSERT INTO job_kind VALUES ('test_newer', 'care:webhooks', 5)")
    try:
        [job_id] = shop.add("test_newer")
        shop.wait(lambda: shop.events("job_later", job_id), 5, "it to be put off")
        assert (shop.job(job_id)["state"], shop.job(job_id)["attempts"]) == ("queued", 0)
    finally:
        shop.sql("DELETE FROM job; DELETE FROM job_kind WHERE kind = 'test_newer'")


def test_one_intent_is_one_run(shop):
    shop.worker()

    def insert(_):
        with psycopg2.connect(shop.postgres.url("postgres", DATABASE)) as connection:
            with connection.cursor() as cursor:
                cursor.execute("SELECT job_enqueue('test_ok', NULL, 'the same')")
                return cursor.fetchone()[0]
    with ThreadPoolExecutor(10) as pool:
        ids = {job_id for job_id in pool.map(insert, range(50)) if job_id}
    assert len(ids) == 1
    shop.wait_state(ids.pop(), "done")
    assert shop.states() == {"done": 1}
    assert list(shop.done_times().values()) == [1]


def test_what_a_killed_worker_held_is_run_again(shop):
    first = shop.worker()
    [job_id] = shop.add("test_slow", ms=1500)
    shop.wait_state(job_id, "running")
    first.kill()
    first.start()
    shop.wait_ready(first)
    job = shop.job(job_id)
    assert (job["state"], job["crash_count"]) == ("running", 1), "the lease still stands"
    shop.forget_leases()
    job = shop.wait_state(job_id, "done")
    assert (job["attempts"], job["crash_count"]) == (2, 0)
    assert shop.events("job_swept", job_id)


def test_a_worker_that_slept_past_its_lease_changes_nothing(shop):
    first = shop.worker()
    [job_id] = shop.add("test_slow", ms=300)
    shop.wait_state(job_id, "running")
    first.signal(signal.SIGSTOP)
    shop.forget_leases()
    second = shop.worker()

    def done_by_second():
        # Redis may have given the id to the sleeper, whose sockets are still open: 30 s, shortened.
        shop.sql("UPDATE job SET dispatched_at = now() - interval '31 s' WHERE state = 'queued'")
        return shop.job(job_id)["state"] == "done"
    shop.wait(done_by_second, 20, "the second worker to do it")
    job = shop.job(job_id)
    first.signal(signal.SIGCONT)
    shop.wait(lambda: shop.events("job_fenced", job_id), 5, "the fence")
    assert shop.job(job_id) == job
    assert job["attempts"] == 2 and shop.done_times()[job_id] == 1
    assert shop.metric(first, "care_job_fenced_total") == 1
    assert shop.metric(second, "care_job_fenced_total") == 0


def test_poison_dies_and_the_others_live(shop):
    worker = shop.worker()
    [poison] = shop.add("test_crash")
    for death in range(1, 6):
        assert worker.child.wait(timeout=20) == -signal.SIGABRT
        assert shop.job(poison)["crash_count"] == death
        shop.forget_leases()
        worker.start()
        for job_id in shop.add("test_ok", count=10):
            shop.wait(lambda j=job_id: shop.job(j)["state"] == "done" or not worker.is_running(), 10)
    job = shop.wait_state(poison, "dead")
    assert job["last_error"] == "the worker died five times while it ran"
    shop.forget_leases()  # of those that were running when it died
    shop.wait(lambda: shop.states() == {"done": 50, "dead": 1}, 20, "the others")
    assert shop.metric(worker, "care_job_poisoned_total") == 1


def test_a_job_that_never_ends_costs_one_restart(shop):
    worker = shop.worker(threads=2)
    [job_id] = shop.add("test_hang")
    shop.wait(lambda: shop.events("job_overdue", job_id), 10, "its time to be over")
    shop.forget_leases()
    # The lease is not renewed, the thread cannot be freed: the process ends and asks for a new one.
    assert worker.child.wait(timeout=40) == 1
    assert shop.events("job_wedged", job_id)
    assert shop.job(job_id)["crash_count"] >= 1


def test_a_burst_of_slow_reminders_does_not_delay_a_webhook(shop):
    shop.worker()
    shop.add("test_slow", count=20, ms=700)
    shop.wait(lambda: shop.states().get("running"), 5, "the burst to begin")
    took = []
    for _ in range(10):
        began = time.monotonic()
        [job_id] = shop.add("test_ok")
        shop.wait_state(job_id, "done")
        took.append(time.monotonic() - began)
    assert statistics.median(took) < 0.1, took
    assert shop.states()["queued"] > 0, "the burst is not over"


def test_business_time_may_jump(shop):
    shop.worker()
    job_id = shop.sql("SELECT job_enqueue('test_ok', NULL, 'tomorrow', "
                      "care_now() + interval '1 day') AS job_id")[0]["job_id"]
    shop.sql("UPDATE test_clock SET offset_s = offset_s + 86400")
    try:
        shop.wait_state(job_id, "done", 5)
    finally:
        shop.sql("UPDATE test_clock SET offset_s = 0")


def test_a_job_due_soon_is_not_late(shop):
    shop.worker()
    job_id = shop.sql("SELECT job_enqueue('test_ok', NULL, 'soon', "
                      "care_now() + interval '700 ms') AS job_id")[0]["job_id"]
    job = shop.wait_state(job_id, "done", 5)
    assert 0 <= (job["finished_at"] - job["run_at"]).total_seconds() < 0.3


def test_a_long_queue_stays_in_the_table(shop):
    shop.worker(threads=1)
    [slow] = shop.add("test_slow", ms=4000)
    shop.wait_state(slow, "running")
    shop.add("test_ok", count=6000)
    shop.wait(lambda: shop.wire.xlen("care:webhooks") >= 4000, 10, "a full stream")
    # Another stream still has room.
    shop.add("test_dead")
    shop.wait(lambda: shop.wire.xlen("care:invoicing") == 1, 5, "the other stream")
    assert shop.wire.xlen("care:webhooks") < 4500
    shop.sql("DELETE FROM job WHERE state = 'queued'")
    shop.wait(lambda: shop.wire.xlen("care:webhooks") == 0, 30, "the ids of no rows to be forgotten")


def test_entries_left_behind_are_taken_over(shop):
    shop.wire.xgroup_create("care:webhooks", "care", "0", mkstream=True)
    [job_id] = shop.add("test_ok")
    entry = shop.wire.xadd("care:webhooks", {"job_id": job_id})
    shop.wire.xreadgroup("care", "gone-w0", {"care:webhooks": ">"})
    shop.wire.xclaim("care:webhooks", "care", "gone-w0", 0, [entry], idle=100_000)
    worker = shop.worker()
    shop.wait_state(job_id, "done")
    shop.wait(lambda: shop.metric(worker, "care_job_reclaimed_total") == 1, 20, "the entry")
    shop.wait(lambda: shop.wire.xpending("care:webhooks", "care")["pending"] == 0, 5, "no debts")
    assert shop.done_times()[job_id] == 1


def test_two_workers_share(shop):
    for _ in range(2):
        shop.worker(threads=2)
    ids = shop.add("test_ok", count=1000)
    shop.wait(lambda: shop.states() == {"done": 1000}, 60, "all to be done")
    shop.wait(lambda: sum(shop.done_times().values()) >= 1000, 5, "the logs")
    assert shop.done_times() == {job_id: 1 for job_id in ids}
    assert {row["attempts"] for row in shop.sql("SELECT DISTINCT attempts FROM job")} == {1}
    workers = {row["worker"].rsplit("-", 1)[0] for row in shop.sql("SELECT worker FROM job")}
    assert len(workers) == 2, "both had their part"


def all_done(shop, count, timeout=10):
    shop.wait(lambda: shop.states() == {"done": count}, timeout, f"{count} jobs to be done")
    shop.wait(lambda: sum(shop.done_times().values()) >= count, 5, "the logs")
    assert set(shop.done_times().values()) == {1}


def test_redis_loses_everything(shop):
    shop.worker(threads=2)
    shop.add("test_slow", count=4, ms=700)
    ids = shop.add("test_ok", count=300)
    shop.wait_state(ids[0], "done")
    shop.wire.flushall()
    all_done(shop, 304)
    assert shop.events("redis_forgot") and not shop.events("redis_away")


def test_redis_loses_its_group(shop):
    shop.worker()
    for stream in STREAMS:
        shop.wire.xgroup_destroy(stream, "care")
    shop.add("test_ok", count=10)
    all_done(shop, 10)


@pytest.mark.parametrize("lose", [
    lambda wire: wire.delete(*STREAMS), lambda wire: [wire.xtrim(s, maxlen=0) for s in STREAMS]],
    ids=["DEL", "XTRIM"])
def test_redis_loses_its_streams(shop, lose):
    shop.worker(threads=1)
    [slow] = shop.add("test_slow", ms=1000)
    shop.wait_state(slow, "running")
    shop.add("test_ok", count=50)
    shop.wait(lambda: shop.wire.xlen("care:webhooks") == 50, 5, "a backlog")
    lose(shop.wire)
    all_done(shop, 51)


def test_redis_is_killed_and_comes_back(shop):
    worker = shop.worker()
    shop.add("test_slow", count=3, ms=500)
    shop.add("test_ok", count=200)
    shop.redis.process.kill()
    all_done(shop, 203)
    shop.add("test_ok", count=20)
    shop.wait(lambda: shop.events("redis_away"), 5, "the loss to be noticed")
    all_done(shop, 223)
    assert shop.metric(worker, "care_job_direct_total") > 0
    assert shop.metric(worker, "care_redis_up") == 0
    assert json.loads(open_url(worker.url + "/health/ready")[1])["redis"] == "degraded"
    shop.redis.start()
    shop.wait(lambda: shop.events("redis_back"), 5, "the return to be noticed")
    before = shop.metric(worker, "care_job_direct_total")
    shop.add("test_ok", count=20)
    all_done(shop, 243)
    assert shop.metric(worker, "care_job_direct_total") == before
    assert shop.metric(worker, "care_redis_up") == 1
    assert len(shop.events("redis_away")) == len(shop.events("redis_back")) == 1


def test_redis_is_replaced_within_a_moment(shop):
    shop.worker(threads=1)
    [slow] = shop.add("test_slow", ms=1000)
    shop.wait_state(slow, "running")
    shop.add("test_ok", count=50)
    shop.wait(lambda: shop.wire.xlen("care:webhooks") == 50, 5, "a backlog")
    shop.redis.process.kill()
    shop.redis.start()
    all_done(shop, 51)


def test_redis_is_absent_at_first(shop):
    shop.redis.process.kill()
    worker = shop.worker()
    ids = shop.add("test_ok", count=50)
    all_done(shop, 50)
    # Without streams a due job still starts when it is committed.
    took = []
    for _ in range(11):
        began = time.monotonic()
        [job_id] = shop.add("test_ok")
        shop.wait_state(job_id, "done")
        took.append(time.monotonic() - began)
    assert statistics.median(took) < 0.1, took
    shop.redis.start()
    shop.wait(lambda: shop.metric(worker, "care_redis_up") == 1, 5, "Redis to be found")
    shop.add("test_ok", count=20)
    all_done(shop, 81)
    assert ids


def test_the_database_goes_and_comes_back(shop):
    worker = shop.worker()
    [job_id] = shop.add("test_slow", ms=1000)
    shop.wait_state(job_id, "running")
    shop.sql("ALTER ROLE care_worker NOLOGIN")
    try:
        shop.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'care_worker'")
        ready = worker.url + "/health/ready"
        shop.wait(lambda: open_url(ready)[0] == 503, 5, "it to say so")
        assert json.loads(open_url(ready)[1])["database"] == "away"
        assert open_url(worker.url + "/health/live")[0] == 200
        others = shop.add("test_ok", count=20)
        shop.wait(lambda: shop.events("database_away"), 5, "the log")
    finally:
        shop.sql("ALTER ROLE care_worker LOGIN")
    # The outcome of what ran meanwhile is not lost.
    assert shop.wait_state(job_id, "done")["attempts"] == 1
    shop.wait_state(others[-1], "done")
    all_done(shop, 21)
    assert len(shop.events("database_away")) == len(shop.events("database_back"))


def test_sigterm_lets_jobs_end(shop):
    worker = shop.worker()
    running = shop.add("test_slow", count=2, ms=1500)
    for job_id in running:
        shop.wait_state(job_id, "running")
    worker.signal(signal.SIGTERM)
    shop.wait(lambda: shop.events("worker_draining"), 5, "the drain")
    assert open_url(worker.url + "/health/ready")[0] == 503
    [later] = shop.add("test_ok")
    worker.stop_clean(timeout=10)
    assert [shop.job(job_id)["state"] for job_id in running] == ["done", "done"]
    assert shop.job(later)["state"] == "queued", "nothing new is begun"
    # The names of its consumers are not left in the group.
    assert shop.wire.xinfo_consumers("care:webhooks", "care") == []


def test_sigterm_hands_back_what_does_not_end(shop):
    worker = shop.worker()
    [long] = shop.add("test_slow", ms=60_000)
    shop.wait_state(long, "running")
    began = time.monotonic()
    worker.stop_clean(timeout=25)
    assert time.monotonic() - began < 25
    job = shop.job(long)
    assert (job["state"], job["attempts"], job["crash_count"]) == ("queued", 0, 0)
    assert job["last_error"], "the next run could not know that it is not the first"
    assert shop.events("job_handed_back", long)


def test_sigterm_during_a_crowd(shop):
    """Workers come and go under load; each job is done once."""
    shop.worker(threads=2)
    shop.add("test_ok", count=600)
    for _ in range(3):
        leaving = shop.workers[-1]
        shop.worker(threads=2)
        leaving.stop_clean()
    all_done(shop, 600, 40)


def test_the_ops_port(shop):
    worker = shop.worker()
    [job_id] = shop.add("test_ok")
    shop.wait_state(job_id, "done")
    status, body = open_url(worker.url + "/health/ready")
    health = json.loads(body)
    assert status == 200 and 0 <= health.pop("dispatcher_age_ms") < 5000
    assert health == {"status": "ready", "database": "ok", "redis": "ok"}
    assert json.loads(open_url(worker.url + "/health/live")[1]) == {"status": "live"}
    assert open_url(worker.url + "/")[0] == 404
    assert open_url(worker.url + "/metrics", body={}, method="POST")[0] == 405
    metrics = open_url(worker.url + "/metrics")[1].decode()
    types = dict(re.findall(r"^# TYPE (\w+) (counter|gauge|histogram)$", metrics, re.M))
    for line in metrics.splitlines():
        sample = re.fullmatch(r"(\w+?)(_bucket|_sum|_count)?(\{(\w+=\"[^\"]*\",?)+\})? [0-9.]+", line)
        assert line.startswith("# ") or sample[1] + (sample[2] or "") in types \
            or types[sample[1]] == "histogram", line
    assert 'care_job_runs_total{kind="test_ok",outcome="done"} 1\n' in metrics
    assert 'care_job_run_seconds_bucket{kind="test_ok",le="+Inf"} 1\n' in metrics
    assert shop.metric(worker, "care_job_runs_total") == 1
    assert shop.metric(worker, "care_job_run_seconds_count") == 1
    assert shop.metric(worker, "care_job_late_seconds_count") == 1
    assert shop.metric(worker, "care_job_oldest_due_seconds") == 0


def test_a_port_in_use_is_one_clear_line(shop):
    first = shop.worker()
    port = first.url.rsplit(":", 1)[1]
    second = shop.worker(wait=False, CARE_WORKER_OPS_LISTEN=f"127.0.0.1:{port}")
    assert second.child.wait(timeout=20) == 1
    assert f"care-worker: CARE_WORKER_OPS_LISTEN 127.0.0.1:{port}: cannot" in tail(second.log)
    second.child = None


@pytest.mark.parametrize("settings, complaint", [
    ({"CARE_WORKER_THREADS": "many"}, "CARE_WORKER_THREADS is not a whole number"),
    ({"CARE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "care-worker: "),
    ({"CARE_REDIS_URL": "redis://:port"}, "CARE_REDIS_URL"),
])
def test_a_bad_setting_is_one_clear_line(shop, settings, complaint):
    worker = shop.worker(wait=False, **settings)
    assert worker.child.wait(timeout=20) == 1
    [line] = tail(worker.log).splitlines()
    assert complaint in line
    worker.child = None


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
