"""Figures to files, whole or not at all."""

from pathlib import Path
from typing import TYPE_CHECKING

from blindsr.errors import BlindSRError
from blindsr.evaluate import textfile
from blindsr.files import beside

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
    textfile.check_writable(path)


def save(figure: "Figure", path: Path) -> None:
    """Write a figure as the ending of the name says: PNG, PDF or SVG.

    Raises:
        BlindSRError: another ending, or a place that cannot be written.
    """
    check(path)
    try:
        with beside(path) as part:
            figure.savefig(part, dpi=150)
    except (OSError, ValueError) as error:
        raise BlindSRError(f"cannot write {path}: {getattr(error, 'strerror', None) or error}") from None
