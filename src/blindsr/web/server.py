"""The server process: uvicorn with additional limits."""

import asyncio
import logging
import socket
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from blindsr.errors import BlindSRError

_HEADERS_WITHIN = 20.0
"""Time limit for the request line and headers, seconds."""
_LARGEST_HEAD = 2**16
"""Maximum size of a request without its body, bytes; uvicorn has no such limit."""
_FRAMING = 8
"""A chunked body may have one byte of framing per this many bytes of content."""
_BACKLOG = 2048
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Protocol(HttpToolsProtocol):
    """HTTP protocol that closes connections with slow or endless headers, which uvicorn leaves open."""

    _deadline: asyncio.TimerHandle | None = None
    _head = 0.0
    """Bytes of the request outside its body."""

    def data_received(self, data: bytes) -> None:
        """Refuse headers that are too long."""
        self._head += len(data)
        super().data_received(data)
        if self._head > _LARGEST_HEAD and not self.transport.is_closing():
            if self._answering:
                self.transport.abort()
            else:
                self.transport.write(_TOO_LONG)
                self.transport.close()

    @property
    def _answering(self) -> bool:
        cycle: Any = self.cycle  # None before the first request
        return cycle is not None and not cycle.response_complete

    def on_body(self, body: bytes) -> None:
        """Receive a part of the body, which has its own limit."""
        self._head -= len(body) * (1 + 1 / _FRAMING)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Reset the header size for the next request."""
        self._head = 0.0
        super().on_message_complete()

    def connection_made(self, transport: Any) -> None:
        """Start the time limit for the first request."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(_HEADERS_WITHIN, self._give_up)

    def on_headers_complete(self) -> None:
        """Stop the time limit; keep-alive has its own."""
        if self._deadline is not None:
            self._deadline.cancel()
        super().on_headers_complete()

    def on_message_begin(self) -> None:
        """Start the time limit for the headers."""
        super().on_message_begin()
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(_HEADERS_WITHIN, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the time limit."""
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.abort()


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket, so that a port in use is reported before anything starts.

    Raises:
        BlindSRError: the address cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise BlindSRError(f"cannot listen on {host} port {port}: {error.strerror or error}") from None
    listener.setblocking(False)
    return listener


def page_address(listener: socket.socket) -> str:
    """Return the URL of the page for a browser on this machine."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"


def run(app: ASGIApp, listener: socket.socket) -> None:
    """Serve an application until the process is terminated.

    Args:
        app: created by `create_app`.
        listener: created by `listen`.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    config = uvicorn.Config(
        app,
        http=Protocol,
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=5,
    )
    uvicorn.Server(config).run([listener])
