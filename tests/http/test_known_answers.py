"""An item that has not changed is 304 to whoever knows it already, and whole again once it has."""
import journey


def known(world, client, operation, path):
    """The ETag of an item that stands still."""
    def steady():
        first, second = (client.call(operation, path=path, expect=200) for _ in range(2))
        return first.headers["ETag"] == second.headers["ETag"] and first.headers["ETag"]
    return world.wait_for(steady, 10, f"{operation} to stand still")


def test_the_items_of_a_journey_are_304_to_their_own_etag(world):
    visitor, booking = journey.confirmed(world, service=journey.CARE)
    world.quiet()
    booking = visitor.booking(booking["booking_id"])
    items = [("intake_get", {"intake_submission_id": visitor.intake_id}),
             ("booking_get", {"booking_id": booking["booking_id"]}),
             ("payment_get", {"payment_id": booking["payment_id"]}),
             ("invoice_get", {"invoice_id": booking["invoice_id"]})]
    for operation, path in items:
        etag = known(world, visitor.client, operation, path)
        again = visitor.client.call(operation, path=path, headers={"If-None-Match": etag}, expect=304)
        assert again.body == b"" and again.headers["ETag"] == etag
    before = known(world, visitor.client, *items[1])
    visitor.client.call("booking_cancel", path=items[1][1], json={}, expect=200)
    changed = visitor.client.call("booking_get", path=items[1][1],
                                  headers={"If-None-Match": before}, expect=200)
    assert changed.json["state"] == "cancelled"
