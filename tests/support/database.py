"""A database of its own for a test: migrated by carectl, asked as the owner or in a role."""
import contextlib
import importlib.util
import os
import subprocess

import psycopg2
import psycopg2.extras

from .stack import ROOT, program

# What care-api and care-worker take (lib/data/db.h).
ROLES = ("app_public", "app_client", "app_staff", "app_admin", "app_integrator", "app_worker")


def load_generator():
    """scripts/gen_sql.py as a module."""
    path = os.path.join(ROOT, "scripts", "gen_sql.py")
    spec = importlib.util.spec_from_file_location("gen_sql", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Database:
    def __init__(self, postgres, name):
        self.postgres, self.name = postgres, name
        self.url = postgres.url("postgres", name)

    def carectl(self, *words, **settings):
        """(status, output) of carectl as the owner."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("CARE_")}
        done = subprocess.run([program("carectl"), *words],
                              env={**env, "CARE_DATABASE_OWNER_URL": self.url, **settings},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=120, check=False)
        return done.returncode, done.stdout

    def migrate(self):
        status, output = self.carectl("migrate")
        assert status == 0, output
        return self

    @contextlib.contextmanager
    def connect(self, user="postgres"):
        connection = psycopg2.connect(self.postgres.url(user, self.name))
        connection.autocommit = True
        try:
            yield connection
        finally:
            connection.close()

    def rows(self, statement, *values):
        """As the owner: the rows as dicts, [] for a statement that returns none."""
        with self.connect() as connection:
            return run(connection, statement, values)

    @contextlib.contextmanager
    def acting(self, role, actor=None, link=None):
        """ask(statement, *values) in one transaction as care-api runs it; rolled back at the end."""
        with self.connect("care_api") as connection:
            connection.autocommit = False
            run(connection, "SELECT set_config('role', %s, true), set_config('app.user_id', %s, true),"
                " set_config('app.link_id', %s, true)", (role, actor or "", link or ""))
            yield lambda statement, *values: run(connection, statement, values)
            connection.rollback()


def run(connection, statement, values=()):
    with connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
        cursor.execute(statement, values or None)
        return [dict(row) for row in cursor.fetchall()] if cursor.description else []
