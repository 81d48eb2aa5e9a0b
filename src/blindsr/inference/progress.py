"""Looking on while an image is restored, and stopping it."""

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
    """Who is told how far an image is, and how it can be stopped from another thread; nobody and not by default."""

    progress: Callable[[float], None] | None = None
    """Is told the finished fraction after each tile."""
    cancel: Event | None = None
    """Once it is set, the work stops after the tile at hand."""
    on_warning: Callable[[str], None] | None = None
    """Is told in a sentence of what went wrong and was mended; the log is if nobody."""

    def warn(self, sentence: str) -> None:
        """Pass on what went wrong and was mended."""
        (_log.warning if self.on_warning is None else self.on_warning)(sentence)

    def collecting_warnings(self, notes: list[str]) -> "Watch":
        """A watch that also keeps in a list what went wrong and was mended."""

        def note(sentence: str) -> None:
            notes.append(sentence)
            self.warn(sentence)

        return replace(self, on_warning=note)

    @classmethod
    def of(cls, progress: Callable[[float], None] | None) -> "Watch":
        """A watch that calls a function with the finished fraction; it may raise `CancelledError` itself."""
        return progress if isinstance(progress, Watch) else cls(progress)

    def part(self, number: int, count: int) -> "Watch":
        """A watch for one of several equal parts of the work, counted from 0."""
        if self.progress is None:
            return self
        progress = self.progress
        return Watch(lambda fraction: progress((number + fraction) / count), self.cancel, self.on_warning)

    def __call__(self, fraction: float) -> None:
        """Tell how far the work is.

        Raises:
            CancelledError: it is to stop.
        """
        if self.cancel is not None and self.cancel.is_set():
            raise CancelledError("cancelled before the image was finished")
        if self.progress is not None:
            self.progress(fraction)
