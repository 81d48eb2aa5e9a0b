"""Report of a study: tables of published and measured numbers, and the progress of training."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table as RichTable

from blindsr.evaluate.table import Grid, markdown_of, rich_table
from blindsr.reproduce.measure import MeasuredCell
from blindsr.reproduce.runs import Trained, to_dict
from blindsr.reproduce.study import Column, Study, Table, protocol_of
from blindsr.version import __version__

SCHEMA_VERSION = 1
_DIGITS = {"psnr": 2, "ssim": 4, "lpips": 4, "seconds": 3, "multiply-adds": 2}


@dataclass(frozen=True)
class Report:
    """Results of a study."""

    study: Study
    budget: str
    seeds: int
    cells: dict[tuple[int, int, int], MeasuredCell]
    """By table, row and column."""
    runs: tuple[Trained, ...]
    missing: tuple[str, ...]
    """Data sets of the study that were not given."""
    partial: tuple[str, ...]
    """Data sets of which not all images were measured."""
    drawn: dict[str, Any] = field(default_factory=dict)
    """Numbers in the figure."""

    def grids(self) -> list[Grid]:
        """Return the tables of the results."""
        return [self._grid(number, table) for number, table in enumerate(self.study.tables)]

    def markdown(self) -> str:
        """Format the report in Markdown."""
        one = self.study
        parts = [f"# {one.name}: {one.title}", f"{one.source}. {one.convention}"]
        parts += [one.notes] if one.notes else []
        parts += [markdown_of(grid).strip() for grid in self.grids()]
        if self.drawn:
            parts += ["## Figure", "```json\n" + json.dumps(_plain(self.drawn), indent=1) + "\n```"]
        parts += ["## Training", "\n".join(f"- {line}" for line in self.progress())]
        return "\n\n".join(parts) + "\n"

    def progress(self) -> list[str]:
        """Describe the progress of trainings and missing results, in sentences."""
        shown = [run.sentence() for run in self.runs] or ["nothing had to be trained"]
        if self.missing:
            shown.append(f"not measured, because --data has no folder of this name: {', '.join(self.missing)}")
        if self.partial:
            shown.append(f"measured on only some of the images: {', '.join(self.partial)}")
        return shown

    def terminal(self) -> list[RichTable]:
        """Format the tables for the terminal."""
        return [rich_table(grid) for grid in self.grids()]

    def to_dict(self) -> dict[str, Any]:
        """Convert to values for JSON."""
        return {
            "schema_version": SCHEMA_VERSION,
            "study": self.study.name,
            "title": self.study.title,
            "source": self.study.source,
            "convention": self.study.convention,
            "budget": self.budget,
            "seeds": self.seeds,
            "blindsr": __version__,
            "tables": [self._table(number, table) for number, table in enumerate(self.study.tables)],
            "figure": _plain(self.drawn) or None,
            "runs": [to_dict(run) for run in self.runs],
            "missing": list(self.missing),
            "partial": list(self.partial),
        }

    def _grid(self, number: int, table: Table) -> Grid:
        columns, rows = table.each(), []
        for place, row in enumerate(table.rows):
            paper = table.paper(row)
            if any(value is not None for cell in paper for value in cell):
                rows.append((row.label, *(text(cell, column) for cell, column in zip(paper, columns, strict=True))))
            ours = [self.cells.get((number, place, at)) for at in range(len(columns))]
            if any(ours):
                cells = (_ours(*parts) for parts in zip(ours, paper, columns, strict=True))
                rows.append((f"{row.label}, ours", *cells))
        return Grid(table.title, tuple(column.label for column in columns), tuple(rows), self._caption(columns))

    def _caption(self, columns: Sequence[Column]) -> str:
        names = dict.fromkeys(column.protocol for column in columns if column.protocol)
        conventions = dict.fromkeys(str(protocol_of(name).convention) for name in names)
        measured = dict.fromkeys(part for column in columns for part in column.parts)
        words = {"psnr": "PSNR in dB", "ssim": "SSIM", "lpips": "LPIPS"}
        shown = " / ".join(words.get(part, part) for part in measured)
        ours = f"Ours: {'; '.join(conventions)}; the difference from the paper in parentheses. " if conventions else ""
        seeds = f"Mean of {self.seeds} seeds, standard deviation after ±. " if self.seeds > 1 else ""
        return f"{shown}. {ours}{seeds}{self.study.source}."

    def _table(self, number: int, table: Table) -> dict[str, Any]:
        columns = table.each()
        rows = []
        for place, row in enumerate(table.rows):
            ours = [self.cells.get((number, place, at)) for at in range(len(columns))]
            cells = [
                {"paper": _named(column, paper), **_cell(column, found)}
                for column, paper, found in zip(columns, table.paper(row), ours, strict=True)
            ]
            rows.append({"label": row.label, "cells": cells})
        heads = [column.model_dump(mode="json", exclude_none=True) for column in columns]
        return {"title": table.title, "columns": heads, "rows": rows}


def text(cell: Sequence[float | None], column: Column) -> str:
    """Format the numbers of a cell."""
    return " / ".join(_number(value, part) for value, part in zip(cell, column.parts, strict=True))


def _number(value: float | None, part: str) -> str:
    if value is None or math.isnan(value):
        return "-"
    if part == "parameters":
        if value < 1e5:
            return f"{value:,.0f}"
        return f"{value / 1e6:.2f} M" if value >= 1e6 else f"{value / 1e3:.0f} K"
    return f"{value:.{_DIGITS[part]}f}"


def _ours(found: MeasuredCell | None, paper: Sequence[float | None], column: Column) -> str:
    if found is None:
        return "-"
    shown = text(found.mean, column)
    if found.spread is not None and column.quantity is None:
        shown += f" ±{found.spread[0]:.{_DIGITS[column.parts[0]]}f}"
    if column.quantity is None and paper[0] is not None and math.isfinite(found.mean[0]):
        shown += f" ({found.mean[0] - paper[0]:+.{_DIGITS[column.parts[0]]}f})"
    return shown


def _named(column: Column, cell: Sequence[float | None]) -> dict[str, float | None]:
    return dict(zip(column.parts, cell, strict=True))


def _cell(column: Column, found: MeasuredCell | None) -> dict[str, Any]:
    if found is None:
        return {"ours": None}
    spread = None if found.spread is None else _named(column, found.spread)
    seeds = [_named(column, seed) for seed in found.seeds]
    return {"ours": _plain(_named(column, found.mean)), "spread": _plain(spread), "seeds": _plain(seeds)}


def _plain(value: Any) -> Any:
    """Convert values for JSON, which has no infinity."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
