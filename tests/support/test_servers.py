"""The private servers: paths too long for a socket, SIGKILL, and nothing left behind."""
import os

import pytest

from support.postgres import SOCKET_NAME, SOCKET_PATH_MAX, Postgres
from support.redis_server import Redis


@pytest.fixture(name="log_folder")
def make_log_folder(tmp_path):
    return str(tmp_path / "log")


def end(server):
    if server.process.is_running():
        server.process.kill()
    server.remove()


def test_postgres_in_a_path_too_long_for_a_socket(tmp_path, log_folder):
    folder = str(tmp_path / ("long" * 30))
    postgres = Postgres(folder, log_folder)
    try:
        assert os.path.islink(folder)
        assert len(postgres.folder + SOCKET_NAME) <= SOCKET_PATH_MAX
        postgres.start()
        assert postgres.psql("SHOW fsync") == "on"
        # What was acknowledged survives a SIGKILL.
        postgres.psql("CREATE TABLE kept AS SELECT 7 AS n")
        postgres.process.kill()
        postgres.start()
        assert postgres.psql("SELECT n FROM kept") == "7"
        postgres.create_database("copy_of_it", "template1")
        postgres.drop_database("copy_of_it")
        with pytest.raises(ValueError):
            postgres.create_database('bad"name')
    finally:
        end(postgres)
    assert not os.path.exists(postgres.folder) and not os.path.islink(folder)


def test_redis_forgets_when_killed(tmp_path, log_folder):
    redis = Redis(str(tmp_path / "redis"), log_folder)
    try:
        redis.start()
        assert redis.command("SET", "a", "1") == "+OK"
        redis.process.kill()
        assert redis.command("PING") is None
        redis.start()
        assert redis.command("GET", "a") == "$-1"
    finally:
        end(redis)
    assert not os.path.exists(redis.folder)
