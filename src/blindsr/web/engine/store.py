"""Database of photographs and jobs (SQLite); every change is on the disk before it becomes visible."""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

State = Literal["queued", "running", "done", "failed", "cancelled"]
FINAL_STATES: tuple[State, ...] = ("done", "failed", "cancelled")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS photos (
  id TEXT PRIMARY KEY, name TEXT, file TEXT, size_bytes INTEGER, sha256 TEXT, about TEXT, card TEXT, used REAL
) STRICT;
CREATE TABLE IF NOT EXISTS jobs (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, photo TEXT, name TEXT, options TEXT, state TEXT,
  created REAL, started REAL, finished REAL, deaths INTEGER DEFAULT 0, error TEXT, result TEXT,
  key TEXT UNIQUE, asked TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, number);
"""
T = TypeVar("T")


@dataclass(frozen=True)
class Photo:
    """An uploaded photograph."""

    id: str
    name: str
    file: str
    """Name of the file in the photograph's folder."""
    size_bytes: int
    sha256: str
    about: dict[str, Any]
    """Width, height, format, frames, and the name of the thumbnail."""
    card: dict[str, Any] | None
    """Analysis, once it was requested."""
    used: float
    """Time of last use, seconds since 1970."""


@dataclass(frozen=True)
class Job:
    """A restoration job and its outcome."""

    number: int
    id: str
    photo: str
    name: str
    options: dict[str, Any]
    state: State
    created: float
    """Seconds since 1970, as the two that follow."""
    started: float | None
    finished: float | None
    deaths: int
    """Worker crashes during the job."""
    error: dict[str, Any] | None
    result: dict[str, Any] | None
    key: str | None
    asked: str | None
    """Request that belongs to the idempotency key."""


_JSON = ("about", "card", "options", "error", "result")


def _from_row(kind: Callable[..., T], row: sqlite3.Row) -> T:
    """Convert a row to a photograph or a job."""
    values = {name: row[name] for name in row.keys()}  # noqa: SIM118  # a row is no mapping
    for name in _JSON:
        if values.get(name) is not None:
            values[name] = json.loads(values[name])
    return kind(**values)


