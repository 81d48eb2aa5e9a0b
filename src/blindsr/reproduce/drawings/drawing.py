"""Base of the kinds of figures, and the data that they are drawn from."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from blindsr.contract import StrictModel

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

    from blindsr.evaluate import DataSet
    from blindsr.inference.upscaler import Upscaler


class Training(Protocol):
    """Training of a variant."""

    @property
    def variant(self) -> str:
        """Name of the variant."""

    @property
    def seed(self) -> int:
        """Seed of the training."""

    @property
    def curve(self) -> Sequence[tuple[int, float, float]]:
        """Validations: number of steps so far, PSNR, and that of bicubic interpolation, dB."""

    @property
    def watched(self) -> Sequence[tuple[int, float]]:
        """Validations: number of steps so far, and PSNR of the measurement that the study adds, dB."""


class Cell(Protocol):
    """Measured cell of a table."""

    @property
    def mean(self) -> tuple[float, ...]:
        """Means over the seeds."""


class Work(Protocol):
    """Data that figures are drawn from."""

    @property
    def trained(self) -> Sequence[Training]:
        """Trainings of all variants."""

    @property
    def sets(self) -> "Mapping[str, DataSet]":
        """Test images, by the name of the data set in lower case."""

    @property
    def cells(self) -> Mapping[tuple[int, int, int], Cell]:
        """Measured values by table, row and column."""

    def paper(self, table: int, row: int, column: int) -> float | None:
        """Return the first published number of a cell; None if there is none."""

    def check_teacher(self, variant: str) -> None:
        """Check that a variant has a teacher.

        Raises:
            BlindSRError: it has none.
        """

    def upscaler(self, variant: str) -> "Upscaler":
        """Return the model of a variant, trained with the first seed."""

    def upscalers(self, variant: str) -> "Iterable[Upscaler]":
        """Return the models of a variant, one for each seed."""

    def teacher_rates(self, variant: str) -> tuple[float, ...]:
        """Return the step sizes on each LR-HR pair that a variant's teacher was trained with."""


Drawn = tuple["Plot | None", dict[str, Any]]
"""The figure, or None if its data are missing, and the numbers in it."""


class Drawing(StrictModel):
    """Base of the kinds of figures."""

    data: str = ""
    """Name of the data set, if the figure has one."""

    def used(self) -> Iterable[str]:
        """Return the names of the variants that are drawn."""
        return ()

    def sets(self) -> Iterable[str]:
        """Return the names of the data sets."""
        return (self.data,) if self.data else ()

    def libraries(self) -> Iterable[str]:
        """Return the libraries that are needed in addition to matplotlib."""
        return ()

    def draw(self, work: Work) -> Drawn:
        """Draw the figure; None if its data set is missing."""
        data = work.sets.get(self.data.lower())
        return (None, {}) if data is None else self.draw_data(work, data)

    def draw_data(self, work: Work, data: "DataSet") -> Drawn:
        """Draw the figure of a data set; kinds of figures without one override `draw`."""
        raise NotImplementedError
