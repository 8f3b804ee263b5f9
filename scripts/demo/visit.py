"""One visitor's way from the intake to the booking."""
import datetime

from support.intake import submission

from .wire import Form, Inbox, instant, must, rfc3339, wait_until

ZONE = "America/Toronto"


class Visit:
    """One visitor's way: from the intake to the booking."""

    def __init__(self, journey, service, name, email, phone):
        self.journey = journey
        self.service = service
        self.contact = {"name": name, "email": email, "phone": phone}
        self.inbox = Inbox(journey.sim, email, phone)
        self.http = None
        self.intake_id = self.payment_id = self.booking_id = None
        self.start_at = None

    def submit_intake(self):
        form = self.journey.public.get(f"/v1/services/{self.service['slug']}/intake-form")
        body = submission(form, self.contact, time_zone=ZONE, locale="en",
                          campaign={"utm_source": "newsletter", "utm_campaign": "demo"},
                          referrer="https://www.example.org/care")
        reply = self.journey.public.post("/v1/intake-submissions", body, status=201)
        must(reply["time_zone"] == ZONE and reply["time_zone_source"] == "browser",
             f"the browser's zone was not kept: {reply['time_zone']} {reply['time_zone_source']}")
        self.intake_id = reply["intake_submission_id"]
        self.http = self.journey.public.as_guest(reply["link_token"])

    def checkout(self, path, currency):
        payment = self.http.post(path + "/checkout", {"currency": currency}, status=202)
        wanted = [price for price in self.service["prices"] if price["currency"] == currency]
        must(payment["amount"] == wanted[0], f"{payment['amount']} asked, the price is {wanted}")
        must(payment["state"] in ("preparing", "pending"), f"state {payment['state']}")
        must(payment["url"].startswith(self.journey.public.base), f"url {payment['url']}")
        self.payment_id = payment["payment_id"]
        return payment["url"]

    def wait_for_gateway(self):
        def look():
            payment = self.http.get(f"/v1/payments/{self.payment_id}")
            return payment["access_code"] is not None, payment
        return wait_until(look, "the gateway's access code")

    def pay(self, url):
        """As a browser would: our redirect, the gateway's page, its button, and back to us."""
        gateway = self.http.expect(303, "GET", url).headers["Location"]
        must(gateway.startswith(self.journey.sim.base), f"redirected to {gateway}")
        page = self.http.expect(200, "GET", gateway).body.decode()
        buttons = Form(page).buttons
        must("pay" in buttons, f"no button to pay on the gateway's page: {sorted(buttons)}")
        back = self.http.expect(303, "POST", gateway, form={buttons["pay"]: "pay"})
        ours = back.headers["Location"]
        must(ours.startswith(self.journey.public.base + "/v1/checkout-return"), f"back to {ours}")
        self.journey.public.expect(303, "GET", ours)

    def wait_paid(self):
        def look():
            payment = self.http.get(f"/v1/payments/{self.payment_id}")
            return payment["state"] == "succeeded", payment
        return wait_until(look, "the payment to succeed")

    def free_slots(self, from_days, to_days):
        now = self.journey.now()
        window = {"from": rfc3339(now + datetime.timedelta(days=from_days)),
                  "to": rfc3339(now + datetime.timedelta(days=to_days))}

        def look():
            shown = self.journey.public.get("/v1/availability", service=self.service["slug"],
                                            time_zone=ZONE, **window)
            slots = [slot for day in shown["days"] for slot in day["slots"]]
            return slots and not shown["stale"], slots
        slots = wait_until(look, "free times")
        for slot in slots:
            must(instant(slot["start_at"]) == instant(slot["start_local"]),
                 f"start_local is another instant: {slot}")
        return [slot["start_at"] for slot in slots]

    def book(self, start_at, states):
        self.start_at = start_at
        booking = self.http.post("/v1/bookings", {"intake_submission_id": self.intake_id,
                                                  "start_at": start_at}, status=202)
        must(booking["state"] in states, f"state {booking['state']}, not one of {states}")
        self.booking_id = booking["booking_id"]

    def wait_booking(self, condition, what):
        def look():
            booking = self.http.get(f"/v1/bookings/{self.booking_id}")
            return condition(booking), booking
        return wait_until(look, what)

    def wait_confirmed(self, start_at=None):
        wanted = instant(start_at or self.start_at)
        return self.wait_booking(
            lambda booking: booking["state"] == "confirmed" and
            instant(booking["start_at"]) == wanted, "the booking to be confirmed")

    def reminders(self):
        return self.http.get(f"/v1/bookings/{self.booking_id}/reminders")["data"]

    def pdf(self, invoice_id):
        path = f"/v1/invoices/{invoice_id}/pdf"

        def look():
            status = self.http.send("GET", path).status
            return status == 200, status
        wait_until(look, "the invoice's PDF")
        return self.http.expect(200, "GET", path).body
