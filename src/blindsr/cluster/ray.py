"""The work of `batch` on a Ray cluster: lists, models and files are spread over its machines.

Ray Data streams: what is listed waits for the workers, so no list of all images is ever held. A worker that dies is
started again and its images are done again; what it had written by then counts as done.
"""

import json
import logging
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from blindsr.analysis.choice import Auto
from blindsr.cluster.store import Root, Workplace, listed, modified, roots
from blindsr.contract import Hints
from blindsr.errors import BlindSRError
from blindsr.files import PlaceTakenError
from blindsr.inference.upscaler import Upscaler
from blindsr.pipeline.batch import Existing, Form, Outcome, restore_all
from blindsr.pipeline.naming import Job, Naming

_BATCH = 4
"""Images that a worker takes at a time: while one is restored, the next is read and the last is written."""
_Rows = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Work:
    """What every worker is told."""

    build: Callable[[], Upscaler | Auto]
    """Makes what restores; it travels to the workers, and so must all that it holds."""
    naming: Naming
    hints: Hints = Hints()
    form: Form = Form()
    existing: Existing = "refuse"
    report: bool = False


def restore_on_ray(
    inputs: list[str], out: str, work: Work, *, address: str | None = None, workers: int | None = None
) -> Iterator[dict[str, Any]]:
    """Restore images by as many workers as there are machines, or as are wanted.

    Args:
        inputs: files, folders and patterns, as fsspec names them.
        out: a folder, likewise.
        work: how.
        address: of a cluster, as Ray names it; this machine alone if not given.
        workers: how many; each has a model of its own.

    Yields:
        What `Outcome.line` says of each image, in any order.

    Raises:
        BlindSRError: nothing to read, no such cluster, or Ray is not there.
    """
    found = roots(inputs, out, work.naming)
    ray = _started(address)
    try:
        count, cpus, gpus = _share(ray.nodes(), workers)
        begin = time.time()
        items = ray.data.from_items([vars(root) for root in found], override_num_blocks=len(found))
        rows = items.flat_map(_Lister(work.naming, work.existing, begin), num_cpus=0.1).repartition(
            target_num_rows_per_block=_BATCH
        )
        lines = rows.map_batches(
            _Worker,
            fn_constructor_args=(work, max(1, math.floor(cpus))),
            batch_size=_BATCH,
            compute=ray.data.ActorPoolStrategy(size=count),
            num_cpus=cpus,
            num_gpus=gpus,
        )
        for row in lines.iter_rows():
            yield json.loads(row["line"])
    finally:
        ray.shutdown()


class _Lister:
    """Lists a root, and settles what becomes of results that are there already."""

    def __init__(self, naming: Naming, existing: Existing, begin: float) -> None:
        self._naming, self._existing, self._begin = naming, existing, begin

    def __call__(self, row: dict[str, Any]) -> Iterator[dict[str, str]]:
        root = Root(**row)
        try:
            for source, target in listed(root, self._naming):
                yield {"input": source, "output": target, **self._settled(target)}
        except BlindSRError as error:
            yield {"input": root.place, "output": root.out, "status": "failed", "error": str(error)}

    def _settled(self, target: str) -> dict[str, str]:
        written = None if self._existing == "replace" else modified(target)
        # What this run has written counts for nothing where the list is made once more
        if written is None or written >= self._begin:
            return {"status": "", "error": ""}
        if self._existing == "skip":
            return {"status": "skipped", "error": ""}
        return {"status": "failed", "error": str(PlaceTakenError(target))}


class _Worker:
    """Holds a model, and restores what it is given."""

    def __init__(self, work: Work, threads: int) -> None:
        torch.set_num_threads(threads)
        self._work, self._upscaler = work, work.build()

    def __call__(self, batch: _Rows) -> _Rows:
        columns = zip(*(batch[name].tolist() for name in ("input", "output", "status", "error")), strict=True)
        with TemporaryDirectory() as folder:
            lines = [json.dumps(line) for line in self._lines(list(columns), Workplace(Path(folder)))]
        return {"line": np.array(lines)}

    def _lines(self, rows: list[tuple[str, str, str, str]], place: Workplace) -> Iterator[dict[str, Any]]:
        jobs: list[tuple[str, str, Job]] = []
        for source, target, status, error in rows:
            if status:
                yield {
                    **Outcome(Job(Path(), Path()), error or None, status == "skipped").line(),
                    **_ends(source, target),
                }
                continue
            try:
                jobs.append((source, target, place.fetch(source, target)))
            except BlindSRError as failure:
                yield {**Outcome(Job(Path(), Path()), str(failure)).line(), **_ends(source, target)}
        # What is there by now was written by a worker that died with these images in hand
        existing: Existing = "replace" if self._work.existing == "replace" else "skip"
        outcomes = restore_all(
            self._upscaler,
            [job for _, _, job in jobs],
            self._work.hints,
            existing=existing,
            form=self._work.form,
            report=self._work.report,
        )
        for (source, target, job), outcome in zip(jobs, outcomes, strict=True):
            yield {**_delivered(outcome, (job, target), place, existing).line(), **_ends(source, target)}


def _delivered(outcome: Outcome, ends: tuple[Job, str], place: Workplace, existing: Existing) -> Outcome:
    job, target = ends
    if outcome.error is not None or outcome.skipped:
        place.forget(job)
        return Outcome(job) if outcome.skipped else outcome
    try:
        place.deliver(job, target, overwrite=existing == "replace")
    except PlaceTakenError as error:
        return Outcome(job, skipped=True) if existing == "skip" else Outcome(job, str(error))
    except BlindSRError as error:
        return Outcome(job, str(error))
    return outcome


def _ends(source: str, target: str) -> dict[str, str]:
    return {"input": source, "output": target}


def _started(address: str | None) -> Any:
    """Ray, connected; it sends no statistics anywhere unless the user has said so."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray.data  # noqa: PLC0415  # an extra
    except ImportError:
        raise BlindSRError("a cluster needs other libraries: pip install 'blindsr[cluster]'") from None
    options: dict[str, Any] = {"include_dashboard": False} if address is None else {"address": address}
    try:
        ray.init(log_to_driver=False, logging_level=logging.ERROR, configure_logging=True, **options)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise BlindSRError(f"cannot join the cluster {address}: {str(error).splitlines()[0]}") from None
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    ray.data.DataContext.get_current().enable_progress_bars = False
    return ray


def _share(nodes: list[dict[str, Any]], workers: int | None) -> tuple[int, float, float]:
    """How many workers there are, and the processors and GPUs of each.

    A processor of every machine is left to listing and to what passes images on, without which nothing moves.
    """
    machines = [node["Resources"] for node in nodes if node["Alive"]]
    gpus = sum(int(machine.get("GPU", 0)) for machine in machines)
    count = workers or gpus or len(machines)
    each = math.ceil(count / len(machines))
    free = min(machine.get("CPU", 1) for machine in machines) - 1
    return count, max(0.1, round(free / each, 2)), 1.0 if gpus >= count else 0.0
