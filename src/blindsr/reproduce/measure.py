"""Measurement of the cells of a study's tables: quality, number of parameters, multiply-adds and time of a model."""

import copy
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean, median, stdev

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from blindsr.contract import Hints
from blindsr.degrade import Degradation, kernels
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate import DataSet, Measure, Protocol, RealProtocol, evaluate, evaluate_real
from blindsr.evaluate.definition import degradation
from blindsr.evaluate.photographs import PhotographSet
from blindsr.evaluate.run import OracleRestorer, Restore, restore_with_hints
from blindsr.inference.upscaler import Upscaler
from blindsr.nn.subpixel import Upsampler
from blindsr.reproduce.drawings.iterations import PairLearner
from blindsr.reproduce.study import Column, Row, protocol_of
from blindsr.weights import inference_tensors

_TIMES = 5
_FIRST = (64, 64)
"""Size of an image that is restored before the time of others is measured, LR pixels."""
_KERNEL = 21
"""Side of the blur kernel of a teacher whose time is measured, HR pixels."""
Cell = tuple[float, ...]
"""The numbers of one cell, in the order of `Column.parts`."""


@dataclass(frozen=True)
class MeasuredCell:
    """Measured cell: mean of each number over the seeds, and its standard deviation."""

    mean: Cell
    spread: tuple[float, ...] | None
    """Standard deviations; None for a single seed."""
    seeds: tuple[Cell, ...]

    @classmethod
    def of(cls, seeds: Sequence[Cell]) -> "MeasuredCell":
        """Average over seeds."""
        columns = list(zip(*seeds, strict=True))
        spread = tuple(stdev(column) for column in columns) if len(seeds) > 1 else None
        return cls(tuple(fmean(column) for column in columns), spread, tuple(seeds))


