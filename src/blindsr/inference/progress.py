"""Looking on while an image is restored, and stopping it."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

from blindsr.errors import BlindSRError


class CancelledError(BlindSRError):
    """The work was stopped by whoever watched it."""


@dataclass(frozen=True)
class Watch:
    """Who is told how far an image is, and how it can be stopped from another thread; nobody and not by default."""

    progress: Callable[[float], None] | None = None
    """Is told the finished fraction after each tile."""
    cancel: Event | None = None
    """Once it is set, the work stops after the tile at hand."""

    def __call__(self, fraction: float) -> None:
        """Tell how far the work is.

        Raises:
            CancelledError: it is to stop.
        """
        if self.cancel is not None and self.cancel.is_set():
            raise CancelledError("cancelled before the image was finished")
        if self.progress is not None:
            self.progress(fraction)
