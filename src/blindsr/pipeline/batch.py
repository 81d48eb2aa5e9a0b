"""Restoration of many files; reading, restoring and writing overlap."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

from blindsr.inference.progress import CancelledError, Watch
from blindsr.pipeline.options import Options
from blindsr.pipeline.outcome import PER_IMAGE_ERRORS, OpenedFile, Outcome, Result
from blindsr.pipeline.planning.locations import Workspace
from blindsr.pipeline.planning.plan import Job
from blindsr.pipeline.restorer import Restorer


def restore_all(
    jobs: Sequence[Job],
    options: Options | Restorer,
    *,
    progress: Callable[[float], None] | None = None,
) -> Iterator[Outcome]:
    """Restore files in order; errors of single files do not stop the others.

    Results are written atomically, so an interrupted run can be resumed with ``skip_existing``. Closing the iterator
    early finishes pending writes and starts no further work.

    Args:
        jobs: sources and targets, as returned by `plan`.
        options: named as those of ``blindsr upscale``; or a restorer that was made from them.
        progress: called with the finished fraction; a `Watch` can also cancel the work.

    Yields:
        An outcome for each job, in their order, once its file is written.

    Raises:
        CancelledError: the watch cancelled the work; outcomes of finished files come first.
    """
    restorer = options if isinstance(options, Restorer) else Restorer(options)
    watch = Watch.of(progress)
    with Workspace() as work, ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as writer:
        ahead: deque[tuple[Job, Future[OpenedFile]]] = deque()
        written: deque[tuple[Outcome, Future[None]]] = deque()
        pending = iter(jobs)
        try:
            for number in range(len(jobs)):
                ahead.extend((job, reader.submit(restorer.read, job, work)) for job in islice(pending, 2 - len(ahead)))
                job, reading = ahead.popleft()
                ahead.extend((job, reader.submit(restorer.read, job, work)) for job in islice(pending, 1))
                opened, outcome, result = _restored(restorer, (job, reading), work, watch.part(number, len(jobs)))
                future = writer.submit(_write, restorer, opened, result, work)
                while written:
                    yield _settled(*written.popleft(), restorer, work)
                written.append((outcome, future))
                watch.part(number, len(jobs))(1.0)
            while written:
                yield _settled(*written.popleft(), restorer, work)
        except CancelledError:
            while written:
                yield _settled(*written.popleft(), restorer, work)
            raise
        finally:
            reader.shutdown(cancel_futures=True)


def _restored(
    restorer: Restorer, ahead: tuple[Job, "Future[OpenedFile]"], work: Workspace, watch: Watch
) -> tuple[OpenedFile | None, Outcome, Result]:
    job, reading = ahead
    try:
        opened = reading.result()
        return opened, *restorer.restore(opened, watch)
    except CancelledError:
        raise
    except PER_IMAGE_ERRORS as error:
        return None, restorer.failed(job, error, work), None


def _write(restorer: Restorer, opened: OpenedFile | None, result: Result, work: Workspace) -> None:
    if opened is not None:
        restorer.write(opened, result, work)


def _settled(outcome: Outcome, writing: "Future[None]", restorer: Restorer, work: Workspace) -> Outcome:
    """Return the outcome of a file after its write has finished or failed."""
    try:
        writing.result()
    except PER_IMAGE_ERRORS as error:
        return restorer.failed(outcome.job, error, work)
    return outcome
