"""Bytes that no client library sends: what the server makes of them, and how long it waits for them."""
import re
import socket
import time

import pytest

from support.client import raw_exchange, raw_status

GET = b"GET /v1/notes?limit=1 HTTP/1.1\r\nHost: a\r\n"
POST = b"POST /v1/notes HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
BODY = b'{"text":"a"}'


def exchange(front, sent):
    return raw_exchange(("127.0.0.1", front.port), sent)


def connect(front):
    return socket.create_connection(("127.0.0.1", front.port), timeout=30)


@pytest.mark.parametrize("sent", [
    POST + b"Content-Length: 12\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n" + BODY + b"\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\nContent-Length: 12\r\n\r\nc\r\n" + BODY + b"\r\n0\r\n\r\n",
    POST + b"Content-Length: 12\r\nContent-Length: 12\r\n\r\n" + BODY,
    POST + b"Content-Length: 12\r\ncontent-length: 1\r\n\r\n" + BODY,
    GET + b"Host: b\r\n\r\n",
    GET + b"Authorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n",
    GET + b"X-Link-Token: a\r\nX-Link-Token: b\r\n\r\n",
    GET + b"X-A: a\x01b\r\n\r\n",
    b"GET /v1/notes HTTP/1.1\r\n\r\n",
    b"GET /v1/notes HTTP/1.1\r\nHost : a\r\n\r\n",
])
def test_what_can_be_read_in_two_ways_ends_the_connection(front, sent):
    received = exchange(front, sent + GET + b"\r\n")
    assert raw_status(received) == 400
    # libmicrohttpd says some of its own refusals twice.
    assert set(re.findall(rb"HTTP/1\.1 (\d{3}) ", received)) == {b"400"}, "what follows must not be taken for a request"


@pytest.mark.parametrize("path", [b"/v1/notes/%zz", b"/v1/notes/%4", b"/v1/notes/\xff"])
def test_broken_escapes_in_paths_find_nothing(front, path):
    received = exchange(front, b"GET " + path + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert raw_status(received) == 404


@pytest.mark.parametrize("query", [b"limit=%", b"limit=%4", b"a=\xff"])
def test_broken_escapes_in_queries_are_refused(front, query):
    received = exchange(front, b"GET /v1/notes?" + query + b" HTTP/1.1\r\nHost: a\r\n"
                               b"Connection: close\r\n\r\n")
    assert raw_status(received) == 400


def test_large_headers_are_refused(front):
    received = exchange(front, GET + b"X-A: " + b"a" * 17000 + b"\r\n\r\n")
    assert raw_status(received) == 431
    assert b'"code":"headers_too_large"' in received


def test_headers_beyond_all_memory_end_the_connection(front):
    """libmicrohttpd answers by itself and closes while more is coming, which may reset us."""
    try:
        status = raw_status(exchange(front, GET + b"X-A: " + b"a" * 100000 + b"\r\n\r\n"))
    except OSError:
        status = None
    assert status in (431, None)


def test_pipelined_requests_are_answered_in_order(front):
    received = exchange(front, (GET + b"\r\n") * 3 + GET + b"Connection: close\r\n\r\n")
    assert received.count(b"HTTP/1.1 200 ") == 4


def test_expect_continue(front):
    with connect(front) as connection:
        connection.sendall(POST + b"Expect: 100-continue\r\nContent-Length: 12\r\n"
                                  b"Connection: close\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(BODY)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    assert raw_status(received) == 201


def test_a_body_that_ends_early_reaches_nobody(front):
    before = exchange(front, POST + b"Content-Length: 12\r\nConnection: close\r\n\r\n" + BODY)
    with connect(front) as connection:
        connection.sendall(POST + b"Content-Length: 13\r\n\r\n" + BODY)
    after = exchange(front, POST + b"Content-Length: 12\r\nConnection: close\r\n\r\n" + BODY)
    runs = [int(text.rsplit(b'"runs":', 1)[1].split(b"}")[0]) for text in (before, after)]
    assert runs[1] == runs[0] + 1


def seconds_until_cut(connection, drip):
    """Sends drip twice a second until the server closes the connection."""
    connection.settimeout(0.5)
    began = time.monotonic()
    while time.monotonic() - began < 25:
        try:
            connection.sendall(drip)
            if connection.recv(1000) == b"":
                break
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - began


@pytest.mark.parametrize("begin, drip, most", [
    (b"", b"G", 12.5),
    (GET, b"X-A: b\r\n", 12.5),
    (POST + b"Content-Length: 60000\r\n\r\n", b" ", 12.5),
])
def test_slow_clients_are_cut(front, begin, drip, most):
    """Silence is libmicrohttpd's to notice; these are never silent."""
    with connect(front) as connection:
        connection.sendall(begin)
        took = seconds_until_cut(connection, drip)
    assert 9 < took < most


def test_a_slow_but_fair_upload_is_not_cut(front):
    """Twelve seconds at 4 KiB/s: longer than the deadline for a head, faster than a drip."""
    step, steps = b" " * 2048, 24
    with connect(front) as connection:
        connection.sendall(POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n"
                           % (len(step) * steps + len(BODY)))
        for _ in range(steps):
            connection.sendall(step)
            time.sleep(0.5)
        connection.sendall(BODY)
        received = connection.recv(65536)
    assert raw_status(received) == 201
