"""PSNR against gradient steps on the image itself (MZSR, Figure 3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from blindsr.errors import BlindSRError, Code
from blindsr.evaluate.definition import Protocol
from blindsr.evaluate.folder import DataSet
from blindsr.evaluate.run import evaluate, restore_with_hints
from blindsr.inference.upscaler import Upscaler
from blindsr.reproduce.drawings.figure import Line, plotted, save_figure


@dataclass(frozen=True)
class Curve:
    """Line of the figure."""

    model: str
    steps: tuple[int, ...]
    """Numbers of steps."""
    psnr: tuple[float, ...]
    """Mean over the data set, dB."""


def curve(model: str, upscaler: Upscaler, protocol: Protocol, data: DataSet, steps: Sequence[int]) -> Curve:
    """Measure a model after different numbers of gradient steps, with the hints of the protocol.

    Raises:
        BlindSRError: the model does not support gradient steps.
    """
    if "steps" not in upscaler.method.supported_hints:
        raise BlindSRError(f"{model} does not support gradient steps on images", Code.UNSUPPORTED_OPTION)
    values = []
    for count in steps:
        (column,) = evaluate(restore_with_hints(upscaler, protocol, count), protocol, [data], model=model).columns
        values.append(column.model.psnr)
    return Curve(model, tuple(steps), tuple(values))


def draw(curves: Sequence[Curve], title: str, path: Path, *, overwrite: bool = True) -> None:
    """Draw the figure to a PNG, PDF or SVG file, atomically.

    Raises:
        BlindSRError: matplotlib is not installed, or the place cannot be written.
    """
    lines = [Line(one.model, one.steps, one.psnr) for one in curves]
    save_figure(plotted(lines, title, "gradient steps"), path, overwrite=overwrite)
