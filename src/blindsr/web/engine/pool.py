"""Pools of worker processes: each handles one request at a time and is replaced if it crashes or is killed."""

import asyncio
import heapq
import itertools
import json
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from typing import Any

from blindsr.web.problems import ProblemError

_log = logging.getLogger(__name__)
_LONGEST_LINE = 2**24
_ENVIRONMENT = {"GOMP_SPINCOUNT": "1000"}
"""Let waiting OpenMP threads sleep soon: with several busy workers, spinning takes most of the processor time.
Variables of the user take precedence."""
_PATIENCE = 10.0
"""Seconds that a worker has to react to a cancellation before it is killed."""


class WorkerDiedError(Exception):
    """The process ended before it responded."""


class TooSlowError(Exception):
    """A request exceeded its time limit."""


class Worker:
    """Worker process that is started at its first request."""

    def __init__(self, arguments: list[str]) -> None:
        """Prepare a worker.

        Args:
            arguments: of ``python -m blindsr.web.work.worker``.
        """
        self._arguments = arguments
        self._process: Process | None = None
        self._number = 0
        self.starts = 0
        self.closed = False
        """Whether the pool was closed, so that no process may be started."""

    async def start(self) -> Process:
        """Return the process; start it and wait until it is ready if necessary.

        Raises:
            WorkerDiedError: the process ended.
        """
        if self._process is None or self._process.returncode is not None:
            if self.closed:
                raise WorkerDiedError
            self.starts += 1
            command = [sys.executable, "-m", "blindsr.web.work.worker", *self._arguments]
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, limit=_LONGEST_LINE, env={**_ENVIRONMENT, **os.environ}
            )
            await self._receive(self._process)
        return self._process

    async def ask(self, task: str, values: dict[str, Any], progress: Callable[[float], None] | None = None) -> Any:
        """Run a task.

        If the process ended before the task began, such as one that was killed while it was idle, another one runs it.

        Raises:
            ProblemError: the worker reports a problem.
            WorkerDiedError: the process ended.
        """
        self._number += 1
        request = {"id": self._number, "do": task, "with": values}
        try:
            process = await self._begin(request)
        except WorkerDiedError:
            process = await self._begin(request)
        while True:
            message = await self._receive(process)
            if message.get("id") != self._number:
                continue
            if "progress" in message:
                if progress is not None:
                    progress(message["progress"])
            elif "problem" in message:
                raise ProblemError(**message["problem"])
            else:
                return message["result"]

    async def _begin(self, request: dict[str, Any]) -> Process:
        """Send a request; return the process once it has begun with it."""
        process = await self.start()
        await self._send(process, request)
        while await self._receive(process) != {"id": request["id"], "started": True}:
            pass  # late messages of an earlier request
        return process

    async def settle(self) -> None:
        """Cancel the last request; kill the process if that takes too long."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._send(process, {"cancel": self._number})
                while (message := await self._receive(process)).get("id") != self._number or _goes_on(message):
                    pass
        except (TimeoutError, WorkerDiedError):
            await self.kill()

    async def kill(self) -> None:
        """Kill the process; the next request starts a new one."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()

    async def _send(self, process: Process, message: dict[str, Any]) -> None:
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(message).encode() + b"\n")
            await process.stdin.drain()
        except ConnectionError:
            await self.kill()
            raise WorkerDiedError from None

    async def _receive(self, process: Process) -> dict[str, Any]:
        assert process.stdout is not None
        line = await process.stdout.readline()
        if not line.endswith(b"\n"):
            await self.kill()
            _log.warning("a worker process ended with status %s", process.returncode)
            raise WorkerDiedError
        message: dict[str, Any] = json.loads(line)
        return message


def _goes_on(message: dict[str, Any]) -> bool:
    """Whether further messages about the request follow."""
    return "started" in message or "progress" in message


class Pool:
    """Workers that share requests of one kind; lower priority values go first."""

    def __init__(self, name: str, size: int, arguments: list[str]) -> None:
        """Prepare a pool.

        Args:
            name: for the log and metrics.
            size: number of processes.
            arguments: of each, see `Worker`.
        """
        self.name, self.size = name, size
        self.workers = [Worker(arguments) for _ in range(size)]
        self.ready = False
        """Whether a worker has responded once."""
        self._idle = list(self.workers)
        self._waiting: list[tuple[int, int, asyncio.Future[Worker]]] = []
        self._order = itertools.count()
        self._settling: set[asyncio.Task[None]] = set()

    @property
    def starts(self) -> int:
        """Number of processes started so far."""
        return sum(worker.starts for worker in self.workers)

    async def run(
        self,
        task: str,
        values: dict[str, Any],
        *,
        priority: int = 0,
        progress: Callable[[float], None] | None = None,
        limit: float | None = None,
    ) -> Any:
        """Run a task on the next free worker; cancelling the caller cancels the task.

        Args:
            task: name of one of `tasks.TASKS`.
            values: its arguments.
            priority: lower values go first.
            progress: called with the finished fraction.
            limit: time limit from its start, seconds.

        Raises:
            ProblemError: the worker reports a problem.
            WorkerDiedError: the process ended.
            TooSlowError: the task exceeded ``limit``.
        """
        worker = await self._free(priority)
        try:
            await worker.start()
            async with asyncio.timeout(limit):
                result = await worker.ask(task, values, progress)
        except TimeoutError:
            self._settle(worker, at_once=True)
            raise TooSlowError from None
        except asyncio.CancelledError:
            self._settle(worker)
            raise
        except BaseException:
            self._release(worker)
            raise
        self._release(worker)
        self.ready = True
        return result

    async def close(self) -> None:
        """End all processes; later requests fail."""
        for worker in self.workers:
            worker.closed = True
        settling = list(self._settling)
        for task in settling:
            task.cancel()
        await asyncio.gather(*settling, return_exceptions=True)
        await asyncio.gather(*(worker.kill() for worker in self.workers))

    async def _free(self, priority: int) -> Worker:
        if self._idle:
            return self._idle.pop()
        future: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._order), future))
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._release(future.result())
            raise

    def _release(self, worker: Worker) -> None:
        while self._waiting:
            future = heapq.heappop(self._waiting)[2]
            if not future.done():
                future.set_result(worker)
                return
        self._idle.append(worker)

    def _settle(self, worker: Worker, *, at_once: bool = False) -> None:
        async def settle() -> None:
            await (worker.kill() if at_once else worker.settle())
            self._release(worker)

        task = asyncio.get_running_loop().create_task(settle())
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)
