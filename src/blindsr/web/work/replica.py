"""A replica of Ray Serve: runs the tasks of a worker process on files in a store."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from threading import Event
from typing import Any

from fsspec.core import url_to_fs

from blindsr.inference.progress import Watch
from blindsr.web.work.worker import run_request

_KEPT = 8
"""Number of photographs whose files a replica caches."""


class Replica:
    """Replica that caches its models and the files of recent photographs."""

    def __init__(self, store: str) -> None:
        """Open a store.

        Args:
            store: path or URL of its folder.
        """
        self._store, self._root = url_to_fs(store)
        self._folder = Path(tempfile.mkdtemp(prefix="blindsr-"))
        self._sources: dict[str, Path] = {}

    def __del__(self) -> None:
        """Remove the files."""
        shutil.rmtree(self._folder, ignore_errors=True)

    async def answer(self, task: str, values: dict[str, Any], shared: dict[str, str]) -> AsyncIterator[dict[str, Any]]:
        """Run a task; yield its progress, then its result or a problem.

        Args:
            task: name of one of `tasks.TASKS`.
            values: its arguments, with the paths of the server.
            shared: the corresponding paths in the store.
        """
        loop, messages, cancel = asyncio.get_running_loop(), asyncio.Queue[dict[str, Any]](), Event()

        def tell(message: dict[str, Any]) -> None:
            loop.call_soon_threadsafe(messages.put_nowait, message)

        watch = Watch(lambda part: tell({"progress": round(part, 4)}), cancel)
        done = loop.run_in_executor(None, lambda: tell(self._done(task, values, shared, watch)))
        try:
            while "progress" in (message := await messages.get()):
                yield message
            await done
            yield message
        finally:
            cancel.set()

    def _done(self, task: str, values: dict[str, Any], shared: dict[str, str], watch: Watch) -> dict[str, Any]:
        out = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            own = dict(values)
            if "source" in shared:
                own["source"] = str(self._fetched(shared["source"]))
            for name in ("folder", "target"):
                if name in shared:
                    own[name] = str(out / Path(shared[name]).name)
            message = run_request({"do": task, "with": own}, watch)
            if "problem" in message:  # messages refer to paths of the server
                for name in shared:
                    detail = message["problem"]["detail"].replace(own[name], values[name])
                    message["problem"]["detail"] = detail
            else:
                self._deliver(out, shared)
            return message
        finally:
            shutil.rmtree(out, ignore_errors=True)

    def _fetched(self, path: str) -> Path:
        if path not in self._sources:
            local = self._folder / path
            local.parent.mkdir(parents=True, exist_ok=True)
            self._store.get_file(f"{self._root}/{path}", str(local))
            self._sources[path] = local
            while len(self._sources) > _KEPT:
                self._sources.pop(next(iter(self._sources))).unlink(missing_ok=True)
        return self._sources[path]

    def _deliver(self, out: Path, shared: dict[str, str]) -> None:
        """Upload the files that a task has written."""
        for name in ("folder", "target"):
            if name not in shared:
                continue
            parent = shared[name].rpartition("/")[0]
            for one in (file for file in out.rglob("*") if file.is_file()):
                target = f"{self._root}/{parent}/{one.relative_to(out).as_posix()}"
                self._store.makedirs(target.rpartition("/")[0], exist_ok=True)
                self._store.put_file(str(one), target)
