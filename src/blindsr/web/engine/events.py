"""Server-sent events of job changes; slow readers get the latest state only."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

Shown = dict[str, Any]
"""API representation of a job; only its ``id`` after deletion."""
_QUIET = 15.0
"""Seconds after which a comment keeps a connection open."""


class JobChanges:
    """Notifies subscribers of changed jobs."""

    def __init__(self) -> None:
        self._subscribers: set[_Subscriber] = set()

    def publish(self, identity: str) -> None:
        """Notify subscribers that a job has changed."""
        for one in self._subscribers:
            one.add(identity)

    @asynccontextmanager
    async def subscribe(self, identity: str | None = None) -> AsyncIterator[AsyncIterator[str]]:
        """Yield ids of jobs that change from now on; repeated changes are merged.

        Args:
            identity: of one job; all jobs if not given.
        """
        subscriber = _Subscriber(identity)
        self._subscribers.add(subscriber)
        try:
            yield subscriber.changes()
        finally:
            self._subscribers.discard(subscriber)

    def close(self) -> None:
        """End all subscriptions."""
        for one in self._subscribers:
            one.end()


class _Subscriber:
    def __init__(self, identity: str | None) -> None:
        self._identity = identity
        self._changed: dict[str, None] = {}
        self._event = asyncio.Event()
        self._over = False

    def add(self, identity: str) -> None:
        if self._identity in (None, identity):
            self._changed[identity] = None
            self._event.set()

    def end(self) -> None:
        self._over = True
        self._event.set()

    async def changes(self) -> AsyncIterator[str]:
        while True:
            await self._event.wait()
            self._event.clear()
            while self._changed:
                identity = next(iter(self._changed))
                del self._changed[identity]
                yield identity
            if self._over:
                return


async def stream(
    changes: AsyncIterator[str], view: Callable[[str], Awaitable[Shown]], first: list[str]
) -> AsyncIterator[Shown | None]:
    """Yield what to send to a subscriber: changed jobs, or None as a keep-alive.

    Args:
        changes: ids of jobs.
        view: API representation of a job.
        first: ids of jobs to send first.
    """
    for identity in first:
        yield await view(identity)
    pending: asyncio.Future[str | None] | None = None
    try:
        while True:
            pending = pending or asyncio.ensure_future(_next(changes))
            done, _ = await asyncio.wait([pending], timeout=_QUIET)
            if not done:
                yield None
                continue
            changed, pending = pending.result(), None
            if changed is None:
                return
            yield await view(changed)
    finally:
        if pending is not None:
            pending.cancel()


async def _next(changes: AsyncIterator[str]) -> str | None:
    return await anext(changes, None)


def text(shown: Shown | None) -> str:
    """Format an event: a job, a deleted job, or a keep-alive comment."""
    if shown is None:
        return ": keep-alive\n\n"
    return f"event: {'job' if 'state' in shown else 'deleted'}\ndata: {json.dumps(shown)}\n\n"
