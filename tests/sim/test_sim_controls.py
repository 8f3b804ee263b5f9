"""The controls: faults on the wire and of webhooks, the clock, the logs, and many messages."""
import concurrent.futures
import hashlib
import json
import os
import time
import urllib.parse

import pytest
import requests
from support.process import Process, wait_for

from sim.world import PAYSTACK_KEY, Sim, form_signature, hmac_hex, sample, sample_bytes

PAYSTACK_HOOKS = "/webhooks/paystack"


def begin(sim, reference="BK-1"):
    return sim.paystack("POST", "/transaction/initialize", {
        "email": "ada@example.com", "amount": 500000, "reference": reference})


def known(sim, reference="BK-1"):
    return sim.paystack("GET", f"/transaction/verify/{reference}").ok


def pay(sim, reference="BK-1"):
    begin(sim, reference)
    sim.control("POST", f"transactions/{reference}", {"status": "success"})


@pytest.mark.parametrize("action, effect", [("timeout_before", False), ("timeout_after", True),
                                            ("drop", False)])
@pytest.mark.parametrize("ms", [0, 150])
def test_connections_close_without_an_answer(sim, action, effect, ms):
    sim.fault(vendor="paystack", operation="paystack.initialize", action=action, ms=ms)
    started = time.monotonic()
    with pytest.raises(requests.ConnectionError):
        begin(sim)
    took = time.monotonic() - started
    assert took < 2 and (action == "drop" or took >= ms / 1000)
    assert known(sim) is effect
    assert begin(sim, "BK-2").ok


def test_a_client_that_does_not_wait_gives_up_alone(sim):
    sim.fault(operation="verify", action="timeout_after", ms=3000)
    with pytest.raises(requests.Timeout):
        requests.get(f"{sim.url}/paystack/transaction/verify/x", timeout=0.1,
                     headers={"Authorization": f"Bearer {PAYSTACK_KEY}"})
    assert begin(sim).ok


def test_a_delay_holds_up_nobody_else(sim):
    sim.fault(operation="paystack.initialize", action="delay", ms=400, times=8)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        started = time.monotonic()
        slow = [pool.submit(requests.post, f"{sim.url}/paystack/transaction/initialize", timeout=5,
                            json={"email": "a@b.example", "amount": 500000},
                            headers={"Authorization": f"Bearer {PAYSTACK_KEY}"})
                for _ in range(8)]
        for _ in range(20):
            sim.control("GET", "clock")
        assert time.monotonic() - started < 0.35
        assert all(one.result().status_code == 200 for one in slow)
        assert 0.4 <= time.monotonic() - started < 2


def test_statuses_bodies_and_the_vendors_own_429(sim):
    sim.fault(vendor="paystack", action="status", status=502, body="<html>bad gateway</html>")
    broken = begin(sim)
    assert (broken.status_code, broken.text) == (502, "<html>bad gateway</html>")
    assert "text/html" in broken.headers["Content-Type"] and not known(sim)
    sim.fault(operation="paystack.initialize", action="status", status=500, body={"a": 1}, effect=True)
    assert begin(sim).json() == {"a": 1} and known(sim)
    for operation, call in (("paystack.verify", lambda: sim.paystack("GET", "/transaction/verify/x")),
                            ("calcom.list", lambda: sim.calcom("GET", "/bookings")),
                            ("twilio.send", sim.sms),
                            ("mandrill.send", lambda: sim.mail("ada@example.com"))):
        sim.fault(operation=operation, action="rate_limit")
        assert call().status_code == 429
    assert sim.messages() == []


def test_malformed_and_dripping_answers(sim):
    sim.fault(operation="paystack.initialize", action="malformed")
    with pytest.raises(ValueError):
        begin(sim).json()
    assert known(sim)
    sim.fault(operation="paystack.verify", action="slow_drip", bytes=200, ms=20)
    started = time.monotonic()
    assert sim.paystack("GET", "/transaction/verify/BK-1").json()["data"]["reference"] == "BK-1"
    assert time.monotonic() - started > 0.06


def test_faults_count_down_and_can_be_read_and_cleared(sim):
    sim.fault(vendor="*", operation="*", action="status", status=503, times=2)
    assert [begin(sim, f"BK-{n}").status_code for n in range(3)] == [503, 503, 200]
    sim.fault(operation="paystack.verify", action="status", status=503, times=5)
    assert sim.control("GET", "faults")["faults"][0]["times"] == 5
    sim.control("DELETE", "faults")
    assert known(sim, "BK-2")
    sim.fault(operation="paystack.verify", action="status", probability=0)
    assert known(sim, "BK-2")
    sim.control("POST", "faults", {"action": "nonsense"}, expect=400)


