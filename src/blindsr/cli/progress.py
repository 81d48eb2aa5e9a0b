"""Progress bar on a terminal."""

import sys
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

import typer

if TYPE_CHECKING:
    from rich.progress import Progress as Bar


class Progress:
    """Progress bar on standard error, if that is a terminal; lines can be printed above it."""

    def __init__(self, total: int | None) -> None:
        """Prepare a bar for a number of files; None if it is unknown."""
        self._total = total
        self._bar: Bar | None = None
        self._stack = ExitStack()
        self._megapixels = 0.0

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and self._total != 1:
            from rich import progress
            from rich.console import Console

            columns = (
                progress.BarColumn(),
                progress.MofNCompleteColumn(),
                progress.TextColumn("{task.fields[speed]}"),
                progress.TimeRemainingColumn(),
            )
            self._bar = self._stack.enter_context(progress.Progress(*columns, console=Console(stderr=True)))
            self._bar.add_task("", total=self._total, speed="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        self._bar = None

    def advance(self, megapixels: float) -> None:
        """Count a finished file and the megapixels of its result."""
        self._megapixels += megapixels
        if self._bar is not None:
            task = self._bar.tasks[0]
            speed = f"{self._megapixels / max(task.elapsed or 0, 1e-3):.2f} megapixels/s"
            self._bar.update(task.id, advance=1, speed=speed)

    def fraction(self, finished: float) -> None:
        """Fraction of all the work that is done, 0 to 1."""
        if self._bar is not None:
            task = self._bar.tasks[0]
            self._bar.update(task.id, completed=finished * (task.total or 1), total=task.total or 1)

    def line(self, text: str, *, err: bool = True) -> None:
        """Print a line above the bar, to standard output or standard error."""
        if self._bar is not None and (err or sys.stdout.isatty()):
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            typer.echo(text, err=err)

    def failed(self, source: str, error: str) -> None:
        """Print the error of a file; its name is added if the message lacks it."""
        self.line(error if source in error else f"{source}: {error}")

    def summary(self, text: str) -> None:
        """Print a line, if standard error is a terminal."""
        if sys.stderr.isatty():
            typer.echo(text, err=True)
