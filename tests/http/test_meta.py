"""meta: the contract that is served, health and metrics."""
import re

import pytest

from support.contract import load
from support.stack import open_url


def test_openapi_json_is_the_contract_of_the_source(client):
    served = client.call("openapi_json", expect=200)
    assert served.json == load().document
    assert served.headers["Cache-Control"] == "public, max-age=300"


def test_docs_is_one_self_contained_page(client):
    page = client.call("docs", expect=200)
    assert page.text.startswith("<!doctype html>")
    for operation_id in load().operations:
        assert f'id="{operation_id}"' in page.text
    loaded = re.findall(r"""<(?:script|link|img|iframe)\b[^>]*(?:src|href)\s*=\s*["']?([^"'\s>]+)""",
                        page.text, re.I)
    assert [url for url in loaded if not url.startswith(("#", "data:"))] == []
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("operation_id", ["openapi_json", "docs"])
def test_documents_are_sent_compressed_to_who_takes_that(client, operation_id):
    plain = client.call(operation_id, headers={"Accept-Encoding": "identity"}, expect=200)
    packed = client.call(operation_id, headers={"Accept-Encoding": "gzip"}, expect=200)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.body == plain.body
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 2


def test_health_live(client):
    assert client.call("health_live", expect=200).json == {"status": "ok", "checks": {}}


def test_health_ready_names_its_checks(client):
    assert client.call("health_ready", expect=200).json == {
        "status": "ok", "checks": {"database": "ok", "migrations": "ok", "redis": "ok",
                                   "time_zones": "ok"}}


def test_health_ready_is_degraded_without_redis_and_heals(client, stack, wait_for):
    stack.kill("redis")
    wait_for(lambda: client.call("health_ready", expect=200).json["status"] == "degraded")
    assert client.call("service_list", expect=200).json["data"]
    stack.start("redis")
    wait_for(lambda: client.call("health_ready", expect=200).json["status"] == "ok")


def test_health_ready_fails_without_the_database_and_heals(client, stack, wait_for):
    stack.kill("postgres")
    wait_for(lambda: client.call("health_ready").status == 503)
    assert client.call("health_ready", expect=503).code == "unavailable"
    client.call("health_live", expect=200)
    stack.start("postgres")
    wait_for(lambda: client.call("health_ready").status == 200)
    assert client.call("service_list", expect=200).json["data"]


def test_operations_are_served_on_their_own_port_only(client, stack):
    for operation in load().operations.values():
        if operation.ops:
            client.get(operation.path, expect=200)
            public, body = open_url(stack.url + operation.path)
            assert (public, b"not_found" in body) == (404, True)
        elif operation.method == "GET" and "{" not in operation.path:
            assert open_url(stack.ops_url + operation.path)[0] == 404


def sample(text, name, **labels):
    """The value of one line of the exposition format."""
    for line in text.splitlines():
        match = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
        if match and match.group(1) == name and \
                dict(re.findall(r'(\w+)="([^"]*)"', match.group(2) or "")) == labels:
            return float(match.group(3))
    return 0.0


def test_metrics_count_requests_by_operation_and_status(client):
    before = client.call("metrics", expect=200).text
    client.call("service_list", expect=200)
    client.call("service_get", path={"slug": "no-such-service"}, expect=404)
    client.get("/nowhere", expect=404)
    after = client.call("metrics", expect=200).text
    for labels in ({"operation": "service_list", "status": "200"},
                   {"operation": "service_get", "status": "404"},
                   {"operation": "none", "status": "404"}):
        assert sample(after, "care_requests_total", **labels) == \
            sample(before, "care_requests_total", **labels) + 1
    name = "care_request_seconds_bucket"
    assert sample(after, name, operation="service_list", le="+Inf") == \
        sample(after, "care_request_seconds_count", operation="service_list") >= 1


def test_metrics_are_well_formed(client):
    text = client.call("metrics", expect=200).text
    typed = set(re.findall(r"^# TYPE (\w+) (?:counter|gauge|histogram)$", text, re.M))
    helped = set(re.findall(r"^# HELP (\w+) \S.*$", text, re.M))
    assert typed == helped and typed
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    shape = re.compile(r'(\w+?)(_bucket|_sum|_count)?(\{\w+="[^"\\]*"(,\w+="[^"\\]*")*\})? \S+')
    for line in lines:
        match = shape.fullmatch(line)
        assert match, line
        assert match.group(1) in typed or match.group(1) + (match.group(2) or "") in typed, line
    assert sample(text, "care_database_reachable") == 1
    assert sample(text, "care_draining") == 0


def test_the_worker_serves_health_and_metrics_too(stack, wait_for):
    assert open_url(stack.worker_ops_url + "/health/live")[0] == 200
    # The tests above took its servers away; it may still be on its way back.
    wait_for(lambda: open_url(stack.worker_ops_url + "/health/ready")[0] == 200)
    status, body = open_url(stack.worker_ops_url + "/metrics")
    assert status == 200 and re.search(rb"^# TYPE care_\w+ ", body, re.M)
