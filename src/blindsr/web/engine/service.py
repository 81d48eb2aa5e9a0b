"""The parts of the running server, and where their files lie."""

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
from blindsr.web.uploads import copy_whole, safe_name

_log = logging.getLogger(__name__)
SIDES = (256, 512, 1024, 2048)
"""Longest sides of previews."""
_SUFFIXES = frozenset(
    (
        *(".png", ".apng", ".jpg", ".jpeg", ".jfif", ".jpe", ".jif", ".jfi", ".webp", ".tif", ".tiff", ".avif"),
        *(".bmp", ".dib", ".ppm", ".pgm", ".pnm", ".pbm", ".gif", ".heic", ".heif", ".hif"),
    )
)
"""Extensions that decide the format of a result; a test compares them with those of the library."""
_LOOK_SECONDS = 120.0
"""Most that an analysis or a preview may take."""


class Service:
    """Settings, store, folders and worker processes."""

    def __init__(self, settings: Settings) -> None:
        """Take the private folder.

        Raises:
            BlindSRError: it cannot be made, or another server uses it.
        """
        self.settings = settings
        self._lock = _taken(settings.state)
        self.store = Store(settings.state / "jobs.sqlite")
        limits = ["--file-size", str(settings.disk), *(["--memory", str(settings.memory)] if settings.memory else [])]
        self.reading = Pool("reading", 2, limits)
        """Decodes photographs for the page; the second while tiles of a large image keep the first."""
        self._cluster = _cluster(settings)
        self.looking = self._cluster or Pool("looking", 1, limits)
        """Analyses, and restores previews."""
        self.restoring = self._cluster or Pool("restoring", settings.workers, [*limits, "--nice", "5"])
        self._making: dict[Path, asyncio.Lock] = {}
        self._newest: dict[str, asyncio.Task[Any]] = {}
        self._models: dict[str, Any] = {}

    @property
    def pools(self) -> tuple[Pool | RayPool, ...]:
        """All workers."""
        return (self.reading, self.looking) if self._cluster else (self.reading, self.looking, self.restoring)

    @property
    def work_settings(self) -> dict[str, Any]:
        """Options that the server decides."""
        memory = {} if self.settings.memory is None else {"max_memory": str(self.settings.memory)}
        return {"device": self.settings.device, "runtime": self.settings.runtime, **memory}

    async def warm(self) -> None:
        """Start all workers, and load what the first photograph will need.

        If a worker started only at the page's first requests, its imports would slow down the analysis that runs at
        the same time.
        """
        values = {"settings": self.work_settings}
        tasks = [self.reading.run("check", {"values": {}, "settings": {}}) for _ in range(self.reading.size)]
        tasks.append(self.looking.run("warm", values))
        tasks += [self.restoring.run("warm", values) for _ in range(self.restoring.size)]
        for error in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(error, Exception):  # the first photograph will be told of it, too
                _log.warning("a worker could not be prepared: %s", str(error) or type(error).__name__)

    async def close(self) -> None:
        """End the workers, and give the folder back."""
        await asyncio.gather(*(pool.close() for pool in self.pools))
        self.store.close()
        self._lock.close()

    def folder_of_photo(self, identity: str) -> Path:
        """Where a photograph's files lie."""
        return self.settings.state / "photos" / identity

    def folder_of_job(self, identity: str) -> Path:
        """Where a job's results lie."""
        return self.settings.state / "jobs" / identity

    def source(self, photo: Photo) -> Path:
        """The file of a photograph."""
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
        """Have something done at once for a request, with the photograph called by its name in what is said of it.

        Raises:
            ProblemError: what prevents it.
        """
        run = partial(pool.run, task, values, priority=priority, limit=limit)
        try:
            try:
                return await run()
            except WorkerDiedError:  # of something else perhaps: jobs are tried once more, too
                return await run()
        except ProblemError as problem:
            path = str(values.get("source", ""))
            detail = problem.detail.replace(path, name) if path else problem.detail
            raise ProblemError(problem.status, problem.code, detail) from None
        except WorkerDiedError:
            raise ProblemError(500, "worker-died", f"the process that worked on {name} ended twice") from None
        except TooSlowError:
            raise ProblemError(503, "too-slow", f"{name} took longer than {limit:.0f} s") from None

    async def add_photo(self, file: BinaryIO, name: str | None) -> Photo:
        """Keep an uploaded photograph that can be read.

        Raises:
            ProblemError: it cannot.
        """
        identity, shown = secrets.token_hex(16), safe_name(name or "photo")
        suffix = Path(shown).suffix.lower()
        target = self.folder_of_photo(identity) / f"source{suffix if suffix in _SUFFIXES else ''}"
        try:
            size, digest = await asyncio.to_thread(copy_whole, file, target)
            values = {"source": str(target), "max_pixels": int(self.settings.max_megapixels * 1e6)}
            about = await self.ask(self.reading, "inspect", values, shown)
            photo = Photo(identity, shown, target.name, size, digest, about, None, time.time())
            await self.store.add_photo(photo)
        except BaseException:
            shutil.rmtree(target.parent, ignore_errors=True)
            raise
        return photo

    async def photo(self, identity: str) -> Photo:
        """A photograph.

        Raises:
            ProblemError: there is none.
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
        """The file of a small version whose longest side is at most ``side``."""
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
        """What is wrong with a photograph."""
        async with self._lock_of(self.source(photo)):
            known = await self.photo(photo.id)
            if known.card is None:
                values = {"source": str(self.source(photo)), "settings": self.work_settings}
                card = await self.ask(self.looking, "analyze", values, photo.name, priority=1)
                await self.store.set_card(photo.id, card)
            else:
                card = known.card
        return {"format": photo.about["format"], **card}

    async def newest(self, client: str, work: Coroutine[Any, Any, Any]) -> Any:
        """What some work gives, unless newer work of the same client comes meanwhile.

        Raises:
            ProblemError: it came.
        """
        task = asyncio.create_task(work)
        if client:
            if client in self._newest:
                self._newest[client].cancel()
            self._newest[client] = task
        await asyncio.wait([task])
        if self._newest.get(client) is task:
            del self._newest[client]
        if task.cancelled():
            raise ProblemError(409, "superseded", "a newer preview has replaced this one")
        return task.result()

    async def models(self) -> dict[str, Any]:
        """The weights that there are."""
        async with self._lock_of(Path("models")):
            if not self._models:
                self._models = await self.ask(self.reading, "models", {}, "the list of models")
        return self._models

    async def tiles(self, source: Path, folder: Path, name: str) -> dict[str, Any]:
        """Make sure that the tiles of an image are there; what a viewer needs to know of them."""
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
        """A lock for what one request makes and others wait for."""
        for other in [one for one, lock in self._making.items() if not lock.locked()]:
            del self._making[other]
        return self._making.setdefault(path, asyncio.Lock())


def _cluster(settings: Settings) -> RayPool | None:
    if settings.engine != "ray":
        return None
    store = settings.store or str(settings.state / "store")
    return RayPool(settings.workers, settings.address, settings.state, store)


def _taken(folder: Path) -> IO[str]:
    """The open lock of a private folder, made if there is none.

    Raises:
        BlindSRError: it cannot be made, or another server uses it.
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
