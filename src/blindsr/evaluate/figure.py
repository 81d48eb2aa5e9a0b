"""Figures to files, whole or not at all."""

from pathlib import Path
from typing import TYPE_CHECKING

from blindsr.atomic import beside
from blindsr.errors import BlindSRError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save(figure: "Figure", path: Path) -> None:
    """Write a figure as the ending of the name says: PNG, PDF or SVG.

    Raises:
        BlindSRError: another ending, or a place that cannot be written.
    """
    try:
        with beside(path) as part:
            figure.savefig(part, dpi=150)
    except (OSError, ValueError) as error:
        raise BlindSRError(f"cannot write {path}: {getattr(error, 'strerror', None) or error}") from None
