"""What we tell people at once: the confirmation by email and SMS, each exactly once."""
import statistics
import urllib.parse

import icalendar
import journey
import pytest


def confirmations(world, visitor):
    """(email, sms) of a confirmed booking, and nothing twice."""
    mail = journey.wait_messages(world, visitor.email, template="booking_confirmation")
    texts = journey.wait_messages(world, visitor.phone, "sms")
    world.quiet()
    assert len(journey.messages(world, visitor.email, template="booking_confirmation")) == 1
    assert len(journey.messages(world, visitor.phone, "sms")) == 1
    return mail[0], texts[0]


def link_in(text, begin):
    return next(word for word in text.split() if word.startswith(begin))


def test_the_confirmation_says_what_to_expect(world):
    visitor, booking = journey.confirmed(world, journey.CARE)
    mail, _ = confirmations(world, visitor)
    there = journey.local(booking["start_at"], "Europe/London")
    here = journey.local(booking["start_at"], journey.CARE_ZONE)
    assert mail["subject"].startswith("What to expect")
    for part in (mail["text"], mail["html"]):
        for said in ("Adébáyọ̀ Ọláńrewájú", "Care consultation", "45 minutes", "What to expect",
                     there.strftime("%H:%M"), here.strftime("%H:%M"), booking["location"]):
            assert said in part, said
    assert "{{" not in mail["text"] + mail["html"] + mail["subject"]


def test_the_confirmation_carries_a_calendar_entry(world):
    visitor, booking = journey.confirmed(world)
    mail, _ = confirmations(world, visitor)
    calendar = icalendar.Calendar.from_ical(journey.attachment(mail, ".ics"))
    event, = calendar.walk("VEVENT")
    assert event["DTSTART"].dt == journey.parse(booking["start_at"])
    assert event["DTEND"].dt == journey.parse(booking["end_at"])
    assert event["UID"].startswith(booking["booking_id"] + "@")
    assert event["SUMMARY"] == "Ìtọ́jú Demo Care: Discovery call"
    assert str(event["ATTENDEE"]) == f"mailto:{visitor.email}"
    assert calendar["METHOD"] == "PUBLISH"
    ours = visitor.client.call("booking_calendar", path={"booking_id": booking["booking_id"]})
    again, = icalendar.Calendar.from_ical(ours.body).walk("VEVENT")
    assert (again["UID"], again["DTSTART"].dt, again["SUMMARY"]) == \
        (event["UID"], event["DTSTART"].dt, event["SUMMARY"])


def test_the_confirmation_links_to_google_and_outlook(world):
    visitor, booking = journey.confirmed(world)
    mail, _ = confirmations(world, visitor)
    start, end = journey.parse(booking["start_at"]), journey.parse(booking["end_at"])
    google = urllib.parse.urlsplit(link_in(mail["text"], "https://calendar.google.com/"))
    query = dict(urllib.parse.parse_qsl(google.query))
    assert query["dates"] == f"{start:%Y%m%dT%H%M%SZ}/{end:%Y%m%dT%H%M%SZ}"
    assert query["text"] == "Ìtọ́jú Demo Care: Discovery call"
    outlook = urllib.parse.urlsplit(link_in(mail["text"], "https://outlook.live.com/"))
    query = dict(urllib.parse.parse_qsl(outlook.query))
    assert journey.parse(query["startdt"]) == start
    assert journey.parse(query["enddt"]) == end


def test_the_confirmations_link_opens_this_booking_alone(world):
    visitor, booking = journey.confirmed(world)
    _, other = journey.confirmed(world)
    mail, _ = confirmations(world, visitor)
    link = urllib.parse.urlsplit(link_in(mail["text"], "http://localhost:3000/bookings/"))
    assert link.path == f"/bookings/{booking['booking_id']}"
    client = world.guest().with_headers(X_Link_Token=link.fragment.removeprefix("token="))
    client.call("booking_get", path={"booking_id": booking["booking_id"]}, expect=200)
    client.call("booking_get", path={"booking_id": other["booking_id"]}, expect=404)


def test_the_text_says_little_on_a_lock_screen(world):
    visitor, booking = journey.confirmed(world)
    _, text = confirmations(world, visitor)
    assert journey.local(booking["start_at"], "Europe/London").strftime("%H:%M") in text["body"]
    for secret in ("Adébáyọ̀", "Discovery", visitor.email):
        assert secret not in text["body"]
    assert text["from"] == "+15005550006"


def test_a_name_cannot_break_out_of_the_mail(world):
    """Names are text wherever they stand."""
    visitor, _ = journey.confirmed(world, contact=journey.contact(name="Ada & \"Bee\" O'Neill"))
    mail, _ = confirmations(world, visitor)
    assert "Ada & \"Bee\" O'Neill" in mail["text"]
    assert "Ada &amp; &quot;Bee&quot; O&#39;Neill" in mail["html"]


