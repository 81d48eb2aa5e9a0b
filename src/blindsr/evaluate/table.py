"""Scores to read: a table on the terminal, JSON for programs, Markdown for documents."""

import dataclasses
import json
import math
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from blindsr.evaluate.run import Column, Score, Scores

SCHEMA_VERSION = 1


def rich_table(scores: Scores) -> Table:
    """A row each for bicubic, the model, the paper (if any) and the difference; a column for each data set."""
    title = f"{scores.protocol.name}: {scores.protocol.title}"
    table = Table(title=title, caption=_caption(scores), title_justify="left", caption_justify="left")
    table.add_column()
    for column in scores.columns:
        table.add_column(_heading(column), justify="right")
    for name, *cells in _lines(scores):
        table.add_row(name, *cells)
    return table


def markdown(scores: Sequence[Scores]) -> str:
    """The same tables in Markdown, one after the other."""
    return "\n".join(_markdown(one) for one in scores)


def to_dict(scores: Sequence[Scores]) -> dict[str, Any]:
    """Plain values for JSON; an infinite PSNR is the string ``"inf"``, a number that a paper does not give is null."""
    return {"schema_version": SCHEMA_VERSION, "protocols": [_protocol(one) for one in scores]}


def to_json(scores: Sequence[Scores]) -> str:
    """`to_dict` as text."""
    return json.dumps(to_dict(scores), indent=2, allow_nan=False) + "\n"


def _lines(scores: Scores) -> list[list[str]]:
    """The body of the table: name of the row, then a cell for each data set."""
    row = scores.protocol.paper_row(scores.model)
    columns = scores.columns
    model = [scores.model, *(_score(column.model) for column in columns)]
    bicubic = ["bicubic", *(_score(column.bicubic) for column in columns)]
    ours = [model] if model == bicubic else [bicubic, model]
    if not scores.protocol.paper:
        return ours
    return [
        *ours,
        [f"paper: {row}", *("-" if column.paper is None else f"{column.paper:.2f}" for column in columns)],
        ["difference", *("-" if column.difference is None else f"{column.difference:+.2f}" for column in columns)],
    ]


def _markdown(scores: Scores) -> str:
    rows = [["", *(_heading(column) for column in scores.columns)], ["---", *("---:" for _ in scores.columns)]]
    body = "\n".join(f"| {' | '.join(cells)} |" for cells in [*rows, *_lines(scores)])
    return f"**{scores.protocol.name}**: {scores.protocol.title}\n\n{body}\n\n{_caption(scores)}\n"


def _caption(scores: Scores) -> str:
    looks = scores.columns[0].model.lpips is not None
    measured = f"PSNR in dB / SSIM{' / LPIPS (RGB, whole image)' * looks}"
    return f"{measured} on {scores.protocol.convention}. {scores.protocol.source}."


def _heading(column: Column) -> str:
    return f"{column.data_set} ({len(column.rows)})"


def _score(score: Score) -> str:
    looks = "" if score.lpips is None else f" / {score.lpips:.4f}"
    return f"{score.psnr:.2f} / {score.ssim:.4f}{looks}"


def _protocol(scores: Scores) -> dict[str, Any]:
    protocol = scores.protocol
    return {
        "protocol": protocol.name,
        "title": protocol.title,
        "source": protocol.source,
        "scale": protocol.scale,
        "convention": dataclasses.asdict(protocol.convention),
        "model": scores.model,
        "settings": dict(scores.settings),
        "paper_row": protocol.paper_row(scores.model),
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
        "images": images,
    }


def _values(score: Score) -> dict[str, float | str]:
    looks = {} if score.lpips is None else {"lpips": score.lpips}
    return {"psnr": _finite(score.psnr), "ssim": score.ssim, **looks}


def _finite(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)
