"""Batch restoration on a Ray cluster: listing and restoring are distributed over its machines.

Ray Data streams the list of images, so it is never held in memory as a whole. A worker that crashes is restarted and
its images are retried; files that it had already written count as done.
"""

import json
import logging
import math
import os
import pickle
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from blindsr.errors import BlindSRError, Code
from blindsr.files import OutputExistsError
from blindsr.inference.progress import Watch
from blindsr.pipeline.batch import restore_all
from blindsr.pipeline.options import Existing, Options
from blindsr.pipeline.outcome import Outcome
from blindsr.pipeline.planning import locations, plan
from blindsr.pipeline.planning.plan import Job, Naming, Root
from blindsr.pipeline.restorer import Restorer

_BATCH = 4
"""Images per call of a worker; reading, restoring and writing overlap."""
_PATIENCE = 0.2
"""Longest time between checks for cancellation, seconds."""
_Rows: TypeAlias = dict[str, NDArray[Any]]


def restore_on_ray(
    inputs: Sequence[str],
    out: str,
    options: Options,
    naming: Naming,
    *,
    address: str | None = None,
    workers: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Iterator[dict[str, Any]]:
    """Restore images on a cluster.

    Args:
        inputs: files, folders and patterns; paths or URLs that fsspec supports.
        out: output file for a single image, else a folder; path or URL.
        options: options of restoration; files are read on this machine, the model on each worker.
        naming: naming of results.
        address: address of the cluster for ``ray.init``; only this machine if not given.
        workers: number of workers, each with its own model; by default one per GPU or machine.
        progress: called with the finished fraction (folders count equally); a `Watch` can also cancel the work.

    Yields:
        `Outcome.to_dict` of each image, in any order.

    Raises:
        BlindSRError: no images, the cluster cannot be reached, or Ray is not installed.
        CancelledError: the watch cancelled the work.
    """
    watch = Watch.of(progress)
    found = [_anywhere(root) for root in plan.roots(inputs, out, naming)]
    options = replace(options.portable(), compare=None)
    ray = _started(address)
    share: dict[int, float] = defaultdict(float)
    count = 0
    try:
        for row in _watched(lambda: _rows(ray, found, (options, naming), workers), lambda: watch(sum(share.values()))):
            share[int(row["root"])] += float(row["share"]) / len(found)
            if row["line"]:
                count += 1
                yield json.loads(row["line"])
        if not count:
            raise BlindSRError(f"no images found in {', '.join(map(str, inputs))}", Code.NO_IMAGES)
        watch(1.0)
    finally:
        ray.shutdown()


def _anywhere(root: Root) -> Root:
    """Convert the paths of a root to absolute ones."""

    def absolute(place: locations.Location | None) -> locations.Location | None:
        return Path(locations.absolute(place)) if isinstance(place, Path) else place

    return replace(
        root,
        place=absolute(root.place) or root.place,
        out=absolute(root.out) or root.out,
        top=absolute(root.top),
        results=absolute(root.results),
    )


def _rows(ray: Any, found: list[Root], work: tuple[Options, Naming], workers: int | None) -> Iterator[dict[str, Any]]:
    options, naming = work
    count, cpus, gpus = _share(ray.nodes(), workers)
    items = [{"number": number, "root": pickle.dumps(root)} for number, root in enumerate(found)]
    listed = ray.data.from_items(items, override_num_blocks=len(found)).flat_map(
        _Lister(naming, options.existing, time.time()), num_cpus=0.1
    )
    yield from (
        listed.repartition(target_num_rows_per_block=_BATCH)
        .map_batches(
            _Worker,
            fn_constructor_args=(options, max(1, math.floor(cpus))),
            batch_size=_BATCH,
            compute=ray.data.ActorPoolStrategy(min_size=1, max_size=count, initial_size=count),
            num_cpus=cpus,
            num_gpus=gpus,
        )
        .iter_rows()
    )


def _watched(rows: Callable[[], Iterator[dict[str, Any]]], check: Callable[[], None]) -> Iterator[dict[str, Any]]:
    """Yield rows as they arrive, and check for cancellation in between."""
    queue: Queue[dict[str, Any] | BaseException | None] = Queue()

    def collect() -> None:
        try:
            for row in rows():
                queue.put(row)
            queue.put(None)
        except BaseException as error:  # raised again in the thread that waits for rows
            queue.put(error)

    Thread(target=collect, daemon=True).start()
    while True:
        try:
            row = queue.get(timeout=_PATIENCE)
        except Empty:
            check()
            continue
        if row is None:
            return
        if isinstance(row, BaseException):
            raise row
        check()
        yield row


class _Lister:
    """Lists a root, and handles existing results."""

    def __init__(self, naming: Naming, existing: Existing, begin: float) -> None:
        self._naming, self._existing, self._begin = naming, existing, begin

    def __call__(self, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
        root: Root = pickle.loads(row["root"])  # created by this run
        try:
            jobs = list(plan.list_jobs(root, self._naming))
        except BlindSRError as error:
            jobs = [Job(root.place, root.out, error)]
        for job in jobs:
            yield self._row(int(row["number"]), Outcome(job, job.error), 1 / len(jobs))
        if not jobs:
            yield self._row(int(row["number"]), None, 1.0)

    def _row(self, number: int, outcome: Outcome | None, share: float) -> dict[str, Any]:
        """Row of an image to restore, of its outcome, or of an empty folder."""
        settled = outcome and (outcome if outcome.error else self._settled(outcome.job))
        line = json.dumps(settled.to_dict()) if settled else ""
        job = b"" if outcome is None or settled else pickle.dumps(outcome.job)
        return {"root": number, "share": share, "job": job, "line": line}

    def _settled(self, job: Job) -> Outcome | None:
        written = None if self._existing == "replace" else locations.modification_time(job.target)
        # Results of this run do not count as existing if Ray repeats the listing
        if written is None or written >= self._begin:
            return None
        if self._existing == "skip":
            return Outcome(job, skipped=True)
        return Outcome(job, OutputExistsError(job.target))


class _Worker:
    """Worker that holds a model and restores files."""

    def __init__(self, options: Options, threads: int) -> None:
        torch.set_num_threads(threads)
        # Existing results were written by a worker that crashed while it had these images
        self._restorer = Restorer(replace(options, skip_existing=not options.overwrite))

    def __call__(self, batch: _Rows) -> _Rows:
        jobs = [pickle.loads(job) for job in batch["job"].tolist() if job]
        outcomes = iter(restore_all(jobs, self._restorer))
        lines = [
            json.dumps(self._line(next(outcomes))) if job else line
            for job, line in zip(batch["job"].tolist(), batch["line"].tolist(), strict=True)
        ]
        return {"root": batch["root"], "share": batch["share"], "line": np.array(lines)}

    def _line(self, outcome: Outcome) -> dict[str, Any]:
        """Convert an outcome; an existing result was written by this run, since earlier ones were handled before."""
        return replace(outcome, skipped=False).to_dict()


def _started(address: str | None) -> Any:
    """Connect to Ray; it sends no usage statistics unless the user has enabled them."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray.data  # noqa: PLC0415  # an extra
    except ImportError:
        raise BlindSRError(
            "a cluster requires additional libraries: pip install 'blindsr[cluster]'", Code.MISSING_DEPENDENCY
        ) from None
    options: dict[str, Any] = {"include_dashboard": False} if address is None else {"address": address}
    try:
        ray.init(log_to_driver=False, logging_level=logging.ERROR, configure_logging=True, **options)
    except Exception as error:  # a node that does not start in time is a plain Exception
        joined = "start a cluster on this machine" if address is None else f"connect to the cluster {address}"
        raise BlindSRError(f"cannot {joined}: {str(error).splitlines()[0]}") from None
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    ray.data.DataContext.get_current().enable_progress_bars = False
    return ray


def _share(nodes: list[dict[str, Any]], workers: int | None) -> tuple[int, float, float]:
    """Return the number of workers, and the numbers of processors and GPUs of each.

    One processor per machine is reserved for listing and transfer.
    """
    machines = [node["Resources"] for node in nodes if node["Alive"]]
    gpus = sum(int(machine.get("GPU", 0)) for machine in machines)
    count = workers or gpus or len(machines)
    each = math.ceil(count / len(machines))
    free = min(machine.get("CPU", 1) for machine in machines) - 1
    return count, max(0.1, round(free / each, 2)), 1.0 if gpus >= count else 0.0
