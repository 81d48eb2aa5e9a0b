"""What a study draws: each kind of figure is a record that a study's file fills in, and the drawing of it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import Field

from blindsr.contract import StrictModel
from blindsr.reproduce.figure import Line, plotted

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

    from blindsr.evaluate import DataSet
    from blindsr.inference.upscaler import Upscaler
    from blindsr.reproduce.measure import Ours
    from blindsr.reproduce.runs import Runs, Trained


class Work(Protocol):
    """What a figure is drawn from."""

    runs: "Runs"
    trained: "list[Trained]"
    sets: "dict[str, DataSet]"
    """Test images, by the name of the data set in lower case."""
    cells: "dict[tuple[int, int, int], Ours]"
    """What was measured, by table, row and column."""

    def upscaler(self, variant: str) -> "Upscaler":
        """A variant's model, of the first seed."""


Drawn = tuple["Plot | None", dict[str, Any]]
"""The figure, or None where its data set is missing, and the numbers in it."""


class Drawing(StrictModel):
    """What all kinds have in common."""

    def used(self) -> Iterable[str]:
        """Names of the variants that are drawn."""
        return ()

    def sets(self) -> Iterable[str]:
        """Names of the data sets that are looked at."""
        return ()

    def libraries(self) -> Iterable[str]:
        """What is needed beside matplotlib."""
        return ()


class Series(Drawing):
    """A table as lines: one for each group of its rows."""

    kind: Literal["series"]
    title: str
    x: str = Field(description="label of the axis")
    groups: dict[str, dict[int, float]] = Field(description="label of a line to its rows, each with its x")
    table: int = 0
    column: int = 0
    log: bool = False

    def draw(self, work: Work) -> Drawn:
        """Draw what was measured; the paper's numbers, where there are any, are dashed."""
        table = work.runs.study.tables[self.table]
        lines, told = [], {}
        for label, rows in self.groups.items():
            paper = {x: table.paper(table.rows[row])[self.column][0] for row, x in rows.items()}
            ours = {x: work.cells.get((self.table, row, self.column)) for row, x in rows.items()}
            known = {x: value for x, value in paper.items() if value is not None}
            found = {x: cell.mean[0] for x, cell in ours.items() if cell is not None}
            if known:
                lines.append(Line(f"{label}, paper", list(known), list(known.values()), dashed=True))
            if found:
                lines.append(Line(f"{label}, ours", list(found), list(found.values())))
            told[label] = {"x": list(found), "psnr": list(found.values())}
        return (plotted(lines, self.title, self.x, log=self.log) if lines else None), told


Figure = Series


def training(runs: "Sequence[Trained]", title: str) -> "Plot | None":
    """Held-out PSNR of every run against its steps; None where nothing was validated."""
    lines = [
        Line(f"{run.variant}, seed {run.seed}", [step for step, _, _ in run.curve], [psnr for _, psnr, _ in run.curve])
        for run in runs
        if run.curve
    ]
    return plotted(lines, title, "steps of all stages", "held-out PSNR (dB)") if lines else None
