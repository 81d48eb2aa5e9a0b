import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from blindsr.errors import BlindSRError, Code
from blindsr.web import server


def test_a_port_that_is_taken_is_told() -> None:
    with server.listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        assert server.page_address(first) == f"http://127.0.0.1:{port}"
        with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
            server.listen("127.0.0.1", port)
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        server.listen("no.such.host.invalid", 0)


def connected(served: Any) -> socket.socket:
    host, port = served.url.removeprefix("http://").rstrip("/").split(":")
    return socket.create_connection((host, int(port)), timeout=60)


def files_of(served: Any) -> int:
    return len(list(Path(f"/proc/{served.process.pid}/fd").iterdir()))


@pytest.mark.slow
def test_connections_that_send_nothing_cost_nothing_lasting(served: Any) -> None:
    before = files_of(served)
    with ExitStack() as stack:
        sockets = [stack.enter_context(connected(served)) for _ in range(300)]
        for one in sockets[:150]:
            one.sendall(b"POST /v1/photos HTTP/1.1\r\nHost: localhost\r\nX: ")
        assert served.client.get("/healthz").status_code == 200
        for one in sockets:
            assert one.recv(1000) == b""  # closed by the server, within its time for headers
    assert files_of(served) <= before + 5


def test_half_an_upload_leaves_nothing(served: Any) -> None:
    before = set(served.state.rglob("*"))
    with connected(served) as one:
        head = b"POST /v1/photos HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        one.sendall(head + b"Content-Length: 9000000\r\n\r\n--x\r\n")
        one.sendall(b'Content-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + bytes(3_000_000))
    served.client.get("/healthz")
    time.sleep(0.5)
    assert {one for one in served.state.rglob("*") if "sqlite" not in one.name} <= before


def flood(one: socket.socket, head: bytes, piece: bytes) -> None:
    """Send 12 MB that belong to no body, if one may."""
    one.sendall(head)
    for _ in range(1000):
        one.sendall(piece * (12_000 // len(piece)))


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"GET /", b"y"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", b"y"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"X: y\r\n"),
        (
            b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n",
            b"X: y\r\n",
        ),
    ],
)
def test_headers_and_trailers_without_end_are_not_kept(served: Any, head: bytes, piece: bytes) -> None:
    with connected(served) as one, pytest.raises(ConnectionError):
        flood(one, head, piece)


def test_headers_that_are_too_long_are_told(served: Any) -> None:
    with connected(served) as one:
        one.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 70_000)
        assert b" 431 " in one.recv(1000)


def test_a_body_in_chunks_is_taken(served: Any, photograph: Any) -> None:
    data = photograph(700, 500)
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + data + b"\r\n--x--\r\n"
    assert len(body) > 2 * 2**16
    pieces: Iterator[bytes] = (body[start : start + 100] for start in range(0, len(body), 100))
    headers = {"content-type": "multipart/form-data; boundary=x"}
    for _ in range(2):  # on one connection
        answer = served.client.post("/v1/photos", content=pieces, headers=headers)
        pieces = iter([body])
        assert answer.status_code == 201, answer.text


def test_an_upload_that_says_it_is_too_large_is_not_read(served: Any) -> None:
    with connected(served) as one:
        head = b"POST /v1/photos HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        one.sendall(head + b"Content-Length: 2000000000\r\n\r\n")
        assert b"413" in one.recv(1000)


def test_an_upload_of_unknown_length_is_read_no_further_than_allowed(serving: Any) -> None:
    server, sent = serving("--max-upload", "5MB"), 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
        for _ in range(2000):
            sent += 10**6
            yield bytes(10**6)

    with suppress(httpx.TransportError):  # where the connection is closed before the answer was read
        headers = {"content-type": "multipart/form-data; boundary=x"}
        assert server.client.post("/v1/photos", content=pieces(), headers=headers).status_code == 413
    assert sent < 50 * 10**6
    assert server.client.get("/healthz").status_code == 200
    assert not list((server.state / "uploads").iterdir())
