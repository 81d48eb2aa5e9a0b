"""The job queue: runs jobs on the restoration workers, and survives crashes of workers and server."""

import asyncio
import contextlib
import logging
import secrets
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blindsr.web.engine.events import JobChanges
from blindsr.web.engine.pool import TooSlowError, WorkerDiedError
from blindsr.web.engine.service import Service
from blindsr.web.engine.store import FINAL_STATES, Job, Photo
from blindsr.web.metrics import Metrics
from blindsr.web.problems import ProblemError, document

_log = logging.getLogger(__name__)
_DEATHS = 2
"""Worker crashes after which a job fails."""
_RETRY_AFTER = 10
_PAUSE = 1.0
"""Seconds to wait after an internal error."""
_STEP = 0.005
"""Smallest change of progress that is published."""


@dataclass
class _Running:
    task: asyncio.Task[Any]
    begun: float = field(default_factory=time.monotonic)
    progress: float = 0.0


class Queue:
    """Accepts jobs and runs them until it is closed."""

    def __init__(self, service: Service, metrics: Metrics) -> None:
        """Prepare the queue of a service."""
        self._service, self._store, self._metrics = service, service.store, metrics
        self.changes = JobChanges()
        """Notifies subscribers of changed jobs."""
        self._running: dict[str, _Running] = {}
        self._wake = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Resume the stored queue; jobs that were running when the server ended are restarted."""
        await self._store.requeue()
        self._loops = [asyncio.create_task(self._work()) for _ in range(self._service.restoring.size)]

    async def close(self) -> None:
        """Stop; running jobs are restarted by the next server."""
        running = [one.task for one in self._running.values()]
        for task in (*self._loops, *running):
            task.cancel()
        await asyncio.gather(*self._loops, *running, return_exceptions=True)

    async def add(self, photo: Photo, options: dict[str, Any], key: str | None = None, asked: str = "") -> Job:
        """Queue a job.

        Raises:
            ProblemError: the queue is full.
            sqlite3.IntegrityError: the idempotency key was used before.
        """
        job = Job(
            number=0, id=secrets.token_hex(16), photo=photo.id, name=photo.name, options=options, state="queued",
            created=time.time(), started=None, finished=None, deaths=0, error=None, result=None, key=key, asked=asked,
        )  # fmt: skip
        if not await self._store.add_job(job, self._service.settings.queue):
            message = f"the queue is full ({self._service.settings.queue} photographs); try again later"
            raise ProblemError(429, "queue-full", message, {"Retry-After": str(_RETRY_AFTER)})
        self._changed(job.id)
        self._wake.set()
        return await self.job(job.id)

    async def job(self, identity: str) -> Job:
        """Return a job.

        Raises:
            ProblemError: it does not exist.
        """
        found = await self._store.job(identity)
        if found is None:
            raise ProblemError(404, "not-found", "job not found; it may have been deleted")
        return found

    async def remove(self, identity: str) -> None:
        """Cancel a queued or running job; delete a finished one.

        Raises:
            ProblemError: it does not exist.
        """
        await self.job(identity)
        if await self._store.cancel(identity, time.time()):
            running = self._running.get(identity)
            if running is not None:
                running.task.cancel()
        elif await self._store.remove_job(identity):
            await self._service.delete(self._service.folder_of_job(identity))
        self._changed(identity)

    async def wait(self, identity: str, seconds: float) -> Job:
        """Wait until a job is finished, or for at most some seconds; return the job."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async with self.changes.subscribe(identity) as changes:
                    while (await self.job(identity)).state not in FINAL_STATES:
                        if await anext(changes, None) is None:
                            break  # the server is shutting down
        return await self.job(identity)

    async def view(self, job: Job) -> dict[str, Any]:
        """Convert a job to its API representation."""
        running = self._running.get(job.id)
        progress = 1.0 if job.state == "done" else running.progress if running else 0.0
        shown = ("name", "size_bytes", "width", "height", "format")
        return {
            **{name: getattr(job, name) for name in ("id", "photo", "name", "state", "created", "started", "finished")},
            "progress": progress,
            "seconds_left": _seconds_left(running),
            "position": await self._store.position(job) if job.state == "queued" else None,
            "model": None if job.result is None else job.result["model"],
            "options": job.options,
            "error": job.error,
            "result": None if job.result is None else {name: job.result[name] for name in shown},
            "has_map": bool(job.result and job.result["map"]),
        }

    async def views(self) -> list[dict[str, Any]]:
        """Return the API representations of all jobs, oldest first."""
        return [await self.view(job) for job in await self._store.jobs()]

    async def view_of(self, identity: str) -> dict[str, Any]:
        """Return the API representation of a job; only its id if it was deleted."""
        job = await self._store.job(identity)
        return {"id": identity} if job is None else await self.view(job)

    async def done(self) -> list[Job]:
        """Return all jobs that have a result."""
        return [job for job in await self._store.jobs() if job.state == "done"]

    async def job_of_key(self, key: str) -> Job | None:
        """Return the job of an idempotency key."""
        return await self._store.job_of_key(key)

    def result(self, job: Job, what: str = "file") -> Path:
        """Return the path of a job's result (``file``) or residual map (``map``).

        Raises:
            ProblemError: it does not exist.
        """
        name = job.result and job.result[what]
        if job.result is None or name is None:
            raise ProblemError(404, "not-found", f"{job.name} has no {'result' if what == 'file' else 'residual map'}")
        return self._service.folder_of_job(job.id) / str(job.result["folder"]) / str(name)

    def _changed(self, identity: str) -> None:
        self.changes.publish(identity)

    async def _work(self) -> None:
        while True:
            try:
                await self._next()
            except Exception:  # e.g. a full disk; without the queue, no job would run any more
                _log.exception("internal error in the queue; continuing")
                await asyncio.sleep(_PAUSE)

    async def _next(self) -> None:
        """Run the next job, or wait for one."""
        self._wake.clear()
        job = await self._store.take(time.time())
        if job is None:
            await self._wake.wait()
            return
        await self._do(job)
        self._changed(job.id)

    async def _do(self, job: Job) -> None:
        attempt = secrets.token_hex(4)  # so that late writes of an earlier server's worker are never used
        begun = time.monotonic()
        running = _Running(asyncio.create_task(self._restored(job, attempt)))
        self._running[job.id] = running
        self._changed(job.id)
        if (current := await self._store.job(job.id)) is None or current.state != "running":
            running.task.cancel()  # cancelled in the meantime
        try:
            await asyncio.wait([running.task])
            await self._settle(job, attempt, running.task)
            self._metrics.seconds.observe(time.monotonic() - begun)
        finally:
            running.task.cancel()
            del self._running[job.id]

    async def _restored(self, job: Job, attempt: str) -> dict[str, Any]:
        photo = await self._service.photo(job.photo)
        values = {
            "source": str(self._service.source(photo)),
            "name": job.name,
            "folder": str(self._service.folder_of_job(job.id) / attempt),
            "values": job.options,
            "settings": self._service.work_settings,
        }

        def progress(part: float) -> None:
            running = self._running[job.id]
            if part - running.progress >= _STEP or part >= 1:
                running.progress = part
                self._changed(job.id)

        pool, limit = self._service.restoring, self._service.settings.max_time
        result: dict[str, Any] = await pool.run("restore", values, progress=progress, limit=limit)
        return {**result, "folder": attempt}

    async def _settle(self, job: Job, attempt: str, task: asyncio.Task[dict[str, Any]]) -> None:
        """Store the outcome of a job, and remove files of failed attempts."""
        kept = None
        if not task.cancelled():
            error = task.exception()
            if error is None:
                kept = attempt if await self._store.finish(job.id, time.time(), result=task.result()) else None
            elif isinstance(error, WorkerDiedError) and await self._store.died(job.id, _DEATHS):
                self._wake.set()
            else:
                problem = self._problem(job, error, attempt)
                await self._store.finish(job.id, time.time(), error=problem)
        self._metrics.finished.labels((await self._state(job.id)) or "deleted").inc()
        await asyncio.to_thread(_clean, self._service.folder_of_job(job.id), kept)

    async def _state(self, identity: str) -> str | None:
        found = await self._store.job(identity)
        return None if found is None else found.state

    def _problem(self, job: Job, error: BaseException, attempt: str) -> dict[str, Any]:
        """Return the problem document of a failed job; internal errors are logged."""
        if isinstance(error, ProblemError):
            folder = self._service.folder_of_job(job.id) / attempt
            detail = error.detail.replace(f"{folder}/", "").replace(f"{self._service.folder_of_photo(job.photo)}/", "")
            return document(error.status, error.code, detail.replace("source.", f"{Path(job.name).stem}."))
        if isinstance(error, WorkerDiedError):
            return document(500, "worker-died", f"the worker process crashed twice while restoring {job.name}")
        if isinstance(error, TooSlowError):
            most = self._service.settings.max_time
            return document(503, "too-slow", f"{job.name} exceeded the time limit of {most:.0f} s")
        _log.error("internal error in a job", exc_info=error)
        return document(500, "internal", f"internal server error while restoring {job.name}; see the server's log")


def _seconds_left(running: _Running | None) -> float | None:
    """Estimate the remaining seconds of a job from its progress."""
    if running is None or running.progress <= 0.01:
        return None
    return round((time.monotonic() - running.begun) * (1 - running.progress) / running.progress, 1)


def _clean(folder: Path, kept: str | None) -> None:
    for one in folder.iterdir() if folder.is_dir() else ():
        if one.name != kept:
            shutil.rmtree(one, ignore_errors=True)
    if kept is None:
        shutil.rmtree(folder, ignore_errors=True)
