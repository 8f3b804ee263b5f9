"""The people of the tests and of the demo: an admin, a nurse, and two families that never met."""
import collections
import functools
import secrets

Person = collections.namedtuple("Person", "role name email time_zone")

PEOPLE = {
    "admin": Person("admin", "Amaka Admin", "admin@demo.example", "Africa/Lagos"),
    "staff": Person("staff", "Sade Nurse", "staff@demo.example", "Africa/Lagos"),
    "client": Person("client", "Ada Obi", "ada@demo.example", "Europe/London"),
    "client2": Person("client", "Tunde Bello", "tunde@demo.example", "America/Toronto"),
}


@functools.cache
def password_of(name):
    """Made anew by each run; never written to the repository."""
    return f"{name}-{secrets.token_urlsafe(18)}"


def add_people(stack):
    for name, person in PEOPLE.items():
        stack.carectl("user", "add", "--role", person.role, "--name", person.name, "--email",
                      person.email, "--time-zone", person.time_zone, "--password-stdin",
                      input=password_of(name) + "\n")
