"""carectl as an operator meets it: words, exit statuses, and what each verb does to the database."""
import os
import stat
import subprocess
import uuid

import pytest

from support.database import Database
from support.stack import program

PASSWORD = "a long enough passphrase\n"


@pytest.fixture(scope="module")
def db(postgres):
    database = Database(postgres, "ctl")
    postgres.create_database(database.name)
    yield database.migrate()
    postgres.drop_database(database.name)


def run(*words, input="", **settings):
    """(status, standard output, standard error) without a database's URL."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("CARE_")}
    done = subprocess.run([program("carectl"), *words], env={**env, **settings}, input=input,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                          check=False)
    return done.returncode, done.stdout, done.stderr


def test_help_is_help():
    for words in (["--help"], ["help"], ["job", "--help"]):
        status, out, err = run(*words)
        assert (status, err) == (0, "")
        for verb in ("clock", "config", "doctor", "job", "key", "migrate", "seed", "user"):
            assert f"\n  {verb} " in out or f"\n  {verb}\n" in out


@pytest.mark.parametrize("words", [
    (), ("fly",), ("migrate", "now"), ("migrate", "--fast"), ("migrate", "--url"), ("seed",),
    ("seed", "--demo", "more"), ("config", "x"), ("job",), ("job", "show"), ("job", "show", "7"),
    ("job", "retry", "a", "b"), ("job", "list", "--limit", "x"), ("job", "burn"), ("key",),
    ("key", "generate"), ("user",), ("user", "remove"), ("doctor", "x"), ("clock",)])
def test_misuse_is_status_2(words):
    status, out, err = run(*words)
    assert (status, out) == (2, "")
    assert "sage: carectl" in err or "see carectl --help" in err


def test_a_database_must_be_named():
    for words in (["migrate"], ["seed", "--demo"], ["job", "list"], ["clock", "show"]):
        status, _, err = run(*words)
        assert status == 1
        assert "Set CARE_DATABASE_OWNER_URL or give --url" in err


def test_the_owners_url_comes_first(db):
    away = "postgresql://nobody@/x?host=/nonexistent"
    assert run("job", "list", CARE_DATABASE_URL=away, CARE_DATABASE_OWNER_URL=db.url)[0] == 0
    assert run("job", "list", CARE_DATABASE_URL=db.url)[0] == 0
    assert run("job", "list", "--url", db.url, CARE_DATABASE_OWNER_URL=away)[0] == 0
    assert run("job", "list", CARE_DATABASE_OWNER_URL=away)[0] == 1


def test_seeding_again_changes_nothing(db):
    def everything():
        return [db.rows(f"SELECT * FROM {table} ORDER BY 1")
                for table in ("service", "service_price", "intake_form")]
    assert db.carectl("seed", "--demo")[0] == 0
    before = everything()
    assert all(before)
    assert db.carectl("seed", "--demo")[0] == 0
    assert everything() == before


def add_user(db, *words, password=PASSWORD, **changes):
    options = {"--email": "Ada.Obi@Example.org", "--role": "admin", "--name": "Adá Obi", **changes}
    flat = [part for pair in options.items() if pair[1] is not None for part in pair]
    return run("user", "add", *flat, *words, "--url", db.url, input=password)


def test_a_user_is_added_once(db):
    status, out, _ = add_user(db, "--password-stdin", "--time-zone", "Europe/London")
    assert status == 0
    row, = db.rows("SELECT * FROM app_user WHERE user_id = %s", out.strip())
    assert (row["email"], row["role"], row["name"], row["time_zone"]) == (
        "ada.obi@example.org", "admin", "Adá Obi", "Europe/London")
    assert row["password_hash"].startswith("$argon2id$")
    assert PASSWORD.strip() not in str(row)
    status, _, err = add_user(db, "--password-stdin")
    assert status == 1
    assert "email_taken" in err


@pytest.mark.parametrize("changes,why", [
    ({"--role": "owner"}, "--role wants"), ({"--role": None}, "--role wants"),
    ({"--email": "no address"}, "--email wants"), ({"--email": None}, "--email wants"),
    ({"--name": ""}, "--name wants"), ({"--time-zone": "Mars/North"}, "--time-zone wants"),
    ({"--time-zone": "+01:00"}, "--time-zone wants")])
def test_a_strange_user_is_refused(db, changes, why):
    status, _, err = add_user(db, "--password-stdin", **changes)
    assert status == 2
    assert why in err


@pytest.mark.parametrize("password,status", [("", 2), ("\n", 2), ("short\n", 1), ("x" * 2000, 2)])
def test_a_strange_password_is_refused(db, password, status):
    assert add_user(db, "--password-stdin", password=password)[0] == status
    assert add_user(db)[0] == 2, "never without --password-stdin"


@pytest.fixture
def dead_job(db):
    return db.rows("""INSERT INTO job (kind, dedupe_key, attempts_max, attempts, state, last_error,
        payload, finished_at) SELECT kind, gen_random_uuid(), 3, 3, 'dead', 'it broke', '{"a": 1}', now()
        FROM job_kind ORDER BY kind LIMIT 1 RETURNING job_id::text AS id""")[0]["id"]


def test_dead_jobs_are_listed_shown_and_retried(db, dead_job):
    status, out = db.carectl("job", "list", "--state", "dead")
    line, = [line for line in out.splitlines() if dead_job in line]
    assert status == 0 and "3/3" in line and "it broke" in line
    assert dead_job not in db.carectl("job", "list", "--state", "queued")[1]
    shown = db.carectl("job", "show", dead_job)[1]
    assert "dead" in shown and '{"a": 1}' in shown
    status, out = db.carectl("job", "retry", dead_job)
    assert status == 0 and '"queued"' in out
    row, = db.rows("SELECT state, attempts, finished_at FROM job WHERE job_id = %s", dead_job)
    assert (row["state"], row["attempts"], row["finished_at"]) == ("queued", 0, None)
    status, out = db.carectl("job", "retry", dead_job)
    assert status == 1 and "there is no dead job" in out


def test_an_absent_job_is_said(db):
    status, out = db.carectl("job", "show", str(uuid.uuid4()))
    assert status == 1 and "there is no job" in out


def test_a_key_is_made_once_and_kept_close(tmp_path):
    path = tmp_path / "jwt.pem"
    assert run("key", "generate", "--out", str(path)) == (0, f"{path}\n", "")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    shown = subprocess.run(["openssl", "rsa", "-in", str(path), "-noout", "-text"],
                           stdout=subprocess.PIPE, text=True, check=True).stdout
    assert "3072 bit" in shown
    before = path.read_bytes()
    status, _, err = run("key", "generate", "--out", str(path))
    assert status == 1 and "File exists" in err
    assert path.read_bytes() == before
    assert run("key", "generate", "--out", str(tmp_path / "no" / "such"))[0] == 1


def test_config_prints_every_setting():
    status, out, _ = run("config")
    assert status == 0
    assert out.startswith("| variable |")
    for name in ("CARE_DATABASE_URL", "CARE_CLOCK_MOVABLE", "CARE_JWT_KEY_FILE"):
        assert f"| `{name}` |" in out


@pytest.fixture
def settings(db, servers, tmp_path):
    """What care-api needs to start."""
    key = tmp_path / "jwt.pem"
    run("key", "generate", "--out", str(key))
    return {"CARE_DATABASE_URL": db.postgres.url("care_api", db.name),
            "CARE_REDIS_URL": servers.redis.url, "CARE_PUBLIC_URL": "http://api.example",
            "CARE_SITE_URL": "http://www.example", "CARE_SECRET_KEY": "0" * 64,
            "CARE_JWT_KEY_FILE": str(key), "CARE_PAYSTACK_SECRET_KEY": "sk_test_x",
            "CARE_CALCOM_API_KEY": "x", "CARE_CALCOM_WEBHOOK_SECRET": "x",
            "CARE_TWILIO_ACCOUNT_SID": "x", "CARE_TWILIO_AUTH_TOKEN": "x", "CARE_TWILIO_FROM": "x",
            "CARE_MANDRILL_API_KEY": "x", "CARE_EMAIL_FROM": "a@b.example"}


def lines(*words, **settings):
    status, out, _ = run("doctor", *words, **settings)
    return status, {line[:10].strip(): line[12:] for line in out.splitlines()}


def test_the_doctor_finds_nothing(settings, db):
    status, found = lines(**settings)
    assert (status, set(found.values())) == (0, {"ok"}), found
    worker = {**settings, "CARE_DATABASE_URL": db.postgres.url("care_worker", db.name)}
    status, found = lines("--worker", **worker)
    assert (status, set(found.values())) == (0, {"ok"}), found


@pytest.mark.parametrize("name,value,check,why", [
    ("CARE_SECRET_KEY", "", "settings", "CARE_SECRET_KEY is not set"),
    ("CARE_REDIS_URL", "unix:/nonexistent.sock", "redis", "does not answer"),
    ("CARE_DATABASE_URL", "postgresql://care_api@/x?host=/nonexistent", "database", "connection to"),
    ("CARE_JWT_KEY_FILE", "/nonexistent.pem", "keys", "/nonexistent.pem")])
def test_the_doctor_finds_what_is_wrong(settings, name, value, check, why):
    status, found = lines(**{**settings, name: value})
    assert status == 1
    assert why in found[check]


def test_the_doctor_does_not_trust_the_owner(settings, db):
    status, found = lines(**{**settings, "CARE_DATABASE_URL": db.url})
    assert status == 1
    assert "is a superuser" in found["database"]


def test_the_doctor_sees_open_keys(settings):
    os.chmod(settings["CARE_JWT_KEY_FILE"], 0o644)
    status, found = lines(**settings)
    assert status == 1 and found["keys"] != "ok"
