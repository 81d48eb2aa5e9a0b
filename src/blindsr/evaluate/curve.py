"""PSNR against gradient steps on the image itself (MZSR, Figure 3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from blindsr.errors import BlindSRError
from blindsr.evaluate.definition import Protocol
from blindsr.evaluate.figure import save
from blindsr.evaluate.folder import DataSet
from blindsr.evaluate.run import evaluate, telling
from blindsr.inference.upscaler import Upscaler


@dataclass(frozen=True)
class Curve:
    """One line of the figure."""

    model: str
    steps: tuple[int, ...]
    psnr: tuple[float, ...]
    """Mean over the data set, dB."""


def curve(model: str, upscaler: Upscaler, protocol: Protocol, data: DataSet, steps: Sequence[int]) -> Curve:
    """Measure a model after different numbers of steps; the kernel is given where the protocol gives it.

    Raises:
        BlindSRError: the model takes no steps.
    """
    if "steps" not in upscaler.method.supported_hints:
        raise BlindSRError(f"{model} takes no gradient steps on images, so it has no such curve")
    values = []
    for count in steps:
        (column,) = evaluate(telling(upscaler, protocol, count), protocol, [data], model=model).columns
        values.append(column.model.psnr)
    return Curve(model, tuple(steps), tuple(values))


def draw(curves: Sequence[Curve], title: str, path: Path, *, overwrite: bool = True) -> None:
    """Draw the figure to a PNG, PDF or SVG file, whole or not at all.

    Raises:
        BlindSRError: matplotlib is not installed, or the place cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise BlindSRError("drawing needs matplotlib: pip install 'blindsr[plot]'") from None
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    for one in curves:
        axes.plot(one.steps, one.psnr, marker="o", label=one.model)
    axes.set(title=title, xlabel="gradient steps", ylabel="PSNR (dB)")
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    save(figure, path, overwrite=overwrite)
