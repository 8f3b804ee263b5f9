"""The booking journey, step by step: what scripts/start plays."""
import base64
import datetime
import time
import uuid

from .visit import ZONE, Visit
from .wire import Http, StepFailed, instant, must, wait_until


class Journey:
    """The steps in order; play() runs them and reports each."""

    def __init__(self, url, sim_url, staff_email, staff_password, advance):
        self.public = Http(url)
        self.sim = Http(sim_url)
        self.staff_login = {"email": staff_email, "password": staff_password}
        self.advance_clocks = advance
        self.offset_s = 0
        self.first = self.second = self.free = None
        self.pay_url = None
        self.mail_before = 0

    def now(self):
        return datetime.datetime.now(datetime.timezone.utc) + \
            datetime.timedelta(seconds=self.offset_s)

    def move_to(self, moment):
        """Moves business time forward to a moment."""
        seconds = int((moment - self.now()).total_seconds()) + 1
        if seconds > 0:
            self.advance_clocks(seconds)
            self.offset_s += seconds

    def staff(self):
        tokens = self.public.post("/v1/auth/login", self.staff_login)
        return self.public.as_bearer(tokens["access_token"])

    def visit(self, service, name, number):
        unique = uuid.uuid4().hex[:8]
        return Visit(self, service, name, f"{name.split()[0].lower()}.{unique}@family.example",
                     f"+1416555{number:04d}")

    def list_services(self):
        services = self.public.get("/v1/services")["data"]
        paid = [service for service in services if len(service["prices"]) >= 2]
        free = [service for service in services if not service["prices"]]
        must(paid and free, f"a paid and a free service: {[s['slug'] for s in services]}")
        self.first = self.visit(paid[0], "Adaeze Obi", 101)
        self.second = self.visit(paid[0], "Tunde Bello", 102)
        self.free = self.visit(free[0], "Ngozi Eze", 103)

    def read_intake_form(self):
        form = self.public.get(f"/v1/services/{self.first.service['slug']}/intake-form")
        must(form["fields"] and form["version"] >= 1, f"an empty form: {form}")

    def submit_intake(self):
        self.first.submit_intake()

    def start_checkout(self):
        self.pay_url = self.first.checkout(f"/v1/intake-submissions/{self.first.intake_id}", "NGN")

    def watch_gateway(self):
        self.first.wait_for_gateway()

    def pay(self):
        self.first.pay(self.pay_url)

    def see_payment_settled(self):
        self.first.wait_paid()

    def see_availability(self):
        self.first.start_at = self.first.free_slots(3, 7)[0]

    def hold_slot(self):
        start_at = self.first.start_at
        hold = self.first.http.post("/v1/slot-holds", {
            "intake_submission_id": self.first.intake_id, "start_at": start_at}, status=201)
        must(instant(hold["start_at"]) == instant(start_at), f"held {hold['start_at']}")
        must(start_at not in self.first.free_slots(3, 7), "a held time is still offered")

    def book(self):
        self.first.book(self.first.start_at, ("scheduling", "confirmed"))

    def see_booking_confirmed(self):
        booking = self.first.wait_confirmed()
        must(booking["time_zone"] == ZONE, f"zone {booking['time_zone']}")

    def read_invoice(self):
        booking = self.first.wait_booking(lambda seen: seen["invoice_id"], "the invoice")
        invoice = self.first.http.get(f"/v1/invoices/{booking['invoice_id']}")
        must(invoice["number"] and invoice["payment_status"] == "succeeded", f"{invoice}")
        must(invoice["total"] == booking["price"] == invoice["paid"],
             f"total {invoice['total']}, paid {invoice['paid']}, price {booking['price']}")
        pdf = self.first.pdf(invoice["invoice_id"])
        must(pdf.startswith(b"%PDF-") and b"%%EOF" in pdf[-64:], "the PDF is not whole")

    def read_confirmation(self):
        mail = self.first.inbox.wait("email", "booking_confirmation")
        calendars = [base64.b64decode(part["content_base64"] or "")
                     for part in mail["attachments"] if "calendar" in part["type"]]
        must(len(calendars) == 1 and calendars[0].startswith(b"BEGIN:VCALENDAR"),
             f"no calendar file in {[part['name'] for part in mail['attachments']]}")
        must(self.first.contact["name"].split()[0] in mail["text"], "the mail names nobody")
        self.first.inbox.wait("sms")
        ours = self.first.http.expect(200, "GET",
                                      f"/v1/bookings/{self.first.booking_id}/calendar.ics").body
        must(b"BEGIN:VEVENT" in ours, "no event in calendar.ics")

    def list_reminders(self):
        reminders = self.first.reminders()
        must({entry["channel"] for entry in reminders} == {"email", "sms"}, f"{reminders}")
        for entry in reminders:
            before = instant(self.first.start_at) - instant(entry["send_at"])
            must(6 * 3600 <= before.total_seconds() <= 12 * 3600, f"{before} before: {entry}")
            must(entry["state"] == "planned" and entry["rule"] and entry["explanation"],
                 f"{entry}")
            must(instant(entry["send_at"]) == instant(entry["send_at_client"]) ==
                 instant(entry["send_at_care"]), f"three instants: {entry}")

    def see_reminders_sent(self):
        texts = len(self.first.inbox.all("sms"))
        self.move_to(max(instant(entry["send_at"]) for entry in self.first.reminders()))
        self.first.inbox.wait("email", "booking_reminder")
        self.first.inbox.wait("sms", count=texts + 1)
        wait_until(lambda: (all(entry["state"] == "sent" for entry in self.first.reminders()),
                            self.first.reminders()), "both reminders to be sent")

    def see_thanks(self):
        booking = self.first.wait_confirmed()
        self.move_to(instant(booking["end_at"]))
        ended = self.staff().post(f"/v1/bookings/{self.first.booking_id}/outcome",
                                  {"outcome": "completed"})
        must(ended["state"] == "completed", f"state {ended['state']}")
        thanks = self.first.inbox.wait("email", "booking_thank_you")
        must("feedback" in thanks["text"].lower(), "the thank-you asks for no feedback")

    def see_follow_up(self):
        self.move_to(self.now() + datetime.timedelta(hours=48, minutes=1))
        self.first.inbox.wait("email", "feedback_follow_up")

    def give_feedback(self):
        path = f"/v1/bookings/{self.first.booking_id}/feedback"
        given = self.first.http.post(path, {"rating": 5, "comment": "Ẹ ṣé gan-an"}, status=201)
        must(given["rating"] == 5 and given["comment"] == "Ẹ ṣé gan-an", f"{given}")
        again = self.first.http.post(path, {"rating": 1}, status=409)
        must(again["code"] == "feedback_given", f"the second answer: {again}")

    def book_before_paying(self):
        self.second.submit_intake()
        self.second.book(self.second.free_slots(2, 7)[0], ("pending_payment",))
        url = self.second.checkout(f"/v1/bookings/{self.second.booking_id}", "USD")
        self.second.wait_for_gateway()
        self.second.pay(url)
        self.second.wait_confirmed()
        self.second.inbox.wait("email", "booking_confirmation")

    def reschedule(self):
        start_at = next(slot for slot in self.second.free_slots(3, 9)
                        if instant(slot) - instant(self.second.start_at) >
                        datetime.timedelta(hours=20))
        self.second.http.post(f"/v1/bookings/{self.second.booking_id}/reschedule",
                              {"start_at": start_at, "reason": "I am travelling"}, status=202)
        self.second.wait_confirmed(start_at)
        self.second.start_at = start_at

        def look():
            planned = [entry for entry in self.second.reminders() if entry["state"] == "planned"]
            return len(planned) == 2 and all(
                0 < (instant(start_at) - instant(entry["send_at"])).total_seconds() <= 12 * 3600
                for entry in planned), planned
        wait_until(look, "reminders planned for the new time")

    def cancel(self):
        booking = self.second.http.post(f"/v1/bookings/{self.second.booking_id}/cancel",
                                        {"reason": "We are better now"})
        must(booking["state"] == "cancelled", f"state {booking['state']}")
        left = [entry for entry in self.second.reminders() if entry["state"] == "planned"]
        must(not left, f"reminders of a cancelled booking: {left}")
        self.second.inbox.wait("email", "booking_cancelled")

    def book_free_service(self):
        self.free.submit_intake()
        refused = self.free.http.post(f"/v1/intake-submissions/{self.free.intake_id}/checkout",
                                      {}, status=409)
        must(refused["code"] == "service_free", f"checkout of a free service: {refused}")
        self.free.book(self.free.free_slots(1, 7)[0], ("scheduling", "confirmed"))
        booking = self.free.wait_confirmed()
        must(booking["price"] is None and booking["invoice_id"] is None, f"{booking}")
        self.free.inbox.wait("email", "booking_confirmation")

    STEPS = (
        ("services_listed", list_services),
        ("intake_form_read", read_intake_form),
        ("intake_submitted", submit_intake),
        ("checkout_started", start_checkout),
        ("gateway_ready", watch_gateway),
        ("paid_at_gateway", pay),
        ("payment_settled", see_payment_settled),
        ("availability_shown", see_availability),
        ("slot_held", hold_slot),
        ("booking_created", book),
        ("booking_confirmed", see_booking_confirmed),
        ("invoice_fetched", read_invoice),
        ("confirmation_received", read_confirmation),
        ("reminders_planned", list_reminders),
        ("reminders_sent", see_reminders_sent),
        ("thanked_after_meeting", see_thanks),
        ("followed_up_after_48_h", see_follow_up),
        ("feedback_given", give_feedback),
        ("second_booking_paid_after_booking", book_before_paying),
        ("booking_rescheduled", reschedule),
        ("booking_cancelled", cancel),
        ("free_service_booked", book_free_service),
    )

    def play(self, report):
        """Runs the steps until one fails and reports each; True when all held."""
        broken = False
        for name, step in self.STEPS:
            begun = time.monotonic()
            error = "not reached" if broken else self.attempt(step)
            broken = broken or error is not None
            outcome = {"name": name, "ok": error is None,
                       "ms": round((time.monotonic() - begun) * 1000, 1)}
            if error is not None:
                outcome["error"] = error
            report(outcome)
        return not broken

    def attempt(self, step):
        try:
            step(self)
        except StepFailed as error:
            return str(error)
        # A reply of another shape than the contract's is a failed step, not a crash of the demo.
        except (KeyError, IndexError, TypeError, ValueError, StopIteration) as error:
            return f"{type(error).__name__}: {error}"
        return None
