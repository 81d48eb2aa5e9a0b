"""Services of the running server, and the locations of its files."""

import asyncio
import fcntl
import json
import logging
import secrets
import shutil
import time
from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import IO, Any, BinaryIO

from blindsr import files
from blindsr.errors import BlindSRError, Code
from blindsr.web.engine.pool import Pool, TooSlowError, WorkerDiedError
from blindsr.web.engine.ray import RayPool
from blindsr.web.engine.store import Photo, Store
from blindsr.web.problems import ProblemError, missing
from blindsr.web.settings import Settings
from blindsr.web.uploads import safe_name, save_upload

_log = logging.getLogger(__name__)
SIDES = (256, 512, 1024, 2048)
"""Longest sides of thumbnails."""
_SUFFIXES = frozenset(
    (
        *(".png", ".apng", ".jpg", ".jpeg", ".jfif", ".jpe", ".jif", ".jfi", ".webp", ".tif", ".tiff", ".avif"),
        *(".bmp", ".dib", ".ppm", ".pgm", ".pnm", ".pbm", ".gif", ".heic", ".heif", ".hif"),
    )
)
"""Extensions of uploads that are kept, since they determine the format of results; those of `images.formats.READ`."""
_LOOK_SECONDS = 120.0
"""Time limit of an analysis or a preview."""
_WARM_SECONDS = 300.0
"""Time limit of a worker's first task."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
"""Seconds until a worker that did not start is started again; they double each time."""


class Service:
    """Photographs, jobs, folders and worker processes of a server."""

    def __init__(self, settings: Settings) -> None:
        """Lock the private folder.

        Raises:
            BlindSRError: it cannot be created, or another server uses it.
        """
        self.settings = settings
        self._lock = _locked(settings.state)
        self.store = Store(settings.state / "jobs.sqlite")
        limits = ["--file-size", str(settings.disk), *(["--memory", str(settings.memory)] if settings.memory else [])]
        self.reading = Pool("reading", 2, limits)
        """Decode photographs for the page; two, since creating tiles of a large image takes long."""
        self._cluster = _cluster(settings)
        self.looking = self._cluster or Pool("looking", 1, limits)
        """Analyses photographs and restores previews."""
        self.restoring = self._cluster or Pool("restoring", settings.workers, [*limits, "--nice", "5"])
        self._making: dict[Path, asyncio.Lock] = {}
        self._newest: dict[str, asyncio.Task[Any]] = {}
        self._models: dict[str, Any] = {}

    @property
    def pools(self) -> tuple[Pool | RayPool, ...]:
        """All worker pools."""
        return (self.reading, self.looking) if self._cluster else (self.reading, self.looking, self.restoring)

    @property
    def work_settings(self) -> dict[str, Any]:
        """Options that the server sets, not clients: device, runtime, memory."""
        memory = {} if self.settings.memory is None else {"max_memory": str(self.settings.memory)}
        return {"device": self.settings.device, "runtime": self.settings.runtime, **memory}

    async def warm(self) -> None:
        """Start all workers and load the models; repeat what fails, so that the server becomes ready.

        If a worker started only at the page's first requests, its imports would slow down the analysis that runs at
        the same time.
        """
        values = {"settings": self.work_settings}
        tasks = [self._warm(self.reading, "check", {"values": {}, "settings": {}}) for _ in range(self.reading.size)]
        tasks.append(self._warm(self.looking, "warm", values))
        tasks += [self._warm(self.restoring, "warm", values) for _ in range(self.restoring.size)]
        await asyncio.gather(*tasks)

    async def _warm(self, pool: Pool | RayPool, task: str, values: dict[str, Any]) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                await pool.run(task, values, limit=_WARM_SECONDS)
            except Exception as error:
                reason = str(error) or type(error).__name__
                _log.warning("a worker for %s did not start: %s; trying again in %.0f s", pool.name, reason, pause)
            else:
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def close(self) -> None:
        """End the workers and unlock the folder."""
        await asyncio.gather(*(pool.close() for pool in self.pools))
        self.store.close()
        self._lock.close()

    def folder_of_photo(self, identity: str) -> Path:
        """Folder of a photograph's files."""
        return self.settings.state / "photos" / identity

    def folder_of_job(self, identity: str) -> Path:
        """Folder of a job's results."""
        return self.settings.state / "jobs" / identity

    def source(self, photo: Photo) -> Path:
        """Path of a photograph's file."""
        return self.folder_of_photo(photo.id) / photo.file

    async def ask(
        self,
        pool: Pool | RayPool,
        task: str,
        values: dict[str, Any],
        name: str,
        *,
        priority: int = 0,
        limit: float = _LOOK_SECONDS,
    ) -> Any:
        """Run a task for a request; paths in error messages are replaced by the name of the photograph.

        Raises:
            ProblemError: the task failed.
        """
        run = partial(pool.run, task, values, priority=priority, limit=limit)
        try:
            try:
                return await run()
            except WorkerDiedError:  # perhaps not caused by this task; jobs are retried once, too
                return await run()
        except ProblemError as problem:
            path = str(values.get("source", ""))
            detail = problem.detail.replace(path, name) if path else problem.detail
            raise ProblemError(problem.status, problem.code, detail) from None
        except WorkerDiedError:
            raise ProblemError(
                500, "worker-died", f"the worker process crashed twice while processing {name}"
            ) from None
        except TooSlowError:
            raise ProblemError(503, "too-slow", f"{name} exceeded the time limit of {limit:.0f} s") from None

    async def add_photo(self, file: BinaryIO, name: str | None) -> Photo:
        """Store an uploaded photograph after decoding it.

        Raises:
            ProblemError: it cannot be decoded.
        """
        identity, shown = secrets.token_hex(16), safe_name(name or "photo")
        suffix = Path(shown).suffix.lower()
        target = self.folder_of_photo(identity) / f"source{suffix if suffix in _SUFFIXES else ''}"
        try:
            size, digest = await asyncio.to_thread(save_upload, file, target)
            values = {"source": str(target), "max_pixels": int(self.settings.max_megapixels * 1e6)}
            about = await self.ask(self.reading, "inspect", values, shown)
            photo = Photo(identity, shown, target.name, size, digest, about, None, time.time())
            await self.store.add_photo(photo)
        except BaseException:
            shutil.rmtree(target.parent, ignore_errors=True)
            raise
        return photo

    async def photo(self, identity: str) -> Photo:
        """Return a photograph.

        Raises:
            ProblemError: it does not exist.
        """
        found = await self.store.photo(identity, time.time())
        if found is None:
            raise missing("photograph")
        return found

    async def remove_photo(self, identity: str) -> bool:
        """Delete a photograph that no job needs."""
        gone = await self.store.remove_photo(identity)
        if gone:
            await self.delete(self.folder_of_photo(identity))
        return gone

    async def delete(self, folder: Path) -> None:
        """Delete a photograph's or a job's files."""
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        if self._cluster is not None:
            await asyncio.to_thread(self._cluster.delete, folder)

    async def thumbnail(self, photo: Photo, side: int) -> Path:
        """Return the path of a thumbnail whose longest side is at most ``side``."""
        folder = self.folder_of_photo(photo.id)
        largest = folder / str(photo.about["preview"])
        side = max(one for one in SIDES if one <= max(side, SIDES[0]))
        if side == SIDES[-1]:
            return largest
        made = largest.with_name(f"preview-{side}{largest.suffix}")
        async with self._lock_of(made):
            if not made.exists():
                await self.ask(self.reading, "thumbnail", {"source": str(largest), "side": side}, photo.name)
        return made

    async def card(self, photo: Photo) -> dict[str, Any]:
        """Return the analysis of a photograph, computed once."""
        async with self._lock_of(self.source(photo)):
            known = await self.photo(photo.id)
            if known.card is None:
                values = {"source": str(self.source(photo)), "settings": self.work_settings}
                card = await self.ask(self.looking, "analyze", values, photo.name, priority=1)
                await self.store.set_card(photo.id, card)
            else:
                card = known.card
        return {"format": photo.about["format"], **card}

    async def run_latest(self, client: str, work: Coroutine[Any, Any, Any]) -> Any:
        """Await work for a client, and cancel the previous work of the same client.

        Raises:
            ProblemError: newer work has replaced this.
        """
        task = asyncio.create_task(work)
        if client:
            if client in self._newest:
                self._newest[client].cancel()
            self._newest[client] = task
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:  # which ends the waiting alone
            task.cancel()
            await asyncio.wait([task])
            raise
        finally:
            if self._newest.get(client) is task:
                del self._newest[client]
        if task.cancelled():
            raise ProblemError(409, "superseded", "a newer preview of the same client has replaced this one")
        return task.result()

    async def models(self) -> dict[str, Any]:
        """Return descriptions of the available weights."""
        async with self._lock_of(Path("models")):
            if not self._models:
                self._models = await self.ask(self.reading, "models", {}, "the list of models")
        return self._models

    async def tiles(self, source: Path, folder: Path, name: str) -> dict[str, Any]:
        """Create the tiles of an image if necessary; return the description of the pyramid."""
        about = folder.with_name(f"{folder.name}.json")
        async with self._lock_of(about):
            if not about.exists():
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
                values = {"source": str(source), "folder": str(folder)}
                limit = self.settings.max_time  # gigapixels take minutes
                found: dict[str, Any] = await self.ask(self.reading, "tiles", values, name, priority=2, limit=limit)
                await asyncio.to_thread(files.write_file, about, json.dumps(found))
                return found
        known: dict[str, Any] = json.loads(await asyncio.to_thread(files.read_text, about))
        return known

    def _lock_of(self, path: Path) -> asyncio.Lock:
        """Return the lock of a file, so that concurrent requests create it once."""
        for other in [one for one, lock in self._making.items() if not lock.locked()]:
            del self._making[other]
        return self._making.setdefault(path, asyncio.Lock())


def _cluster(settings: Settings) -> RayPool | None:
    if settings.engine != "ray":
        return None
    store = settings.store or str(settings.state / "store")
    return RayPool(settings.workers, settings.address, settings.state, store)


def _locked(folder: Path) -> IO[str]:
    """Create a private folder if necessary, and lock it.

    Raises:
        BlindSRError: it cannot be created, or another server uses it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        for name in ("photos", "jobs", "uploads"):
            (folder / name).mkdir(exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise BlindSRError(f"cannot use the folder {folder}: {error.strerror or error}", Code.CANNOT_WRITE) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise BlindSRError(
            f"another server uses the folder {folder}; choose another with --state", Code.NAME_CLASH
        ) from None
    return lock