def test_without_a_phone_there_is_no_text(world):
    visitor, booking = journey.confirmed(world, contact=journey.contact(phone=None))
    journey.wait_messages(world, visitor.email, template="booking_confirmation")
    world.quiet()
    assert {row["channel"] for row in journey.planned(world, booking["booking_id"])} == {"email"}


@pytest.mark.parametrize("vendor, operation, action", [
    ("mandrill", "send", "timeout_after"), ("mandrill", "send", "malformed"),
    ("twilio", "send", "timeout_after"), ("twilio", "send", "malformed"),
])
def test_a_lost_answer_says_it_once(world, vendor, operation, action):
    """The provider is asked before anything is said again."""
    visitor = journey.submit(world, service=journey.FREE)
    world.fault(f"{vendor}.{operation}", action)
    booking = journey.book(visitor)
    journey.wait_booking(visitor, booking["booking_id"], "confirmed")
    channel = "email" if vendor == "mandrill" else "sms"
    world.run_next_attempt("message_send", message_id(world, booking, channel))
    assert wait_state(world, booking, channel, "sent")
    confirmations(world, visitor)


@pytest.mark.parametrize("vendor, action", [
    ("mandrill", "status"), ("mandrill", "rate_limit"), ("twilio", "status"),
    ("twilio", "rate_limit")])
def test_a_provider_being_down_delays_a_message(world, vendor, action):
    visitor = journey.submit(world, service=journey.FREE)
    world.fault(f"{vendor}.send", action, status=503)
    booking = journey.book(visitor)
    journey.wait_booking(visitor, booking["booking_id"], "confirmed")
    channel = "email" if vendor == "mandrill" else "sms"
    if action == "status":
        # 5xx may have happened: the provider is asked, and nothing is concluded too early.
        world.wait_for(lambda: world.jobs("message_send", message_id(world, booking, channel))[0][
            "last_error"], 10, "the failure")
        world.sql("UPDATE message SET sending_at = sending_at - interval '1 minute' "
                  "WHERE booking_id = %s AND channel = %s AND state = 'sending'",
                  booking["booking_id"], channel)
    world.run_next_attempt("message_send", message_id(world, booking, channel))
    assert wait_state(world, booking, channel, "sent")
    confirmations(world, visitor)


def message_id(world, booking, channel):
    return world.sql("SELECT message_id FROM message WHERE booking_id = %s AND channel = %s "
                     "AND template_key = 'booking_confirmation'",
                     booking["booking_id"], channel)[0]["message_id"]


def wait_state(world, booking, channel, state):
    return world.wait_for(lambda: world.sql(
        "SELECT error FROM message WHERE message_id = %s AND state = %s",
        message_id(world, booking, channel), state), 10, f"the {channel} to be {state}")


def test_a_number_that_is_none_fails_alone(world):
    """Twilio's magic number for an invalid recipient."""
    visitor, booking = journey.confirmed(world, contact=journey.contact(phone="+15005550001"))
    assert wait_state(world, booking, "sms", "failed")[0]["error"]
    assert wait_state(world, booking, "email", "sent")
    assert visitor.booking(booking["booking_id"])["state"] == "confirmed"


def test_an_address_that_is_refused_fails_alone(world):
    email = f"ada.{world.now().timestamp():.0f}@reject.example"
    visitor, booking = journey.confirmed(world, contact=journey.contact(email=email))
    assert wait_state(world, booking, "email", "failed")[0]["error"]
    assert wait_state(world, booking, "sms", "sent")
    assert visitor.booking(booking["booking_id"])["state"] == "confirmed"


def milliseconds_to_both(world, visitor, booking, payment):
    """From the payment webhook's arrival to both messages' acceptance by the providers."""
    return world.sql(
        "SELECT extract(epoch FROM max(m.accepted_at) - min(e.received_at)) * 1000 AS ms "
        "FROM message AS m, inbound_event AS e WHERE m.booking_id = %s "
        "AND m.template_key = 'booking_confirmation' AND m.state = 'sent' "
        "AND position(%s in convert_from(e.body, 'UTF8')) > 0 HAVING count(*) = 2",
        booking["booking_id"], payment["reference"])[0]["ms"]


def test_from_payment_to_confirmation_in_seconds(world, record_property):
    """The PRD allows five; sanitizers and a shared machine are allowed for."""
    taken = []
    for _ in range(10):
        visitor = journey.submit(world)
        booking = journey.book(visitor)
        payment = journey.open_payment(visitor, booking_id=booking["booking_id"])
        journey.pay(world, payment)
        journey.wait_booking(visitor, booking["booking_id"], "confirmed")
        confirmations(world, visitor)
        taken.append(float(milliseconds_to_both(world, visitor, booking, payment)))
    record_property("payment_to_messages_ms", ", ".join(f"{ms:.0f}" for ms in taken))
    print(f"payment webhook to both messages: median {statistics.median(taken):.0f} ms, "
          f"slowest {max(taken):.0f} ms")
    assert max(taken) < 5000