def test_webhooks_are_dropped_doubled_delayed_and_reordered(sim, receiver):
    sim.hook_fault(vendor="paystack", event="charge.success", action="drop")
    pay(sim, "BK-1")
    assert sim.webhooks()[0]["error"] == "dropped by a webhook fault"
    sim.hook_fault(vendor="paystack", action="duplicate", copies=2)
    pay(sim, "BK-2")
    assert len({one.body for one in receiver.wait(PAYSTACK_HOOKS, 3)}) == 1
    sim.hook_fault(vendor="paystack", action="delay", ms=60000)
    pay(sim, "BK-3")
    assert sim.control("POST", "webhooks/flush")["released"] == 1
    assert receiver.wait(PAYSTACK_HOOKS, 4)[3].json["data"]["reference"] == "BK-3"
    sim.hook_fault(vendor="paystack", action="delay", ms=30)
    pay(sim, "BK-4")
    receiver.wait(PAYSTACK_HOOKS, 5)
    receiver.clear()
    sim.control("POST", "webhook-faults", {"vendor": "paystack", "action": "reorder", "n": 3})
    for number in (5, 6, 7):
        assert receiver.all(PAYSTACK_HOOKS) == []
        pay(sim, f"BK-{number}")
    receiver.wait(PAYSTACK_HOOKS, 3)
    queued = [json.loads(one["body"])["data"]["reference"] for one in sim.webhooks()][-3:]
    assert queued == ["BK-7", "BK-6", "BK-5"]


def test_webhooks_with_a_wrong_signature_and_with_new_fields(sim, receiver):
    sim.hook_fault(vendor="paystack", action="wrong_signature")
    pay(sim, "BK-1")
    got = receiver.wait(PAYSTACK_HOOKS)[0]
    assert got.headers["x-paystack-signature"] != hmac_hex(PAYSTACK_KEY, got.body, hashlib.sha512)
    sim.hook_fault(vendor="paystack", action="extra_fields")
    pay(sim, "BK-2")
    got = receiver.wait(PAYSTACK_HOOKS, 2)[1]
    assert got.headers["x-paystack-signature"] == hmac_hex(PAYSTACK_KEY, got.body, hashlib.sha512)
    assert "sim_extra" in got.json and "sim_extra" in got.json["data"]
    assert sim.control("GET", "webhook-faults")["webhook_faults"] == []


def test_paystack_retries_until_exactly_200(sim, receiver):
    sim.settings(webhook_retry_scale=0.0001)
    receiver.answers = [500, 204, 302, 200]
    pay(sim)
    bodies = [one.body for one in receiver.wait(PAYSTACK_HOOKS, 4)]
    assert len(set(bodies)) == 1
    wait_for(lambda: [one["status"] for one in sim.webhooks()] == [500, 204, 302, 200], 5, "the log")
    sim.control("POST", "webhooks/resend", {"index": 0}, expect=202)
    assert receiver.wait(PAYSTACK_HOOKS, 5)[4].body == bodies[0]
    sim.control("POST", "webhooks/resend", {"index": 99}, expect=404)


def test_a_slow_receiver_holds_up_no_other_webhook(sim, receiver):
    receiver.slow_s = {"/slow": 3.0}
    sim.settings(twilio_sent_ms=0)
    for _ in range(20):
        sim.sms(StatusCallback=receiver.url + "/slow")
    receiver.wait("/slow", 20)
    waits = []
    for number in range(20):
        begin(sim, f"BK-{number}")
        started = time.monotonic()
        sim.control("POST", f"transactions/BK-{number}", {"status": "success"})
        waits.append(receiver.wait(PAYSTACK_HOOKS, number + 1)[number].at - started)
    # Behind the slow receiver each would have waited its three seconds.
    assert max(waits) < 3.0


def test_the_signature_vectors():
    """The vendors' published vectors through the checks that every test here uses."""
    for vector in sample("twilio/signature-vectors.json")["vectors"]:
        if all(isinstance(value, str) for value in vector.get("params", {"": 1}).values()):
            assert form_signature(vector["auth_token"], vector["signed_url"],
                                  vector["params"]) == vector["signature"]
    assert hmac_hex(PAYSTACK_KEY, b'{"event":"charge.success","data":{"id":1,"reference":"BK-1"}}',
                    hashlib.sha512) == (
        "941df02a81032135a68b42e7f422a61ef6ba130b13224daf49dc56e4c0e1ec6d"
        "feba43aedaedcf7c8ec623eefd7e7cef89858e49e341e24a22a7808dbf4bf1f8")
    ping = sample_bytes("calcom/constructed_webhook_PING.json")
    assert hmac_hex("test_secret_123", ping, hashlib.sha256) == (
        "bf3a671793c61a2819d9d12317426d829041d4993952d96940e11a972032b0b0")
    click = sample_bytes("mandrill/click_with_signature.body.form").decode()
    vector = sample("mandrill/signature-vector.json")
    assert form_signature(vector["webhook_key"], vector["url"],
                          dict(urllib.parse.parse_qsl(click))) == vector["x_mandrill_signature"]


