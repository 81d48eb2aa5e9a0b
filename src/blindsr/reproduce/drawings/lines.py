"""Line figures: a table as lines, PSNR during training, PSNR by gradient steps."""

from collections.abc import Iterable
from statistics import fmean
from typing import Literal

from pydantic import Field

from blindsr.contract import StrictModel
from blindsr.evaluate import DataSet, protocol
from blindsr.inference.upscaler import Upscaler
from blindsr.reproduce.drawings.curve import curve
from blindsr.reproduce.drawings.drawing import Drawing, Drawn, Work
from blindsr.reproduce.drawings.figure import Line, plotted
from blindsr.reproduce.drawings.iterations import iterations


class Series(Drawing):
    """Figure of a table, with a line for each group of its rows."""

    kind: Literal["series"]
    title: str
    x: str = Field(description="label of the x axis")
    groups: dict[str, dict[int, float]] = Field(description="rows of each line by its label, each row with its x")
    table: int = 0
    column: int = 0

    def draw(self, work: Work) -> Drawn:
        """Draw the measured numbers, and with dashed lines those of the paper, if there are any."""
        lines, numbers = [], {}
        for label, rows in self.groups.items():
            paper = {x: work.paper(self.table, row, self.column) for row, x in rows.items()}
            ours = {x: work.cells.get((self.table, row, self.column)) for row, x in rows.items()}
            known = {x: value for x, value in paper.items() if value is not None}
            found = {x: cell.mean[0] for x, cell in ours.items() if cell is not None}
            if known:
                lines.append(Line(f"{label}, paper", list(known), list(known.values()), dashed=True))
            if found:
                lines.append(Line(f"{label}, ours", list(found), list(found.values())))
            numbers[label] = {"x": list(found), "psnr": list(found.values())}
        return (plotted(lines, self.title, self.x) if lines else None), numbers


class Progress(Drawing):
    """Figure of the PSNR at every validation of each training."""

    kind: Literal["progress"]
    title: str

    def draw(self, work: Work) -> Drawn:
        """Draw one line for each training."""
        lines = [
            Line(f"{run.variant}, seed {run.seed}", [x for x, _ in run.watched], [y for _, y in run.watched])
            for run in work.trained
            if run.watched
        ]
        numbers = {line.label: {"x": list(line.x), "psnr": list(line.y)} for line in lines}
        return (plotted(lines, self.title, "steps") if lines else None), numbers


class StepsLine(StrictModel):
    """One line of `Steps`."""

    label: str
    variant: str
    learner: bool = Field(False, description="whether the network that adapts to LR-HR pairs is measured")


class Steps(Drawing):
    """PSNR by the number of gradient steps on each image, or on each LR-HR pair."""

    kind: Literal["steps"]
    title: str
    protocol: str
    counts: tuple[int, ...]
    lines: tuple[StepsLine, ...]

    def used(self) -> Iterable[str]:
        return (line.variant for line in self.lines)

    def draw_data(self, work: Work, data: DataSet) -> Drawn:
        """Measure and draw each line, the mean over the seeds."""
        lines = []
        for one in self.lines:
            if one.learner:
                work.check_teacher(one.variant)
            found = [self._measured(work, one, data, upscaler) for upscaler in work.upscalers(one.variant)]
            lines.append(Line(one.label, self.counts, [fmean(values) for values in zip(*found, strict=True)]))
        numbers = {line.label: {"x": list(line.x), "psnr": list(line.y)} for line in lines}
        return plotted(lines, self.title, "gradient steps"), numbers

    def _measured(self, work: Work, line: StepsLine, data: DataSet, upscaler: Upscaler) -> tuple[float, ...]:
        """Measure the PSNR of a model after each number of steps, dB."""
        chosen = protocol(self.protocol)
        if not line.learner:
            return curve(line.label, upscaler, chosen, data, self.counts).psnr
        rates = work.teacher_rates(line.variant)
        return iterations(line.label, upscaler.method, chosen, data, rates=rates, counts=self.counts)[1].psnr