class Store:
    """Connection to the database in a separate thread, so that the event loop never waits for the disk."""

    def __init__(self, path: Path) -> None:
        """Open or create the database."""
        self._thread = ThreadPoolExecutor(1, "store")
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the database."""
        self._thread.shutdown()
        self._connection.close()

    async def _rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        def execute() -> list[sqlite3.Row]:
            return self._connection.execute(statement, values).fetchall()

        return await asyncio.get_running_loop().run_in_executor(self._thread, execute)

    # Photographs

    async def add_photo(self, photo: Photo) -> None:
        """Add a photograph."""
        await self._rows(
            "INSERT INTO photos VALUES (?, ?, ?, ?, ?, ?, NULL, ?)",
            *(photo.id, photo.name, photo.file, photo.size_bytes, photo.sha256, json.dumps(photo.about), photo.used),
        )

    async def photo(self, identity: str, now: float) -> Photo | None:
        """Return a photograph and update its time of last use."""
        rows = await self._rows("UPDATE photos SET used = ? WHERE id = ? RETURNING *", now, identity)
        return _from_row(Photo, rows[0]) if rows else None

    async def photos(self) -> list[Photo]:
        """Return all photographs, least recently used first."""
        return [_from_row(Photo, row) for row in await self._rows("SELECT * FROM photos ORDER BY used")]

    async def set_card(self, identity: str, card: dict[str, Any]) -> None:
        """Store the analysis of a photograph."""
        await self._rows("UPDATE photos SET card = ? WHERE id = ?", json.dumps(card), identity)

    async def remove_photo(self, identity: str) -> bool:
        """Delete a photograph unless a job still needs it; return whether it was deleted."""
        rows = await self._rows(
            "DELETE FROM photos WHERE id = ? AND NOT EXISTS "
            "(SELECT 1 FROM jobs WHERE photo = photos.id AND state IN ('queued', 'running')) RETURNING id",
            identity,
        )
        return bool(rows)

    # Jobs

    async def add_job(self, job: Job, most: int) -> bool:
        """Queue a job unless ``most`` jobs are queued; return whether it was queued.

        Raises:
            sqlite3.IntegrityError: the idempotency key was used before.
        """
        rows = await self._rows(
            "INSERT INTO jobs (id, photo, name, options, state, created, key, asked) "
            "SELECT ?, ?, ?, ?, 'queued', ?, ?, ? WHERE (SELECT count(*) FROM jobs WHERE state = 'queued') < ? "
            "RETURNING id",
            *(job.id, job.photo, job.name, json.dumps(job.options), job.created, job.key, job.asked, most),
        )
        return bool(rows)

    async def job(self, identity: str) -> Job | None:
        """Return a job."""
        rows = await self._rows("SELECT * FROM jobs WHERE id = ?", identity)
        return _from_row(Job, rows[0]) if rows else None

    async def job_of_key(self, key: str) -> Job | None:
        """Return the job of an idempotency key."""
        rows = await self._rows("SELECT * FROM jobs WHERE key = ?", key)
        return _from_row(Job, rows[0]) if rows else None

    async def jobs(self) -> list[Job]:
        """Return all jobs in the order of their creation."""
        return [_from_row(Job, row) for row in await self._rows("SELECT * FROM jobs ORDER BY number")]

    async def counts(self) -> dict[str, int]:
        """Return the number of jobs in each state."""
        return {row[0]: row[1] for row in await self._rows("SELECT state, count(*) FROM jobs GROUP BY state")}

    async def position(self, job: Job) -> int:
        """Return the number of jobs ahead in the queue."""
        rows = await self._rows("SELECT count(*) FROM jobs WHERE state = 'queued' AND number < ?", job.number)
        return int(rows[0][0])

    async def take(self, now: float) -> Job | None:
        """Mark the oldest queued job as running and return it."""
        rows = await self._rows(
            "UPDATE jobs SET state = 'running', started = ? WHERE number = "
            "(SELECT min(number) FROM jobs WHERE state = 'queued') RETURNING *",
            now,
        )
        return _from_row(Job, rows[0]) if rows else None

    async def requeue(self) -> int:
        """Requeue jobs that were running when the server ended."""
        rows = await self._rows("UPDATE jobs SET state = 'queued', started = NULL WHERE state = 'running' RETURNING id")
        return len(rows)

    async def died(self, identity: str, deaths: int) -> bool:
        """Requeue a job after a worker crash, unless that was the ``deaths``-th; return whether it was requeued."""
        rows = await self._rows(
            "UPDATE jobs SET deaths = deaths + 1, "
            "state = CASE WHEN deaths + 1 < ? THEN 'queued' ELSE state END "
            "WHERE id = ? AND state = 'running' RETURNING state",
            *(deaths, identity),
        )
        return bool(rows) and rows[0][0] == "queued"

    async def finish(self, identity: str, now: float, *, result: Any = None, error: Any = None) -> bool:
        """Store the result or error of a running job; False if it was cancelled or deleted in the meantime."""
        state = "failed" if result is None else "done"
        rows = await self._rows(
            "UPDATE jobs SET state = ?, finished = ?, result = ?, error = ? WHERE id = ? AND state = 'running' "
            "RETURNING id",
            *(state, now, None if result is None else json.dumps(result), None if error is None else json.dumps(error)),
            identity,
        )
        return bool(rows)

    async def cancel(self, identity: str, now: float) -> bool:
        """Cancel a queued or running job; return whether it was cancelled."""
        rows = await self._rows(
            "UPDATE jobs SET state = 'cancelled', finished = ? WHERE id = ? AND state IN ('queued', 'running') "
            "RETURNING id",
            *(now, identity),
        )
        return bool(rows)

    async def remove_job(self, identity: str) -> bool:
        """Delete a finished job; return whether it was deleted."""
        rows = await self._rows(
            "DELETE FROM jobs WHERE id = ? AND state NOT IN ('queued', 'running') RETURNING id", identity
        )
        return bool(rows)