def test_the_clock_moves_all_that_is_stamped(sim):
    assert sim.control("POST", "clock", {"set": "2031-05-06T07:08:09Z"})["now"][:19] == "2031-05-06T07:08:09"
    sim.mail("ada@example.com")
    assert 0 <= sim.messages()[0]["sim_at"] - 1935817689000 < 10000
    assert abs(sim.messages()[0]["at"] - time.time() * 1000) < 10000
    begin(sim)
    assert sim.paystack("GET", "/transaction/verify/BK-1").json()["data"]["created_at"][:10] == "2031-05-06"
    assert sim.advance(86400)["now"][:10] == "2031-05-07"
    sim.control("POST", "clock", {}, expect=400)


def test_requests_are_logged_without_secrets(sim):
    begin(sim)
    sim.fault(operation="paystack.verify", action="status", status=500)
    sim.paystack("GET", "/transaction/verify/BK-1?x=1")
    sim.calcom("GET", "/slots?eventTypeId=5&start=2030-01-01&end=2030-01-01", version="2024-09-04")
    got = sim.control("GET", "requests?vendor=paystack")["requests"]
    assert [(one["operation"], one["status"], one["fault"]) for one in got] == [
        ("paystack.initialize", 200, None), ("paystack.verify", 500, "status")]
    assert got[1]["path"] == "/paystack/transaction/verify/BK-1" and got[1]["query"] == "x=1"
    assert PAYSTACK_KEY not in json.dumps(sim.control("GET", "requests"))


def test_settings_are_checked_and_keys_stay_hidden(sim):
    assert sim.control("GET", "settings")["paystack_secret_key"] == "***"
    sim.control("PUT", "settings", {"nonsense": 1}, expect=400)
    sim.control("PUT", "settings", {"twilio_sent_ms": "soon"}, expect=400)
    sim.control("GET", "nothing", expect=404)
    assert requests.get(sim.url + "/nobody", timeout=5).status_code == 404


def test_messages_are_found_by_channel_recipient_and_number(sim):
    sim.sms()
    sim.mail("ada@example.com")
    sim.mail("bob@example.com")
    assert [one["channel"] for one in sim.messages()] == ["sms", "email", "email"]
    assert [one["to"] for one in sim.messages(after=2)] == ["bob@example.com"]
    assert [one["id"] for one in sim.messages(channel="sms")] == [1]
    assert sim.messages(to="ada@example.com", limit=1)[0]["id"] == 2
    sim.control("POST", "reset")
    assert sim.messages() == [] and sim.webhooks() == []


def test_a_reset_forgets_what_is_under_way(sim, receiver):
    receiver.slow_s = {PAYSTACK_HOOKS: 0.3}
    for number in range(5):
        pay(sim, f"BK-{number}")
        sim.sms(StatusCallback=receiver.url + "/sms")
    sim.control("POST", "reset")
    assert sim.control("GET", "webhooks") == {"webhooks": [], "pending": 0}
    assert not known(sim, "BK-0")


def test_thousands_of_messages_at_once(sim, receiver):
    sim.settings(twilio_sent_ms=1, twilio_delivered_ms=2)
    count = 300

    def burst(worker):
        session = requests.Session()
        session.auth = sim.http.auth
        for number in range(count):
            body = {"key": "md-0123456789", "message": {
                "from_email": "a@b.example", "text": "t", "to": [{"email": f"{worker}@x.example"}],
                "metadata": {"m": f"{worker}-{number}"}}}
            reply = session.post(f"{sim.url}/mandrill/api/1.0/messages/send.json", json=body, timeout=10)
            assert reply.status_code == 200
        return count

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(burst, range(8))) == 8 * count
    assert len(sim.messages(channel="email", limit=10000)) == 8 * count
    assert sim.mandrill("/messages/search.json", query="u_m:3-299").json()[0]["metadata"]["m"] == "3-299"


def test_it_announces_its_port_and_ends_with_nought(tmp_path, receiver):
    sim = Sim(str(tmp_path), receiver).start()
    sim.fault(operation="verify", action="timeout_after", ms=60000)
    with pytest.raises(requests.Timeout):
        requests.get(f"{sim.url}/paystack/transaction/verify/x", timeout=0.1)
    begin(sim)
    started = time.monotonic()
    sim.process.stop_clean()
    assert time.monotonic() - started < 5
    with open(os.path.join(str(tmp_path), "sim.log"), encoding="utf-8") as log:
        announced = json.loads(log.readline())
    assert announced["base"] == sim.url and announced["paystack"] == sim.url + "/paystack"


def test_it_refuses_what_it_does_not_know(tmp_path, sim):
    program = sim.process.command[0]
    wrong = Process("wrong", [program, "--nonsense"], str(tmp_path)).start()
    assert wait_for(lambda: [wrong.child.returncode] if not wrong.is_running() else None, 10,
                    "the end") == [2]
