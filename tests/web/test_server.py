import socket
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from blindsr.errors import BlindSRError, Code
from blindsr.web import server


def test_a_port_that_is_taken_is_told() -> None:
    with server.listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        assert server.address_of(first) == f"http://127.0.0.1:{port}"
        with pytest.raises(BlindSRError, match=f"port {port}"):
            server.listen("127.0.0.1", port)
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        server.listen("no.such.host.invalid", 0)


def connected(served: Any) -> socket.socket:
    host, port = served.url.removeprefix("http://").rstrip("/").split(":")
    return socket.create_connection((host, int(port)), timeout=60)


def files_of(served: Any) -> int:
    return len(list(Path(f"/proc/{served.process.pid}/fd").iterdir()))


def test_connections_that_send_nothing_cost_nothing_lasting(served: Any) -> None:
    before = files_of(served)
    with ExitStack() as stack:
        sockets = [stack.enter_context(connected(served)) for _ in range(300)]
        for one in sockets[:150]:
            one.sendall(b"POST /v1/photos HTTP/1.1\r\nHost: localhost\r\nX: ")
        begin = time.monotonic()
        assert served.client.get("/healthz").status_code == 200
        assert time.monotonic() - begin < 2
        for one in sockets:
            assert one.recv(1000) == b""  # closed by the server, within its time for headers
    assert time.monotonic() - begin < 40
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


def test_an_upload_that_says_it_is_too_large_is_not_read(served: Any) -> None:
    with connected(served) as one:
        head = b"POST /v1/photos HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        one.sendall(head + b"Content-Length: 2000000000\r\n\r\n")
        assert b"413" in one.recv(1000)
