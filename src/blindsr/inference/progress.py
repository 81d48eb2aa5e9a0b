"""Progress and cancellation."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Event

from blindsr.errors import BlindSRError, Code

_log = logging.getLogger(__name__)


class CancelledError(BlindSRError):
    """The work was cancelled."""

    code = Code.CANCELLED


@dataclass(frozen=True)
class Watch:
    """Callbacks for progress and warnings, and an event that cancels the work; none by default."""

    progress: Callable[[float], None] | None = None
    """Called with the finished fraction after each tile."""
    cancel: Event | None = None
    """Cancels the work after the current tile, once it is set."""
    on_warning: Callable[[str], None] | None = None
    """Called with warnings; they are logged by default."""

    def warn(self, sentence: str) -> None:
        """Report a warning."""
        (_log.warning if self.on_warning is None else self.on_warning)(sentence)

    def collecting_warnings(self, notes: list[str]) -> "Watch":
        """Return a watch that also appends warnings to a list."""

        def note(sentence: str) -> None:
            notes.append(sentence)
            self.warn(sentence)

        return replace(self, on_warning=note)

    @classmethod
    def of(cls, progress: Callable[[float], None] | None) -> "Watch":
        """Return a watch for a progress callback, which may raise `CancelledError`."""
        return progress if isinstance(progress, Watch) else cls(progress)

    def part(self, number: int, count: int) -> "Watch":
        """Return a watch for one of ``count`` equal parts of the work, counted from 0."""
        if self.progress is None:
            return self
        progress = self.progress
        return Watch(lambda fraction: progress((number + fraction) / count), self.cancel, self.on_warning)

    def __call__(self, fraction: float) -> None:
        """Report progress.

        Raises:
            CancelledError: cancellation was requested.
        """
        if self.cancel is not None and self.cancel.is_set():
            raise CancelledError("cancelled before the image was finished")
        if self.progress is not None:
            self.progress(fraction)
