"""Figures to files, whole or not at all."""

import io
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from blindsr import files
from blindsr.errors import BlindSRError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_SUFFIXES = (".png", ".pdf", ".svg")


def check(path: Path, libraries: Sequence[str] = ("matplotlib",)) -> None:
    """Refuse a figure that cannot be drawn or written; meant to be called before hours of measuring.

    Args:
        path: of the figure.
        libraries: what draws it.

    Raises:
        BlindSRError: a library that is not installed, another ending, or a folder that is not there or not writable.
    """
    if any(find_spec(name) is None for name in libraries):
        raise BlindSRError(f"drawing needs {' and '.join(libraries)}: pip install 'blindsr[plot]'")
    if path.suffix.lower() not in _SUFFIXES:
        raise BlindSRError(f"cannot write {path}: a figure is a PNG, PDF or SVG file")
    files.check_writable(path)


def save(figure: "Figure", path: Path, *, overwrite: bool = True) -> None:
    """Write a figure as the ending of the name says: PNG, PDF or SVG.

    Raises:
        BlindSRError: another ending, or a place that cannot be written.
    """
    check(path)
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=150, format=path.suffix[1:].lower())
    files.write(path, buffer.getvalue(), overwrite=overwrite)
