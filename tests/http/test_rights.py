"""Whose is what: another family's booking, payment and invoice do not exist for anybody else."""
import collections

import journey
import pytest

BOOKING = [
    ("booking_get", None), ("booking_cancel", {}), ("booking_calendar", None),
    ("booking_reminders", None), ("booking_reschedule", {"start_at": "2027-01-04T09:00:00Z"}),
    ("booking_feedback", {"rating": 5}), ("booking_checkout", {}),
]
PAYMENT = [("payment_get", None), ("payment_verify", None)]
INVOICE = [("invoice_get", None), ("invoice_pdf", None)]
INTAKE = [("intake_get", None), ("intake_checkout", {})]
STAFF_ONLY = [("booking_confirm", None), ("booking_decline", {}),
              ("booking_outcome", {"outcome": "completed"})]

Owned = collections.namedtuple("Owned", "visitor ids")


def own(world, client=None):
    """Somebody with a booking, a payment and an invoice."""
    visitor, booking = journey.confirmed(world, journey.CARE, client=client)
    return Owned(visitor, {"booking_id": booking["booking_id"],
                           "payment_id": booking["payment_id"],
                           "invoice_id": booking["invoice_id"],
                           "intake_submission_id": visitor.intake_id})


@pytest.fixture(scope="module")
def guests(world):
    return own(world)


@pytest.fixture(scope="module")
def familys(world, family):
    return own(world, family)


@pytest.fixture(scope="module")
def stranger(world):
    return own(world).visitor.client


def call(client, operation, ids, body, expect):
    name = next(parameter["name"] for parameter in
                client.contract.operations[operation].parameters if parameter["in"] == "path")
    options = {} if body is None else {"json": body}
    return client.call(operation, path={name: ids[name]}, expect=expect, **options)


def state(world, owned):
    return world.sql("SELECT state, start_at, reason, updated_at FROM booking "
                     "WHERE booking_id = %s", owned.ids["booking_id"])


@pytest.mark.parametrize("operation, body", BOOKING + PAYMENT + INVOICE + INTAKE)
def test_another_familys_is_not_found(world, guests, familys, stranger, other_family, family,
                                      operation, body):
    before = state(world, guests) + state(world, familys)
    call(stranger, operation, guests.ids, body, 404)
    call(stranger, operation, familys.ids, body, 404)
    call(other_family, operation, guests.ids, body, 404)
    call(other_family, operation, familys.ids, body, 404)
    call(family, operation, guests.ids, body, 404)
    call(guests.visitor.client, operation, familys.ids, body, 404)
    call(world.guest(), operation, guests.ids, body, 401)
    assert state(world, guests) + state(world, familys) == before


@pytest.mark.parametrize("operation, body", BOOKING + PAYMENT + INVOICE + INTAKE)
def test_what_does_not_exist_looks_the_same(stranger, operation, body):
    ids = collections.defaultdict(lambda: "019328c8-0000-7000-8000-000000000050")
    call(stranger, operation, ids, body, 404)


@pytest.mark.parametrize("operation, body", STAFF_ONLY)
def test_staffs_operations_are_staffs(world, guests, familys, family, operation, body):
    call(guests.visitor.client, operation, guests.ids, body, 403)
    call(family, operation, familys.ids, body, 403)
    call(world.guest(), operation, guests.ids, body, 401)


@pytest.mark.parametrize("operation, body", [("booking_get", None), ("booking_calendar", None),
                                             ("booking_reminders", None), ("payment_get", None),
                                             ("invoice_get", None), ("invoice_pdf", None),
                                             ("intake_get", None)])
def test_owners_and_staff_see_it(world, guests, familys, family, staff, admin, operation, body):
    world.quiet()
    call(guests.visitor.client, operation, guests.ids, body, 200)
    call(family, operation, familys.ids, body, 200)
    for somebody in (staff, admin):
        call(somebody, operation, guests.ids, body, 200)
        call(somebody, operation, familys.ids, body, 200)


@pytest.mark.parametrize("operation, body", [("intake_checkout", {}), ("booking_checkout", {}),
                                             ("booking_feedback", {"rating": 5})])
def test_staff_do_not_pay_or_rate_for_others(staff, admin, guests, operation, body):
    for somebody in (staff, admin):
        call(somebody, operation, guests.ids, body, 403)


def test_lists_show_a_client_their_own(world, guests, familys, family, other_family):
    for operation, name in (("booking_list", "booking_id"), ("invoice_list", "invoice_id")):
        assert [row[name] for row in family.call(operation, expect=200).json["data"]] == \
            [familys.ids[name]]
        assert other_family.call(operation, expect=200).json["data"] == []
        call_with_link = guests.visitor.client.call(operation, expect=403)
        assert call_with_link.code == "forbidden"
        world.guest().call(operation, expect=401)


def test_somebody_elses_intake_takes_no_booking(world, guests, familys, stranger, other_family):
    start_at = journey.free_slot(world)
    for client in (stranger, other_family):
        for owned in (guests, familys):
            body = {"intake_submission_id": owned.ids["intake_submission_id"],
                    "start_at": start_at}
            client.call("booking_create", json=body, expect=404)
            client.call("slot_hold_create", json=body, expect=404)
    assert start_at in journey.slots(world)


def test_staff_book_for_a_family(world, staff):
    visitor = journey.submit(world, service=journey.FREE)
    made = staff.call("booking_create", expect=202, json={
        "intake_submission_id": visitor.intake_id,
        "start_at": journey.free_slot(world, journey.FREE)}).json
    journey.wait_booking(visitor, made["booking_id"], "confirmed")
