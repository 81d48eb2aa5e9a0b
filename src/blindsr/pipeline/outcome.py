"""States of a file in the pipeline: opened, oversized, and the outcome."""

import errno
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from blindsr.errors import BlindSRError, Code
from blindsr.images import Frames, Picture
from blindsr.inference.tiles import out_of_memory
from blindsr.pipeline.planning import locations
from blindsr.pipeline.planning.locations import Workspace
from blindsr.pipeline.planning.plan import Job

PER_IMAGE_ERRORS = (BlindSRError, OSError, MemoryError, RuntimeError)
"""Errors of a single image; torch raises RuntimeError when memory runs out."""


@dataclass(frozen=True)
class Outcome:
    """Outcome of restoring one file."""

    job: Job
    error: BlindSRError | None = None
    skipped: bool = False
    seconds: float = 0.0
    """Time for estimating the condition and restoring, seconds."""
    megapixels: float = 0.0
    """Megapixels of the result."""
    findings: dict[str, Any] = field(default_factory=dict)
    """Estimates of the method, and the consistency of the result with the image."""
    content: bytes | None = None
    """Content of the result file, if no target was given."""

    def to_dict(self) -> dict[str, Any]:
        """All fields as values for JSON."""
        kind = "failed" if self.error else "skipped" if self.skipped else "done"
        names = {"input": str(self.job.source), "output": str(self.job.target), "status": kind}
        failure = {"error": str(self.error), "code": self.error.code} if self.error else {"error": None}
        measured = {"seconds": round(self.seconds, 3), "megapixels": round(self.megapixels, 4)}
        return {**names, **failure, **measured, **self.findings}


@dataclass(frozen=True)
class OversizedImage:
    """An image whose result does not fit in memory."""

    width: int
    height: int
    limit: int


Content: TypeAlias = Picture | Frames | OversizedImage
Result: TypeAlias = Picture | Frames | None
"""Restored picture or frames; None if already written."""


@dataclass(frozen=True)
class OpenedFile:
    """A decoded file with the local paths of its source and target."""

    job: Job
    source: Path
    target: Path
    content: Content | None
    """Decoded content; None if an existing result is kept."""

    @property
    def map(self) -> Path:
        """Local path of the residual map."""
        return self.target.with_name(locations.name_of(Job(self.source, self.target).map))


def to_error(job: Job, error: Exception, work: Workspace) -> BlindSRError:
    """Convert an operating system error to a message about the original file; other errors are raised again."""
    if isinstance(error, BlindSRError):
        return BlindSRError(work.with_original_names(str(error)), error.code)
    if isinstance(error, OSError):
        message = work.with_original_names(f"{error.filename or job.target}: {error.strerror or error}")
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
        return BlindSRError(message, Code.CANNOT_WRITE if full else Code.CANNOT_READ)
    if isinstance(error, RuntimeError) and not out_of_memory(error):
        raise error
    return BlindSRError(
        f"not enough memory for {job.source}; with a lower --max-memory it is restored in strips", Code.OUT_OF_MEMORY
    )
