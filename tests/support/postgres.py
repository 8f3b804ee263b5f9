"""A private PostgreSQL: its own cluster, a unix socket only, gone when we are."""
import glob
import os
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.parse

from .process import Process, ProcessError, as_user, run, tail, wait_for

# sun_path holds 107 bytes and a NUL; PostgreSQL adds its own file name to the folder's.
SOCKET_PATH_MAX = 107
SOCKET_NAME = "/.s.PGSQL.5432"


def programs_folder():
    folders = glob.glob("/usr/lib/postgresql/*/bin/postgres")
    if folders:
        return os.path.dirname(max(folders, key=lambda path: int(path.split("/")[4])))
    found = shutil.which("postgres")
    if found:
        return os.path.dirname(os.path.realpath(found))
    raise ProcessError("PostgreSQL is not installed: run scripts/setup")


def server_user():
    """initdb refuses root, so root runs the server as the package's user."""
    return "postgres" if os.geteuid() == 0 else None


def short_folder(folder, user=None):
    """The folder, made; or, when its path is too long for a socket or closed to the user, a folder
    under /tmp with a symbolic link at the wanted place."""
    folder = os.path.abspath(folder)
    if os.path.islink(folder) and not os.path.isdir(folder):
        os.unlink(folder)
    os.makedirs(folder, exist_ok=True)
    real = os.path.realpath(folder)
    parent = os.path.dirname(real)
    reachable = user is None or subprocess.run(
        as_user(user, ["test", "-x", parent]), check=False).returncode == 0
    if len(real + SOCKET_NAME) > SOCKET_PATH_MAX or not reachable:
        os.rmdir(folder)
        real = tempfile.mkdtemp(prefix="care-", dir="/tmp")
        os.symlink(real, folder)
    if user:
        shutil.chown(real, user, user)
    os.chmod(real, 0o700)
    return real


def remove_folder(folder):
    """Removes what short_folder made, wherever it is."""
    real = os.path.realpath(folder)
    shutil.rmtree(real, ignore_errors=True)
    if os.path.islink(folder):
        os.unlink(folder)


class Postgres:
    def __init__(self, folder, log_folder):
        self.user = server_user()
        self.link = folder
        self.folder = short_folder(folder, self.user)
        self.data = os.path.join(self.folder, "data")
        self.programs = programs_folder()
        # fsync stays on: care-api refuses a server that may lose what it acknowledged.
        options = {"unix_socket_directories": self.folder, "listen_addresses": "",
                   "shared_buffers": "64MB", "max_connections": "120", "timezone": "UTC",
                   "log_timezone": "UTC", "max_wal_size": "512MB"}
        command = [f"{self.programs}/postgres", "-D", self.data]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        self.process = Process("postgres", command, log_folder, user=self.user,
                               stop_signal=signal.SIGINT, work_folder="/")

    def start(self):
        if not os.path.exists(os.path.join(self.data, "PG_VERSION")):
            run([f"{self.programs}/initdb", "-D", self.data, "-U", "postgres", "-A", "trust",
                 "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"], user=self.user, cwd="/")
        # After a SIGKILL the old server's children need a moment to see that it is gone; until then
        # a new one refuses the data.
        wait_for(self.has_started, 30, "PostgreSQL to start")
        return self

    def has_started(self):
        if not self.process.is_running():
            self.process.start()
        try:
            return wait_for(lambda: self.is_ready() or not self.process.is_running(), 30,
                            "PostgreSQL to answer") and self.is_ready()
        except ProcessError as error:
            raise ProcessError(f"{error}\n{tail(self.process.log)}") from None

    def is_ready(self):
        return subprocess.run(
            [f"{self.programs}/pg_isready", "-q", "-h", self.folder, "-U", "postgres"],
            check=False, cwd="/").returncode == 0

    def stop(self):
        self.process.stop()

    def remove(self):
        remove_folder(self.link)

    def url(self, user, database):
        host = urllib.parse.quote(self.folder, safe="")
        return f"postgresql://{user}@/{database}?host={host}"

    def psql(self, statement, database="postgres", user="postgres"):
        """One or more statements, each on its own (so that CREATE DATABASE may stand there)."""
        return run([f"{self.programs}/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d",
                    self.url(user, database), "-f", "-"], input=statement, cwd="/").strip()

    def create_database(self, name, template="template0"):
        check_name(name)
        check_name(template)
        self.psql(f'CREATE DATABASE "{name}" TEMPLATE "{template}" ENCODING \'UTF8\'')

    def drop_database(self, name):
        check_name(name)
        self.psql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def check_name(name):
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
        raise ValueError(f"not a database name: {name!r}")
