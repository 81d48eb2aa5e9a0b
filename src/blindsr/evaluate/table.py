"""Output of scores: tables for the terminal, JSON and Markdown."""

import dataclasses
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from blindsr.evaluate.definition import Protocol, RealProtocol
from blindsr.evaluate.measures import Measure, Score
from blindsr.evaluate.scores import Column, Scores

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Grid:
    """A table with a title, a heading per column, rows of a name and cells, and a caption."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str


def grids(scores: Scores) -> list[Grid]:
    """Return one table with a column per data set, or one table per set of real photographs."""
    if isinstance(scores.protocol, RealProtocol):
        return [_of_photographs(scores, column) for column in scores.columns]
    return [_of_protocol(scores, scores.protocol)]


def rich_table(grid: Grid) -> Table:
    """Convert to a table for the terminal."""
    table = Table(title=grid.title, caption=grid.caption, title_justify="left", caption_justify="left")
    table.add_column()
    for heading in grid.headings:
        table.add_column(heading, justify="right")
    for row in grid.rows:
        table.add_row(*row)
    return table


def markdown(scores: Sequence[Scores]) -> str:
    """Convert scores to tables in Markdown."""
    return "\n".join(markdown_of(grid) for one in scores for grid in grids(one))


def to_dict(scores: Sequence[Scores]) -> dict[str, Any]:
    """Convert to plain values for JSON; an infinite PSNR is ``"inf"``, a value missing in a paper is null."""
    return {"schema_version": SCHEMA_VERSION, "protocols": [_protocol(one) for one in scores]}


def to_json(scores: Sequence[Scores]) -> str:
    """Convert to JSON text; see `to_dict`."""
    return json.dumps(to_dict(scores), indent=2, allow_nan=False) + "\n"


def _of_protocol(scores: Scores, protocol: Protocol) -> Grid:
    """Build a table with rows for bicubic, the model, the paper (if any) and the difference; a column per data set."""
    columns, measures = scores.columns, scores.measures
    rows = _ours(
        ("bicubic", *(_cell(column.bicubic, measures) for column in columns)),
        (scores.model, *(_cell(column.model, measures) for column in columns)),
    )
    if protocol.paper:
        paper = ("-" if column.paper is None else f"{column.paper:.2f}" for column in columns)
        difference = ("-" if column.difference is None else f"{column.difference:+.2f}" for column in columns)
        rows += [(f"paper: {protocol.paper_row(scores.model)}", *paper), ("difference", *difference)]
    measured = " / ".join(measure.label for measure in measures)
    return Grid(
        f"{protocol.name}: {protocol.title}",
        tuple(f"{column.data_set} ({len(column.rows)})" for column in columns),
        tuple(rows),
        f"{measured} on {protocol.convention}. {_whole(measures)}{protocol.source}.",
    )


def _of_photographs(scores: Scores, column: Column) -> Grid:
    """Build a table with rows for bicubic, the model and published models, or a row per unpaired photograph."""
    protocol, measures = scores.protocol, scores.measures
    rows = _ours(
        ("bicubic", *_cells(column.bicubic, measures)),
        (scores.model, *_cells(column.model, measures)),
    )
    for name, values in column.published.items():
        cells = (measure.text(values[measure.name]) if measure.name in values else "-" for measure in measures)
        rows.append((f"published: {name}", *cells))
    if "psnr" not in column.model.values:
        rows = [*((row.image, *_cells(row.model, measures)) for row in column.rows), *rows]
    convention = f"PSNR and SSIM on {protocol.convention}. " if "psnr" in column.model.values else ""
    source = f"{protocol.source}." if column.published else ""
    return Grid(
        f"{protocol.name}: {protocol.title}, x{protocol.scale}, {column.data_set} ({len(column.rows)})",
        tuple(measure.label for measure in measures),
        tuple(rows),
        f"{convention}{_whole(measures)}{source}".strip(),
    )


def _ours(bicubic: tuple[str, ...], model: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the rows of bicubic and the model; only one if the model is bicubic."""
    return [bicubic] if model == bicubic else [bicubic, model]


def _whole(measures: Sequence[Measure]) -> str:
    """Describe the measures without a convention, for the caption."""
    others = [one.label for one in measures if not one.name.startswith(("psnr", "ssim", "artefacts"))]
    known = (
        "Artefacts: fine structure in flat parts against bicubic. " if "artefacts" in {m.name for m in measures} else ""
    )
    return known + (f"{', '.join(others)} of the whole 8-bit image. " if others else "")


def markdown_of(grid: Grid) -> str:
    """Convert a table to Markdown."""
    rows = [("", *grid.headings), ("---", *("---:" for _ in grid.headings)), *grid.rows]
    body = "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
    name, _, title = grid.title.partition(": ")
    return f"**{name}**: {title}\n\n{body}\n\n{grid.caption}\n"


def _cell(score: Score, measures: Sequence[Measure]) -> str:
    return " / ".join(_cells(score, measures))


def _cells(score: Score, measures: Sequence[Measure]) -> list[str]:
    return [measure.text(score.values[measure.name]) for measure in measures]


def _protocol(scores: Scores) -> dict[str, Any]:
    protocol = scores.protocol
    row = None if isinstance(protocol, RealProtocol) else protocol.paper_row(scores.model)
    return {
        "protocol": protocol.name,
        "title": protocol.title,
        "source": protocol.source,
        "scale": protocol.scale,
        "convention": dataclasses.asdict(protocol.convention),
        "measures": {measure.name: measure.label for measure in scores.measures},
        "model": scores.model,
        "settings": dict(scores.settings),
        "paper_row": row,
        "data_sets": [_data_set(column) for column in scores.columns],
    }


def _data_set(column: Column) -> dict[str, Any]:
    images = [{"image": row.image, "bicubic": _values(row.bicubic), "model": _values(row.model)} for row in column.rows]
    return {
        "name": column.data_set,
        "bicubic": _values(column.bicubic),
        "model": _values(column.model),
        "paper": column.paper,
        "difference": None if column.difference is None else _finite(column.difference),
        "published": {name: dict(values) for name, values in column.published.items()},
        "images": images,
    }


def _values(score: Score) -> dict[str, float | str]:
    return {name: _finite(value) for name, value in score.values.items()}


def _finite(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)
