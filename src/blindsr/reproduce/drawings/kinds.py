"""Kinds of figures of studies, and the training curves that every study has."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from blindsr.reproduce.drawings.clusters import Clusters
from blindsr.reproduce.drawings.drawing import Training
from blindsr.reproduce.drawings.figure import Line, plotted
from blindsr.reproduce.drawings.lines import Progress, Series, Steps
from blindsr.reproduce.drawings.pictures import Kernels, Maps, SupportSets, Window

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

Figure = Annotated[
    Series | Progress | Steps | Clusters | Window | Kernels | Maps | SupportSets, Field(discriminator="kind")
]


def training(runs: Sequence[Training], title: str) -> "Plot | None":
    """Draw the held-out PSNR of every run by its number of steps; None if nothing was validated."""
    lines = [
        Line(f"{run.variant}, seed {run.seed}", [step for step, _, _ in run.curve], [psnr for _, psnr, _ in run.curve])
        for run in runs
        if run.curve
    ]
    return plotted(lines, title, "steps of all stages", "held-out PSNR (dB)") if lines else None
