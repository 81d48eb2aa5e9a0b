"""Workers on a Ray cluster: replicas of Ray Serve replace worker processes, and files are exchanged through a store."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from blindsr.errors import BlindSRError, Code
from blindsr.web.engine.pool import TooSlowError, WorkerDiedError
from blindsr.web.problems import ProblemError

_log = logging.getLogger(__name__)
_NAME = "blindsr"
_FILES = ("source", "folder", "target")
"""Task arguments that are paths: a file to read, and a folder or file to write."""


class RayPool:
    """Autoscaled replicas on a cluster, with the interface of `Pool`."""

    name = "ray"

    def __init__(self, size: int, address: str | None, state: Path, store: str) -> None:
        """Prepare a pool; the cluster is joined at the first request.

        Args:
            size: largest number of replicas.
            address: of the cluster; only this machine if None.
            state: folder of the server; files in the store have the same relative paths.
            store: path or URL of a folder that all machines can access.

        Raises:
            BlindSRError: Ray Serve or the store's library is not installed.
        """
        try:
            import fsspec.core  # noqa: PLC0415  # an extra
            import ray.serve  # noqa: F401, PLC0415
        except ImportError:
            raise BlindSRError(
                "--engine ray needs Ray Serve: pip install 'blindsr[cluster]'", Code.MISSING_DEPENDENCY
            ) from None
        try:
            self._store, self._root = fsspec.core.url_to_fs(store)
        except (ImportError, ValueError) as error:
            raise BlindSRError(f"the store {store} cannot be reached: {error}", Code.UNREACHABLE) from None
        self.size, self.ready, self.starts = size, False, 0
        self._address, self._state, self._url = address, state, store
        self._handle: Any = None
        self._joining = asyncio.Lock()
        self._sent: set[str] = set()

    async def run(
        self,
        task: str,
        values: dict[str, Any],
        *,
        priority: int = 0,  # not supported by Ray Serve
        progress: Callable[[float], None] | None = None,
        limit: float | None = None,
    ) -> Any:
        """Run a task on a replica; otherwise as `Pool.run`."""
        import ray.exceptions  # noqa: PLC0415

        handle = await self._joined()
        shared = {name: str(Path(values[name]).relative_to(self._state)) for name in _FILES if name in values}
        if "source" in shared:
            await asyncio.to_thread(self._send, shared["source"])
        answers = handle.options(stream=True).answer.remote(task, values, shared)
        try:
            async with asyncio.timeout(limit):
                result = await _last(answers, progress)
        except TimeoutError:
            answers.cancel()
            raise TooSlowError from None
        except asyncio.CancelledError:
            answers.cancel()
            raise
        except ray.exceptions.RayError:
            raise WorkerDiedError from None
        for name in ("folder", "target"):
            if name in shared:
                await asyncio.to_thread(self._fetch, shared[name])
        self.ready = True
        return result

    async def close(self) -> None:
        """Shut down the replicas and disconnect."""
        if self._handle is None:
            return
        import ray.serve  # noqa: PLC0415

        await asyncio.to_thread(ray.serve.shutdown)
        await asyncio.to_thread(ray.shutdown)

    def delete(self, folder: Path) -> None:
        """Remove the copy of a server folder from the store."""
        path = f"{self._root}/{folder.relative_to(self._state)}"
        if self._store.exists(path):
            self._store.rm(path, recursive=True)

    async def _joined(self) -> Any:
        async with self._joining:
            if self._handle is None:
                try:
                    self._handle = await asyncio.to_thread(_deployed, self.size, self._address, self._url)
                except Exception as error:  # a node that does not start in time is a plain Exception
                    _log.exception("cannot connect to the cluster")
                    message = f"cannot connect to the cluster: {str(error).splitlines()[0]}"
                    raise ProblemError(503, "unreachable", message) from None
                self.starts += 1
        return self._handle

    def _send(self, path: str) -> None:
        if path not in self._sent:
            target = f"{self._root}/{path}"
            self._store.makedirs(target.rpartition("/")[0], exist_ok=True)
            self._store.put_file(str(self._state / path), target)
            self._sent.add(path)

    def _fetch(self, path: str) -> None:
        source, target = f"{self._root}/{path}", self._state / path
        files = self._store.find(source) if self._store.isdir(source) else [source]
        for one in files:
            local = target / one.rpartition("/")[2] if one != source else target
            local.parent.mkdir(parents=True, exist_ok=True)
            self._store.get_file(one, str(local))


async def _last(answers: Any, progress: Callable[[float], None] | None) -> Any:
    """Return the result from the messages of a replica."""
    async for message in answers:
        if "problem" in message:
            raise ProblemError(**message["problem"])
        if "result" in message:
            return message["result"]
        if progress is not None:
            progress(message["progress"])
    raise WorkerDiedError


def _deployed(size: int, address: str | None, store: str) -> Any:
    """Deploy the replicas on a cluster, or on this machine; return their handle."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_raylet_start_wait_time_s", "120")  # the default of 30 s is too short for busy machines
    import ray.serve  # noqa: PLC0415

    options: dict[str, Any] = {"include_dashboard": False} if address is None else {"address": address}
    ray.init(log_to_driver=False, configure_logging=True, ignore_reinit_error=True, **options)
    ray.serve.start(http_options={"location": "NoServer"})
    gpus = sum(node["Resources"].get("GPU", 0) for node in ray.nodes())  # type: ignore[no-untyped-call]
    scaling = {"min_replicas": 1, "initial_replicas": size, "max_replicas": size, "target_ongoing_requests": 1}
    deployment = ray.serve.deployment(
        name=_NAME,
        max_ongoing_requests=1,
        autoscaling_config=scaling,
        ray_actor_options={"num_cpus": 1, "num_gpus": 1 if gpus else 0},
    )(_Remote)
    return ray.serve.run(deployment.bind(store), name=_NAME, route_prefix=None)


class _Remote:
    """Replica that imports the tasks on its own machine, not in the server."""

    def __init__(self, store: str) -> None:
        from blindsr.web.work.replica import Replica  # noqa: PLC0415

        self._replica = Replica(store)

    async def answer(self, task: str, values: dict[str, Any], shared: dict[str, str]) -> AsyncIterator[dict[str, Any]]:
        async for message in self._replica.answer(task, values, shared):
            yield message
