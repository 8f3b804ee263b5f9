"""Invoices: numbers without gaps, one PDF for ever, nobody else's eyes."""
import concurrent.futures
import hashlib
import re
import subprocess
import unicodedata

import journey
import pytest

NAME = "Adébáyọ̀ Ọláńrewájú"


def paid_invoice(world, currency=None, client=None, **changes):
    """(visitor, invoice) of a paid booking."""
    visitor = journey.submit(world, client, **changes)
    payment = journey.pay_intake(visitor, currency)
    invoice_id = world.sql("SELECT invoice_id FROM invoice WHERE payment_id = %s",
                           payment["payment_id"])[0]["invoice_id"]

    def drawn():
        invoice = get(visitor.client, invoice_id).json
        return invoice["pdf_ready"] and invoice
    return visitor, world.wait_for(drawn, 10, "the PDF to be drawn")


def get(client, invoice_id, expect=200):
    return client.call("invoice_get", path={"invoice_id": invoice_id}, expect=expect)


def pdf(client, invoice, expect=200):
    return client.call("invoice_pdf", path={"invoice_id": invoice["invoice_id"]}, expect=expect)


@pytest.fixture
def read(tmp_path):
    """read(pdf, "pdftotext", …): what a program of poppler says of a PDF."""
    def run(content, program, *options):
        path = tmp_path / "invoice.pdf"
        path.write_bytes(content)
        output = ["-"] if program == "pdftotext" else []
        return subprocess.run([program, *options, str(path), *output], capture_output=True,
                              text=True, check=True, timeout=20).stdout
    return run


def test_invoice_get_says_what_was_paid_for(world):
    visitor, invoice = paid_invoice(world)
    price = {"amount": 2500000, "currency": "NGN"}
    assert invoice["customer"] == {"name": NAME, "email": visitor.email}
    assert invoice["lines"] == [{"description": "Care consultation", "quantity": 1, "unit": price,
                                 "total": price}]
    assert (invoice["subtotal"], invoice["total"], invoice["paid"]) == (price, price, price)
    assert invoice["tax"] == {"amount": 0, "currency": "NGN"}
    assert (invoice["state"], invoice["payment_status"]) == ("finalised", "succeeded")
    assert invoice["intake_submission_id"] == visitor.intake_id
    assert invoice["issued_at"]


def test_invoice_numbers_have_no_gaps_and_no_twins(world):
    """Twenty payments arrive at the same moment."""
    before = world.sql("SELECT coalesce(max(last_number), 0) AS last FROM invoice_series")
    visitors = [journey.submit(world) for _ in range(20)]
    payments = [journey.open_payment(visitor) for visitor in visitors]
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda payment: journey.pay(world, payment), payments))
    for visitor, payment in zip(visitors, payments):
        journey.wait_payment(visitor, payment["payment_id"], "succeeded", 30)
    world.quiet()
    numbers = [row["number"] for row in world.sql(
        "SELECT number FROM invoice WHERE payment_id = ANY (%s::uuid[])",
        [payment["payment_id"] for payment in payments])]
    year = journey.local(journey.rfc3339(world.now()), journey.CARE_ZONE).year
    first = before[0]["last"] + 1
    assert sorted(numbers) == [f"INV-{year}-{number:06d}" for number in range(first, first + 20)]


def test_invoice_pdf_is_the_same_bytes_every_time(world):
    visitor, invoice = paid_invoice(world)
    first = pdf(visitor.client, invoice)
    assert first.headers["Content-Type"] == "application/pdf"
    assert f'filename="{invoice["number"]}.pdf"' in first.headers["Content-Disposition"]
    assert first.body.startswith(b"%PDF-")
    world.sql("SELECT job_enqueue('invoice_render', %s::uuid, uuid_v7()::text)",
              invoice["invoice_id"])
    world.quiet()
    assert pdf(visitor.client, invoice).body == first.body
    stored = world.sql("SELECT sha256 FROM invoice_pdf WHERE invoice_id = %s",
                       invoice["invoice_id"])[0]["sha256"]
    assert stored == hashlib.sha256(first.body).hexdigest()


