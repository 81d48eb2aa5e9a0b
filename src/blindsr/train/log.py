"""Log of a run: JSON lines, TensorBoard, and a progress bar or plain lines."""

import json
import logging
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from lightning_fabric.loggers.tensorboard import TensorBoardLogger
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from blindsr import files

_log = logging.getLogger(__name__)
_PLAIN_INTERVAL = 30.0


class RunLog:
    """Writes ``log.jsonl`` and TensorBoard events into a run's folder and shows progress on stderr."""

    def __init__(self, run: Path, stage: str, steps: int, step: int) -> None:
        """Start at a step; later lines of the file were written by an interrupted run and are removed."""
        self._path = run / "log.jsonl"
        _keep(self._path, stage, step)
        self._stage = stage
        self._steps = steps
        self._board = TensorBoardLogger(run, name="tensorboard", version=stage, purge_step=step + 1)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        console = Console(stderr=True)
        self._progress = Progress(*columns, TextColumn("{task.fields[speed]}"), console=console)
        self._task = self._progress.add_task(stage, total=steps, completed=step, speed="")
        self._plain = not sys.stderr.isatty()
        self._last = 0.0

    def __enter__(self) -> "RunLog":
        if not self._plain:
            self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()
        self._board.finalize("success" if error is None else "failed")

    def step(self, step: int, values: dict[str, float], speed: float, left: float) -> None:
        """Record losses averaged since the last call; ``speed`` in crops a second, ``left`` in seconds."""
        self._write("train", step, {**values, "speed": speed})
        self._progress.update(self._task, completed=step, speed=f"{speed:.1f} crops/s loss {values['loss']:.4f}")
        if self._plain and time.monotonic() - self._last > _PLAIN_INTERVAL:
            self._last = time.monotonic()
            losses = ", ".join(f"{name} {value:.4f}" for name, value in values.items())
            message = "%s %d/%d: %s, %.1f crops/s, %.0f min left"
            _log.info(message, self._stage, step, self._steps, losses, speed, left / 60)

    def validation(self, step: int, values: dict[str, float]) -> None:
        """Record a validation."""
        self._write("validation", step, values)
        _log.info("%s %d: %s", self._stage, step, ", ".join(f"{name} {value:.3f}" for name, value in values.items()))

    def _write(self, kind: str, step: int, values: dict[str, float]) -> None:
        line: dict[str, Any] = {"stage": self._stage, "kind": kind, "step": step, **values}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        self._board.log_metrics({f"{kind}/{name}": value for name, value in values.items()}, step)


def _keep(path: Path, stage: str, step: int) -> None:
    if path.exists():
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        files.write_file(path, "".join(text for text in lines if _before(text, stage, step)))


def _before(text: str, stage: str, step: int) -> bool:
    try:
        line = json.loads(text)
    except ValueError:  # torn by a crash
        return False
    return bool(line["stage"] != stage or line["step"] <= step)