class Meter:
    """Meter of models; each protocol is run once for all of its data sets and measures."""

    def __init__(
        self,
        sets: Mapping[str, DataSet],
        real: Mapping[str, PhotographSet] | None = None,
        more: Sequence[Measure] = (),
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Prepare to measure.

        Args:
            sets: test images, by the name of the data set in lower case.
            real: pairs of real photographs, likewise.
            more: measures in addition to PSNR and SSIM.
            say: receives progress messages.
        """
        self.sets, self.real, self._more, self._say = sets, real or {}, more, say
        self._known: dict[tuple[object, ...], dict[str, float]] = {}

    def cell(self, key: object, upscaler: Upscaler, row: Row, column: Column, rates: Sequence[float]) -> Cell | None:
        """Measure a cell; None if its data set is missing or the model has another scale.

        Args:
            key: identifies the model.
            upscaler: the model.
            row: how it is used.
            column: the column of the table.
            rates: step sizes that a teacher adapts to each LR-HR pair with.
        """
        if column.protocol is None:
            found = _quantity(upscaler, row, column, rates)
            return None if found is None else (found,)
        assert column.data is not None
        chosen, name = protocol_of(column.protocol), column.data.lower()
        real = isinstance(chosen, RealProtocol)
        if name not in (self.real if real else self.sets) or chosen.scale not in (0, upscaler.scale):
            return None
        place = (key, row.steps, row.teacher, column.protocol, name)
        if place not in self._known:
            self._say(f"{row.label}: {column.protocol} on {column.data}")
            if isinstance(chosen, RealProtocol):
                self._known[place] = self._photographs(upscaler, row, chosen, self.real[name])
            else:
                self._known[place] = self._measured(upscaler, row, chosen, self.sets[name], rates)
        return tuple(self._known[place].get(part, math.nan) for part in column.parts)

    def _photographs(self, upscaler: Upscaler, row: Row, chosen: RealProtocol, data: PhotographSet) -> dict[str, float]:
        scores = evaluate_real(upscaler.upscale, chosen, [data], model=row.label, scale=upscaler.scale, more=self._more)
        return scores.columns[0].model.values

    def _measured(
        self, upscaler: Upscaler, row: Row, chosen: Protocol, data: DataSet, rates: Sequence[float]
    ) -> dict[str, float]:
        times: list[float] = []
        if row.teacher:
            restore: Restore | OracleRestorer = OracleRestorer(
                partial(_timed, times, partial(by_teacher, upscaler, rates))
            )
        else:
            # The first image would be charged for what a device sets up once
            upscaler(_image(_FIRST), Hints(steps=None if row.steps is None else min(row.steps, 1)))
            restore = partial(_timed, times, restore_with_hints(upscaler, chosen, row.steps))
        (column,) = evaluate(restore, chosen, [data], model=row.label).columns
        return {**column.model.values, "seconds": fmean(times)}


def _quantity(upscaler: Upscaler, row: Row, column: Column, rates: Sequence[float]) -> float | None:
    """Measure a quantity of a model; None for the multiply-adds of a teacher."""
    if column.quantity == "parameters":
        return float(parameters(upscaler, row.part))
    if column.quantity == "multiply-adds":
        return None if row.teacher else multiply_adds(upscaler, column.size)
    if row.teacher:
        return teacher_seconds(upscaler, column.size, rates)
    return seconds(upscaler, column.size, row.steps, kernel=row.kernel)


def by_teacher(upscaler: Upscaler, rates: Sequence[float], lr: Tensor, truth: Degradation, hr: Tensor) -> Tensor:
    """Restore an LR image by a teacher, which uses the HR image too.

    Raises:
        BlindSRError: the method has no teacher.
    """
    method = upscaler.method
    if not isinstance(method, PairLearner):
        raise BlindSRError(f"{type(method).__name__} has no teacher", Code.UNSUPPORTED_OPTION)
    device = upscaler.device
    return method.teacher_output(lr.to(device), hr.to(device), truth.to(device), rates).clamp(0, 1).to(lr)


def _timed(times: list[float], restore: Callable[..., Tensor], *inputs: object) -> Tensor:
    begin = time.perf_counter()
    result = restore(*inputs).cpu()  # copying the result waits for the GPU
    times.append(time.perf_counter() - begin)
    return result


def parameters(upscaler: Upscaler, part: str | None = None) -> int:
    """Return the number of parameters that are needed for restoration, without training-only submodules.

    Args:
        upscaler: the model.
        part: name of a submodule whose parameters are counted; all if not given.

    Raises:
        BlindSRError: there is no such submodule.
    """
    method = upscaler.method
    if part is not None:
        try:
            return sum(one.numel() for one in method.get_submodule(part).parameters())
        except AttributeError:
            raise BlindSRError(f"{type(method).__name__} has no part {part!r}", Code.UNKNOWN_NAME) from None
    needed = inference_tensors(method)
    return sum(parameter.numel() for name, parameter in method.named_parameters() if name in needed)


def seconds(upscaler: Upscaler, size: tuple[int, int], steps: int | None = None, *, kernel: bool = False) -> float:
    """Return the median time for an LR image of a size (width, height), after a warm-up, in seconds.

    Args:
        upscaler: the model.
        size: width and height of the image, pixels.
        steps: number of gradient steps on the image; that of the model if not given.
        kernel: whether a blur kernel is given, so that none is estimated.
    """
    hints = Hints(steps=steps, kernel=kernels.gaussian(15, 1.0) if kernel else None)
    return _median_time(upscaler, _image(size), hints)


def teacher_seconds(upscaler: Upscaler, size: tuple[int, int], rates: Sequence[float]) -> float:
    """Return the time of a teacher as `seconds` does, including its steps on the LR-HR pair, by their sizes."""
    width, height = size
    hr = _image((upscaler.scale * width, upscaler.scale * height))
    (truth,) = degradation("time", "", scale=upscaler.scale, kernel=kernels.gaussian(_KERNEL, 2.0))
    return _median_time(by_teacher, upscaler, rates, _image(size), truth, hr)


def _median_time(restore: Callable[..., Tensor], *inputs: object) -> float:
    times: list[float] = []
    for _ in range(_TIMES + 1):
        _timed(times, restore, *inputs)
    return median(times[1:])


def multiply_adds(upscaler: Upscaler, size: tuple[int, int]) -> float:
    """Count multiply-adds, in 10^9, for an LR image of a size (width, height), as papers do.

    Sub-pixel convolutions are counted layer by layer, although they are computed as a single convolution.
    """
    folded: list[tuple[Upsampler, Tensor]] = []

    def note(layer: Upsampler, inputs: tuple[Tensor], _: Tensor) -> None:
        folded.append((layer, torch.zeros_like(inputs[0])))

    layers = [layer for layer in upscaler.method.modules() if isinstance(layer, Upsampler)]
    hooks = [layer.register_forward_hook(note) for layer in layers]
    method, lr = upscaler.method, _image(size).to(upscaler.device)
    with torch.no_grad():
        total = _counted(lambda: method.restore(lr, method.condition(lr, generator=torch.Generator().manual_seed(0))))
    for hook in hooks:
        hook.remove()
    for layer, features in folded:
        copied = copy.deepcopy(layer.layers).to("meta", features.dtype)
        total += _counted(partial(copied, features.to("meta"))) - _counted(partial(layer, features))
    return total / 1e9


def _counted(run: Callable[[], object]) -> float:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        run()
    return float(counter.get_total_flops()) / 2


def _image(size: tuple[int, int]) -> Tensor:
    width, height = size
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))
