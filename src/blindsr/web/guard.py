"""ASGI middleware: access control, limits on request bodies while they stream, and time-outs for slow clients."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from blindsr.web.access import COOKIE, SESSION, Access
from blindsr.web.metrics import Metrics
from blindsr.web.problems import ProblemError

POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}
_SLACK = 2**17
"""Bytes allowed for a multipart body in addition to its file, and for any other body."""
_SILENCE = 30.0
"""Seconds after which a connection without any data is closed."""
_SLOWEST, _GRACE = 1000.0, 60.0
"""Lowest upload rate in bytes per second, enforced after some seconds."""


class Guard:
    """Middleware that enforces access control and limits."""

    def __init__(self, app: ASGIApp, access: Access, metrics: Metrics, max_upload: int, disk: int) -> None:
        """Wrap an application.

        Args:
            app: the application.
            access: access control.
            metrics: counts responses.
            max_upload: maximum size of a file, bytes.
            disk: maximum size of all concurrent uploads together, bytes.
        """
        self._app, self._access, self._metrics, self._most = app, access, metrics, max_upload + _SLACK
        self._disk, self._coming = disk + _SLACK, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        exchange = _Exchange(receive, send, self._limit(scope), self._extra(scope), self._count)
        try:
            answer = self._answer(scope)
            if answer is not None:
                await answer(scope, exchange.receive, exchange.send)
            else:
                await self._app(scope, exchange.receive, exchange.send)
        except ProblemError as problem:
            if not exchange.status:
                await problem.response()(scope, exchange.receive, exchange.send)
        except TimeoutError:  # the connection is closed, since the response is incomplete
            exchange.status = exchange.status or 408
        finally:
            self._coming -= exchange.count
            self._metrics.requests.labels(str(exchange.status)).inc()

    def _answer(self, scope: Scope) -> Response | None:
        """Return the response to a request that does not reach the application, else None.

        Raises:
            ProblemError: the request is refused.
        """
        request = Request(scope)
        origin = request.headers.get("origin", "")
        if request.method == "OPTIONS" and self._access.allows_origin(origin):
            allowed = {"methods": "GET, POST, DELETE", "headers": "authorization, content-type, idempotency-key"}
            headers = {f"access-control-allow-{name}": value for name, value in allowed.items()}
            return Response(status_code=204, headers={**headers, "access-control-max-age": "600"})
        code = request.query_params.get("token") if request.url.path == "/" else None
        cookie = None if code is None else self._access.sign_in(code)
        if cookie is not None:
            response = Response(status_code=303, headers={"location": "./"})
            secure = request.url.scheme == "https"
            response.set_cookie(COOKIE, cookie, SESSION, httponly=True, samesite="strict", secure=secure)
            return response
        self._access.check(request.method, request.url.path, request.headers, request.cookies)
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self._limit(scope):
            raise too_large(self._limit(scope))
        return None

    def _count(self, size: int) -> None:
        """Count received bytes.

        Raises:
            ProblemError: concurrent uploads exceed the limit.
        """
        self._coming += size
        if self._coming > self._disk:
            raise ProblemError(507, "disk-full", "too many concurrent uploads; try again later")

    def _limit(self, scope: Scope) -> int:
        """Return the maximum size of a request's body, bytes."""
        multipart = Headers(scope=scope).get("content-type", "").startswith("multipart/")
        return self._most if multipart else _SLACK

    def _extra(self, scope: Scope) -> dict[str, str]:
        """Return the headers that are added to a response."""
        origin = Headers(scope=scope).get("origin", "")
        if not self._access.allows_origin(origin):
            return _HEADERS
        shared = {
            "access-control-allow-origin": origin,
            "vary": "Origin",
            "cross-origin-resource-policy": "cross-origin",
        }
        return {**_HEADERS, **shared, "access-control-allow-credentials": "false"}


def too_large(most: int) -> ProblemError:
    """Return the problem of a body that exceeds the limit, bytes."""
    return ProblemError(
        413, "too-large", f"the request exceeds the limit of {most / 1e6:.1f} MB", {"Connection": "close"}
    )


class _Exchange:
    """Both directions of a request, with limits on size and time."""

    def __init__(
        self, receive: Receive, send: Send, most: int, headers: dict[str, str], counted: Callable[[int], None]
    ) -> None:
        self._receive, self._send, self._most, self._headers = receive, send, most, headers
        self._counted, self._begun, self._complete = counted, time.monotonic(), False
        self.count = 0
        """Bytes of the body received so far."""
        self.status = 0
        """Status of the response; 0 until it starts."""

    async def receive(self) -> Message:
        if self._complete:  # waits for the client to disconnect
            return await self._receive()
        try:
            async with asyncio.timeout(_SILENCE):
                message = await self._receive()
        except TimeoutError:
            raise ProblemError(408, "too-slow", "the upload has stalled", {"Connection": "close"}) from None
        size = len(message.get("body", b""))
        self.count += size
        self._counted(size)
        self._complete = message["type"] != "http.request" or not message.get("more_body", False)
        if self.count > self._most:
            raise too_large(self._most)
        seconds = time.monotonic() - self._begun
        if not self._complete and seconds > _GRACE and self.count < _SLOWEST * seconds:
            raise ProblemError(408, "too-slow", "the upload is too slow", {"Connection": "close"})
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = {name.lower() for name, _ in message.get("headers", ())}
            extra: list[Any] = [(name.encode(), value.encode()) for name, value in self._headers.items()]
            message = {**message, "headers": [*message.get("headers", ()), *(e for e in extra if e[0] not in given)]}
        async with asyncio.timeout(_SILENCE):
            await self._send(message)
