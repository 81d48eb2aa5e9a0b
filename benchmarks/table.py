"""A table that a benchmark prints, and writes as CSV for the page of results."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from blindsr import files

Row = Sequence[str | float]


def show(rows: Sequence[Row], path: Path | None = None) -> None:
    """Print a table, and write it if a path is given.

    Args:
        rows: the first one is the heading; all are of the same length.
        path: of the CSV file, which is replaced.
    """
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip(), flush=True)
    if path is not None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        files.write_file(path, text.getvalue())
