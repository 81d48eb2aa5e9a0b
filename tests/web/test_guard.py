import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from blindsr.web import guard
from blindsr.web.access import Access
from blindsr.web.guard import Guard
from blindsr.web.metrics import Metrics
from blindsr.web.settings import Settings

TOKEN = "a-token-of-some-length"
MULTIPART = {"content-type": "multipart/form-data; boundary=x"}


async def counting(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the number of bytes that came."""
    count = 0
    async for piece in Request(scope, receive).stream():
        count += len(piece)
    await JSONResponse({"count": count})(scope, receive, send)


def guarded(tmp_path: Path, app: Any = counting, most: int = 10**6, **settings: Any) -> Guard:
    chosen = Settings(state=tmp_path, **settings)
    return Guard(app, Access(chosen), Metrics(), most, chosen.disk)


def test_every_answer_forbids_what_comes_from_elsewhere(tmp_path: Path, local: Any) -> None:
    for answer in (
        local(guarded(tmp_path)).get("/"),
        local(guarded(tmp_path)).get("/", headers={"host": "evil.example"}),
    ):
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in answer.headers


def test_hosts_origins_and_tokens(tmp_path: Path, local: Any) -> None:
    client = local(guarded(tmp_path, token=TOKEN, allow_origin=("https://friend.example",)))
    assert client.get("/", headers={"host": "evil.example"}).json()["code"] == "wrong-host"
    assert client.get("/v1/jobs").status_code == 401
    known = {"authorization": f"Bearer {TOKEN}"}
    assert client.get("/v1/jobs", headers=known).json() == {"count": 0}
    foreign = {**known, "origin": "https://evil.example"}
    assert client.request("POST", "/", headers=foreign).status_code == 403
    assert client.request("OPTIONS", "/", headers=foreign).headers.get("access-control-allow-origin") is None
    friend = {**known, "origin": "https://friend.example"}
    assert client.request("POST", "/", headers=friend).headers["access-control-allow-origin"] == friend["origin"]
    asked = client.request("OPTIONS", "/", headers={"origin": friend["origin"]})
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, friend["origin"])
    assert "authorization" in asked.headers["access-control-allow-headers"]


def test_a_link_gives_a_cookie_that_no_script_and_no_other_site_can_use(tmp_path: Path, local: Any) -> None:
    app = guarded(tmp_path, token=TOKEN)
    client, code = local(app), app._access.link()
    answer = client.get(f"/?token={code}", headers={"x": "y"})
    assert (answer.status_code, answer.headers["location"]) == (303, "./")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert client.get("/v1/jobs", headers={"cookie": cookie.split(";")[0]}).status_code == 200
    again = client.get(f"/?token={code}")
    assert (again.status_code, "set-cookie" in again.headers) == (200, False)
    assert client.get("/v1/jobs").status_code == 401
    assert client.get(f"/?token={code}", headers={"host": "evil.example"}).status_code == 421


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/json"])
def test_bodies_are_counted_while_they_stream(tmp_path: Path, local: Any, kind: str) -> None:
    client, headers = local(guarded(tmp_path, most=10**6)), {"content-type": kind}
    most = 10**6 + guard._SLACK if kind.startswith("multi") else guard._SLACK

    async def pieces(count: int) -> Any:
        for _ in range(count // 1000):
            yield bytes(1000)

    assert client.request("POST", "/", headers=headers, content=pieces(most - 1000)).status_code == 200
    assert client.request("POST", "/", headers=headers, content=bytes(most)).json() == {"count": most}
    for content in (pieces(most + 5000), bytes(most + 1)):
        refused = client.request("POST", "/", headers=headers, content=content)
        assert (refused.status_code, refused.json()["code"]) == (413, "too-large")
    assert client.request("POST", "/", headers={**headers, "content-length": "x"}).status_code == 413


def test_bodies_that_come_at_once_have_bounded_room(tmp_path: Path) -> None:
    app = guarded(tmp_path, disk=200_000)
    begun: Message = {"type": "http.request", "body": bytes(120_000), "more_body": True}
    rest: Message = {"type": "http.request", "body": bytes(1000)}

    async def send_all(count: int) -> list[int]:
        answers = [asyncio.to_thread(exchange, app, [begun, 0.3, rest], **MULTIPART) for _ in range(count)]
        return [status for status, _ in await asyncio.gather(*answers)]

    assert sorted(asyncio.run(send_all(4)))[:2] == [200, 200]
    assert asyncio.run(send_all(4)).count(507) == 2
    assert asyncio.run(send_all(2)) == [200, 200]  # all that was counted is given back


def exchange(app: Guard, messages: Iterable[Message | float], **headers: str) -> tuple[int, dict[str, Any]]:
    """What an application answers to messages, with pauses of some seconds between them."""
    coming, sent = iter(messages), bytearray()
    status = 0

    async def receive() -> Message:
        for one in coming:
            if not isinstance(one, float):
                return one
            await asyncio.sleep(one)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)
        sent.extend(message.get("body", b""))

    fields = [(name.encode(), value.encode()) for name, value in {"host": "localhost", **headers}.items()]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": fields, "scheme": "http"}
    asyncio.run(app(scope, receive, send))
    return status, json.loads(bytes(sent) or b"{}")


def test_who_stops_sending_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_SILENCE", 0.05)
    piece: Message = {"type": "http.request", "body": b"x", "more_body": True}
    status, told = exchange(guarded(tmp_path), [piece, 0.5, piece])
    assert (status, told["code"]) == (408, "too-slow")


def test_who_sends_a_byte_now_and_then_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_GRACE", 0.1)
    piece: Message = {"type": "http.request", "body": b"x", "more_body": True}
    messages: list[Message | float] = [piece, 0.03] * 50
    status, told = exchange(guarded(tmp_path), messages)
    assert (status, told["code"]) == (408, "too-slow")


def test_who_does_not_read_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_SILENCE", 0.05)
    app = guarded(tmp_path, PlainTextResponse("x"))

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(_: Message) -> None:
        await asyncio.sleep(10)

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [(b"host", b"localhost")]}

    async def ask() -> None:
        async with asyncio.timeout(5):
            await app(scope, receive, send)

    asyncio.run(ask())


def test_answers_are_counted(tmp_path: Path, local: Any) -> None:
    app = guarded(tmp_path)
    local(app).get("/")
    local(app).get("/", headers={"host": "evil.example"})
    text = app._metrics.text().decode()
    assert 'blindsr_requests_total{status="200"} 1.0' in text
    assert 'blindsr_requests_total{status="421"} 1.0' in text
