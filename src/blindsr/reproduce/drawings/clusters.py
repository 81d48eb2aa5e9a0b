"""Figures of representations: clusters of images with the same degradation."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, Protocol, runtime_checkable

import torch
from pydantic import Field
from torch import Tensor

from blindsr import images
from blindsr.contract import Hints, StrictModel
from blindsr.degrade import Degradation, kernels
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate import DataSet
from blindsr.evaluate.definition import degradation
from blindsr.inference.upscaler import Upscaler
from blindsr.reproduce.drawings.drawing import Drawing, Drawn, Work
from blindsr.reproduce.drawings.figure import blank
from blindsr.reproduce.drawings.iterations import PairLearner
from blindsr.reproduce.drawings.representation import Representations, packed, scatter


@runtime_checkable
class Modulated(Protocol):
    """Method whose condition is mapped to coefficients of layers."""

    def modulated_feature(self, condition: Tensor) -> Tensor:
        """Return the coefficients of the first layer, ``(n, channels)``."""


class Task(StrictModel):
    """Degradation of a cluster."""

    label: str
    widths: tuple[float, float] = (0.2, 0.2)
    """Standard deviations of a Gaussian blur along its axes, HR pixels."""
    angle: float = 0.0
    """Angle of the first axis, degrees."""
    noise: float = 0.0
    """Standard deviation of the noise, 0 to 255."""

    def record(self, image: str, scale: int, size: int) -> Degradation:
        """Return the degradation of an image, by its name, for a scale and the side of the kernel."""
        kernel = kernels.gaussian(size, *self.widths, math.radians(self.angle))
        return degradation(f"task-{self.label}", image, scale=scale, kernel=kernel, noise=self.noise)[0]


class RandomTasks(StrictModel):
    """Isotropic blurs and noise, drawn uniformly."""

    count: int = 8
    width: tuple[float, float] = (0.2, 4.0)
    """Range of the standard deviation, HR pixels."""
    noise: tuple[float, float] = (0.0, 75.0)
    """Range of the standard deviation, 0 to 255."""

    def drawn(self) -> list[Task]:
        """Return the tasks, which are the same at each call."""
        generator = torch.Generator().manual_seed(0)
        draws = torch.rand(self.count, 2, generator=generator).tolist()
        return [self._task(_between(self.width, a), _between(self.noise, b)) for a, b in draws]

    @staticmethod
    def _task(width: float, noise: float) -> Task:
        return Task(label=f"width {width:.1f}, noise {noise:.0f}", widths=(width, width), noise=noise)


class Panel(StrictModel):
    """Panel of a figure."""

    label: str
    variant: str
    teacher: bool = Field(False, description="whether the representations are the teacher's, which uses HR images")
    modulated: bool = Field(False, description="whether coefficients of the first modulated layer are shown")
    tasks: int = Field(0, description="index of one of the figure's groups of tasks")


class Clusters(Drawing):
    """Figure with a t-SNE for each panel, and the accuracy of a vote of the nearest neighbours."""

    kind: Literal["clusters"]
    title: str
    panels: tuple[Panel, ...]
    tasks: tuple[tuple[Task, ...], ...] = ()
    random: RandomTasks | None = None
    kernel: int = 21
    repeats: int = Field(0, ge=0, description="support sets per task, drawn from all images; 0 uses each image once")
    neighbours: int = 5

    def used(self) -> Iterable[str]:
        return (panel.variant for panel in self.panels)

    def libraries(self) -> Iterable[str]:
        return ("sklearn",)

    def draw_data(self, work: Work, data: DataSet) -> Drawn:
        """Estimate the representation of every image under every task, and draw a t-SNE of all of them."""
        plot = blank(4.2 * len(self.panels), 4.2)
        plot.suptitle(self.title)
        numbers: dict[str, Any] = {}
        for number, panel in enumerate(self.panels, 1):
            found = self.represent(work, panel, data)
            near = min(self.neighbours, len(found.vectors) - 1)
            numbers[panel.label] = {"neighbours_agree": found.neighbours_agree(near), "chance": 1 / len(found.names)}
            axes = plot.add_subplot(1, len(self.panels), number)
            scatter(found, axes)
            axes.set_title(f"{panel.label}: {numbers[panel.label]['neighbours_agree']:.0%} agree", fontsize="small")
        return plot, numbers

    def represent(self, work: Work, panel: Panel, data: DataSet) -> Representations:
        """Compute a row for each task and image, or for each task and support set."""
        upscaler = work.upscaler(panel.variant)
        if panel.teacher:
            work.check_teacher(panel.variant)
        tasks = self.random.drawn() if self.random else list(self.tasks[panel.tasks])
        vectors, labels = [], []
        for label, task in enumerate(tasks):
            if self.repeats:
                rows = list(self._of_sets(upscaler, panel, task, data))
            else:
                rows = [
                    self._of_image(upscaler, panel, task, path, work.teacher_rates(panel.variant))
                    for path in data.paths
                ]
            vectors += rows
            labels += [label] * len(rows)
        return Representations(torch.stack(vectors), torch.tensor(labels), tuple(task.label for task in tasks))

    def _of_image(self, upscaler: Upscaler, panel: Panel, task: Task, path: Any, rates: Sequence[float]) -> Tensor:
        hr = images.modcrop(images.read(path).pixels, upscaler.scale)[None]
        truth = task.record(path.stem, upscaler.scale, self.kernel)
        lr = truth.apply(hr)
        if not panel.teacher:
            return _vector(upscaler, panel, upscaler.condition(lr))
        method, device = upscaler.method, upscaler.device
        if not isinstance(method, PairLearner):
            raise BlindSRError(f"{type(method).__name__} has no teacher", Code.UNSUPPORTED_OPTION)
        with torch.no_grad():
            found = method.teacher_condition(lr.to(device), hr.to(device), truth.to(device), rates)
        return found[0].float().cpu()

    def _of_sets(self, upscaler: Upscaler, panel: Panel, task: Task, data: DataSet) -> Iterator[Tensor]:
        """Yield the representations of support sets that are drawn from all images of a task."""
        scale = upscaler.scale
        pictures = [(path.stem, images.modcrop(images.read(path).pixels, scale)[None]) for path in data.paths]
        degraded = [task.record(name, scale, self.kernel).apply(hr).to(upscaler.device) for name, hr in pictures]
        for seed in range(self.repeats):
            generator = torch.Generator().manual_seed(seed)
            with torch.no_grad():
                condition = upscaler.method.condition(degraded[0], generator=generator, hints=Hints(support=degraded))
            yield _vector(upscaler, panel, condition)


def _vector(upscaler: Upscaler, panel: Panel, condition: Any) -> Tensor:
    method = upscaler.method
    if not panel.modulated:
        return packed(method, condition)
    if not isinstance(method, Modulated):
        raise BlindSRError(f"{type(method).__name__} does not modulate layers", Code.UNSUPPORTED_OPTION)
    with torch.no_grad():
        return method.modulated_feature(condition)[0].float().cpu()


def _between(limits: tuple[float, float], part: float) -> float:
    return limits[0] + (limits[1] - limits[0]) * part
