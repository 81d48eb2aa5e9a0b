"""Deletes photographs and results: those that are older than they are kept, and the oldest where the disk is full."""

import asyncio
import contextlib
import logging
import shutil
import time
from pathlib import Path

from blindsr.web.engine.queue import Queue
from blindsr.web.engine.service import Service
from blindsr.web.engine.store import OVER
from blindsr.web.metrics import Metrics
from blindsr.web.problems import ProblemError

_log = logging.getLogger(__name__)
_PERIOD = 60.0
"""Seconds between two rounds."""


class Keeper:
    """Looks after the private folder of a server."""

    def __init__(self, service: Service, queue: Queue, metrics: Metrics) -> None:
        """Prepare the keeper of a service."""
        self._service, self._queue, self._metrics = service, queue, metrics
        self._used = 0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Remove what a killed server left half-done, and begin the rounds."""
        state = self._service.settings.state
        known = {f"photos/{photo.id}" for photo in await self._service.store.photos()}
        known |= {f"jobs/{job.id}" for job in await self._service.store.jobs()}
        await asyncio.to_thread(_remove_unknown, state, known)
        await self.round()
        self._task = asyncio.create_task(self._rounds())

    async def close(self) -> None:
        """End the rounds."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def make_room(self, size: int) -> None:
        """Make sure that there is room for an upload, by deleting what was not used for longest.

        Raises:
            ProblemError: there is none.
        """
        self._used += size
        if self._used <= self._service.settings.disk:
            return
        await self.round(size)
        if self._used > self._service.settings.disk:
            self._used -= size
            raise ProblemError(507, "disk-full", "the server has no room for more photographs; try again later")

    async def round(self, coming: int = 0) -> None:
        """Delete what is too old, then what is oldest until what is left, and is coming, has room."""
        settings = self._service.settings
        self._used = coming + await asyncio.to_thread(_size, settings.state)
        for used, identity, is_job in await self._candidates():
            if used > time.time() - settings.keep and self._used <= settings.disk:
                break
            folder = self._service.folder_of_job(identity) if is_job else self._service.folder_of_photo(identity)
            size = await asyncio.to_thread(_size, folder)
            if is_job:
                await self._queue.remove(identity)
                self._used -= size
            elif await self._service.remove_photo(identity):
                self._used -= size
        self._metrics.disk.set(self._used)

    async def _candidates(self) -> list[tuple[float, str, bool]]:
        """When each photograph and each job that is over was last used, the oldest first."""
        photos = [(photo.used, photo.id, False) for photo in await self._service.store.photos()]
        jobs = await self._service.store.jobs()
        busy = {job.photo for job in jobs if job.state not in OVER}
        over = [(job.finished or job.created, job.id, True) for job in jobs if job.state in OVER]
        return sorted([one for one in photos if one[1] not in busy] + over)

    async def _rounds(self) -> None:
        while True:
            await asyncio.sleep(_PERIOD)
            try:
                await self.round()
            except Exception:  # the next round may do better; without any, the disk fills
                _log.exception("a round of deleting failed")


def _size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    total = 0
    for one in folder.rglob("*"):
        with contextlib.suppress(OSError):  # deleted meanwhile
            total += one.stat().st_size if one.is_file() else 0
    return total


def _remove_unknown(state: Path, known: set[str]) -> None:
    for one in (*state.glob("photos/*"), *state.glob("jobs/*"), *state.glob("uploads/*")):
        if one.relative_to(state).as_posix() not in known:
            shutil.rmtree(one) if one.is_dir() else one.unlink()
