"""Figures of matplotlib: lines, and atomic writing."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from blindsr import files
from blindsr.errors import BlindSRError, Code

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_SUFFIXES = (".png", ".pdf", ".svg")


@dataclass(frozen=True)
class Line:
    """One line of a plot."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    dashed: bool = False
    """Whether the line is dashed, as those of published values are."""


def plotted(lines: Sequence[Line], title: str, x: str, y: str = "PSNR (dB)", *, log: bool = False) -> "Figure":
    """Plot lines.

    Args:
        lines: at least one line.
        title: title above the plot.
        x: label of the x axis.
        y: label of the y axis.
        log: whether x is logarithmic.
    """
    figure = blank()
    axes = figure.add_subplot()
    for line in lines:
        axes.plot(line.x, line.y, "--" if line.dashed else "-", marker="o", markersize=4, label=line.label)
    axes.set(title=title, xlabel=x, ylabel=y)
    if log:
        axes.set_xscale("log")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize="small")
    return figure


def blank(width: float = 6, height: float = 4) -> "Figure":
    """Create a figure of a size in inches.

    Raises:
        BlindSRError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise BlindSRError(
            "plotting requires matplotlib: pip install 'blindsr[plot]'", Code.MISSING_DEPENDENCY
        ) from None
    return Figure(figsize=(width, height), layout="constrained")


def check_figure(path: Path, libraries: Sequence[str] = ("matplotlib",)) -> None:
    """Check before the work that a figure can be drawn and written.

    Args:
        path: path of the figure.
        libraries: libraries that draw it.

    Raises:
        BlindSRError: a library is not installed, the extension is not supported, or the folder is missing or not
            writable.
    """
    if any(find_spec(name) is None for name in libraries):
        raise BlindSRError(
            f"plotting requires {' and '.join(libraries)}: pip install 'blindsr[plot]'", Code.MISSING_DEPENDENCY
        )
    if path.suffix.lower() not in _SUFFIXES:
        raise BlindSRError(f"cannot write {path}: expected a .png, .pdf or .svg file", Code.CANNOT_WRITE)
    files.check_writable(path)


def save_figure(figure: "Figure", path: Path, *, overwrite: bool = True) -> None:
    """Write a figure in the format of its file name: PNG, PDF or SVG.

    Raises:
        BlindSRError: the extension is not supported, or the file cannot be written.
    """
    check_figure(path)
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=150, format=path.suffix[1:].lower())
    files.write_file(path, buffer.getvalue(), overwrite=overwrite)
