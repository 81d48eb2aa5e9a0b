"""Deletion of expired photographs and results, and of the oldest ones if the disk quota is exceeded."""

import asyncio
import contextlib
import logging
import shutil
import time
from pathlib import Path

from blindsr.web.engine.queue import Queue
from blindsr.web.engine.service import Service
from blindsr.web.engine.store import FINAL_STATES
from blindsr.web.metrics import Metrics
from blindsr.web.problems import ProblemError

_log = logging.getLogger(__name__)
_PERIOD = 60.0
"""Seconds between clean-ups."""


class Cleaner:
    """Deletes old files from the private folder of a server."""

    def __init__(self, service: Service, queue: Queue, metrics: Metrics) -> None:
        """Prepare clean-ups for a service."""
        self._service, self._queue, self._metrics = service, queue, metrics
        self._used = 0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Remove incomplete files of a killed server, and start periodic clean-ups."""
        state = self._service.settings.state
        known = {f"photos/{photo.id}" for photo in await self._service.store.photos()}
        known |= {f"jobs/{job.id}" for job in await self._service.store.jobs()}
        await asyncio.to_thread(_remove_unknown, state, known)
        await self.clean()
        self._task = asyncio.create_task(self._rounds())

    async def close(self) -> None:
        """Stop periodic clean-ups."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def make_room(self, size: int) -> None:
        """Make room for an upload by deleting the least recently used files.

        Raises:
            ProblemError: there is not enough room.
        """
        self._used += size
        if self._used <= self._service.settings.disk:
            return
        await self.clean(size)
        if self._used > self._service.settings.disk:
            self._used -= size
            raise ProblemError(507, "disk-full", "the server's disk quota is exhausted; try again later")

    async def clean(self, coming: int = 0) -> None:
        """Delete expired files, then the oldest ones until the quota is met with ``coming`` bytes to spare."""
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
        """Return time of last use, id, and whether it is a job, of unused photographs and finished jobs, sorted."""
        photos = [(photo.used, photo.id, False) for photo in await self._service.store.photos()]
        jobs = await self._service.store.jobs()
        busy = {job.photo for job in jobs if job.state not in FINAL_STATES}
        over = [(job.finished or job.created, job.id, True) for job in jobs if job.state in FINAL_STATES]
        return sorted([one for one in photos if one[1] not in busy] + over)

    async def _rounds(self) -> None:
        while True:
            await asyncio.sleep(_PERIOD)
            try:
                await self.clean()
            except Exception:  # try again at the next clean-up, or the disk fills up
                _log.exception("clean-up failed")


def _size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    total = 0
    for one in folder.rglob("*"):
        with contextlib.suppress(OSError):  # deleted in the meantime
            total += one.stat().st_size if one.is_file() else 0
    return total


def _remove_unknown(state: Path, known: set[str]) -> None:
    for one in (*state.glob("photos/*"), *state.glob("jobs/*"), *state.glob("uploads/*")):
        if one.relative_to(state).as_posix() not in known:
            shutil.rmtree(one) if one.is_dir() else one.unlink()
