"""Base of the kinds of figures: a record filled in by a study's file, and its drawing."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from blindsr.contract import StrictModel

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

    from blindsr.evaluate import DataSet
    from blindsr.inference.upscaler import Upscaler
    from blindsr.reproduce.measure import Ours
    from blindsr.reproduce.runs import Runs, Trained


class Work(Protocol):
    """Data for a figure."""

    runs: "Runs"
    trained: "list[Trained]"
    sets: "dict[str, DataSet]"
    """Test images, by the name of the data set in lower case."""
    cells: "dict[tuple[int, int, int], Ours]"
    """Measured values by table, row and column."""

    def upscaler(self, variant: str) -> "Upscaler":
        """Model of a variant, of the first seed."""

    def teacher_rates(self, variant: str) -> tuple[float, ...]:
        """Step sizes on each pair that a variant's teacher was trained with."""


Drawn = tuple["Plot | None", dict[str, Any]]
"""The figure, or None where its data set is missing, and the numbers in it."""


class Drawing(StrictModel):
    """One figure."""

    data: str = ""
    """Name of the data set, if any."""

    def used(self) -> Iterable[str]:
        """Names of the variants that are drawn."""
        return ()

    def sets(self) -> Iterable[str]:
        """Names of the data sets."""
        return (self.data,) if self.data else ()

    def libraries(self) -> Iterable[str]:
        """Requirements in addition to matplotlib."""
        return ()

    def draw(self, work: Work) -> Drawn:
        """Draw the figure; None without its data set."""
        data = work.sets.get(self.data.lower())
        return (None, {}) if data is None else self.draw_data(work, data)

    def draw_data(self, work: Work, data: "DataSet") -> Drawn:
        """Draw the figure of a data set; kinds of figures without one override `draw`."""
        raise NotImplementedError