@pytest.mark.parametrize("currency, amount", [("NGN", "₦25,000.00"), ("USD", "$25.00")])
def test_invoice_pdf_shows_names_and_money_right(world, read, currency, amount):
    visitor, invoice = paid_invoice(world, currency)
    content = pdf(visitor.client, invoice).body
    text = unicodedata.normalize("NFC", read(content, "pdftotext", "-layout"))
    for shown in (NAME, "Ìtọ́jú Demo Care", "12 Adéọlá Street", invoice["number"], amount,
                  "Care consultation", visitor.email, "Paid"):
        assert unicodedata.normalize("NFC", shown) in text


def test_invoice_pdf_is_a4_with_every_font_inside(world, read):
    visitor, invoice = paid_invoice(world)
    content = pdf(visitor.client, invoice).body
    fonts = read(content, "pdffonts").splitlines()[2:]
    assert fonts
    for font in fonts:
        embedded, subset, to_unicode = font.split()[-5:-2]
        assert (embedded, subset, to_unicode) == ("yes", "yes", "yes"), font
    assert re.search(r"Page size: +595\.2\d+ x 841\.89 pts \(A4\)", read(content, "pdfinfo"))


def test_invoice_pdf_comes_by_mail_too(world):
    visitor, invoice = paid_invoice(world)
    mail, = journey.wait_messages(world, visitor.email, template="payment_received")
    assert journey.attachment(mail, ".pdf") == pdf(visitor.client, invoice).body
    assert invoice["number"] in mail["text"] and "₦25,000.00" in mail["text"]


def test_invoice_pdf_is_409_while_it_is_drawn(world):
    visitor, invoice = paid_invoice(world)
    world.quiet()
    world.sql("DELETE FROM invoice_pdf WHERE invoice_id = %s", invoice["invoice_id"])
    early = pdf(visitor.client, invoice, expect=409)
    assert early.headers["Retry-After"] == "1"


def test_invoices_are_their_owners(world, family, other_family, staff, admin):
    visitor, invoice = paid_invoice(world, client=family)
    stranger = journey.submit(world)
    for client, status in ((family, 200), (staff, 200), (admin, 200), (other_family, 404),
                           (stranger.client, 404), (world.guest(), 401)):
        get(client, invoice["invoice_id"], expect=status)
        pdf(client, invoice, expect=status)
    listed = family.call("invoice_list", expect=200).json["data"]
    assert invoice["invoice_id"] in [row["invoice_id"] for row in listed]
    assert other_family.call("invoice_list", expect=200).json["data"] == []


def test_an_invoice_of_a_guest_opens_with_its_link_only(world):
    visitor, invoice = paid_invoice(world)
    stranger, _ = paid_invoice(world)
    get(visitor.client, invoice["invoice_id"])
    get(stranger.client, invoice["invoice_id"], expect=404)
    pdf(stranger.client, invoice, expect=404)


def test_invoice_list_pages(world, staff):
    made = [paid_invoice(world)[1]["invoice_id"] for _ in range(3)]
    first = staff.call("invoice_list", query={"limit": 2}, expect=200).json
    assert [row["invoice_id"] for row in first["data"]] == made[:0:-1]
    assert first["has_more"] is True
    rest = staff.call("invoice_list", query={"limit": 1, "starting_after": made[1]}).json
    assert [row["invoice_id"] for row in rest["data"]] == made[:1]


def test_a_finalised_invoice_never_changes(world):
    _, invoice = paid_invoice(world)
    for change in ("total_minor = 1, subtotal_minor = 1", "number = 'INV-1'",
                   "customer_name = 'X'"):
        with pytest.raises(Exception, match="conflict"):
            world.sql(f"UPDATE invoice SET {change} WHERE invoice_id = %s", invoice["invoice_id"])
