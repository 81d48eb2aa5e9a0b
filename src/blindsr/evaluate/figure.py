"""Figures to files, whole or not at all."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

from blindsr import files
from blindsr.errors import BlindSRError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_SUFFIXES = (".png", ".pdf", ".svg")


def check(path: Path) -> None:
    """Refuse a place that no figure can be written to; meant to be asked before hours of measuring.

    Raises:
        BlindSRError: another ending, or a folder that is not there or not writable.
    """
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
