"""PSNR of a teacher and of its meta-learning network (MLN) by the number of steps on each pair (MRDA, Figure 9)."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from blindsr.contract import Method
from blindsr.degrade import Degradation
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate.definition import Protocol as TestProtocol
from blindsr.evaluate.folder import DataSet
from blindsr.evaluate.metrics import psnr
from blindsr.images import modcrop, quantise, read
from blindsr.reproduce.drawings.curve import Curve


@runtime_checkable
class PairLearner(Protocol):
    """Method with a teacher that estimates its condition from the LR-HR pair or from the true degradation."""

    def teacher_output(self, lr: Tensor, hr: Tensor, truth: Degradation, rates: Sequence[float]) -> Tensor:
        """Return the SR images of the teacher, ``(n, 3, s*h, s*w)``, not clamped.

        Args:
            lr: ``(n, 3, h, w)``.
            hr: ``(n, 3, s*h, s*w)``.
            truth: true degradation of each image.
            rates: size of each gradient step on each pair.
        """

    def learner_output(self, lr: Tensor, hr: Tensor, rates: Sequence[float]) -> Tensor:
        """Return the SR images of the network that adapts to the pairs; arguments as of `teacher_output`."""

    def teacher_condition(self, lr: Tensor, hr: Tensor, truth: Degradation, rates: Sequence[float]) -> Tensor:
        """Return the teacher's representations, ``(n, features)``; arguments as of `teacher_output`."""


def iterations(
    name: str,
    method: Method[Any],
    protocol: TestProtocol,
    data: DataSet,
    *,
    rates: Sequence[float],
    counts: Sequence[int],
) -> tuple[Curve, Curve]:
    """Measure a teacher after different numbers of steps on each LR-HR pair.

    Args:
        name: label of the curve.
        method: the trained method, teacher included.
        protocol: the degradations and the convention.
        data: test images.
        rates: step sizes of the training; the last one is used for all further steps.
        counts: numbers of steps; 0 uses the meta-learned weights.

    Returns:
        Curves of the teacher and of the network that learns the pairs.

    Raises:
        BlindSRError: the method has no such teacher, or the scales differ.
    """
    if not isinstance(method, PairLearner):
        raise BlindSRError(f"{name} has no teacher that learns image pairs", Code.UNSUPPORTED_OPTION)
    if method.traits.scale != protocol.scale:
        raise BlindSRError(
            f"{name} enlarges {method.traits.scale} times, but {protocol.name} needs x{protocol.scale}",
            Code.INCOMPATIBLE,
        )
    steps = [[rates[min(number, len(rates) - 1)] for number in range(count)] for count in counts]
    device = next(method.parameters()).device
    scores = [row for path in data.paths for row in _psnr(method, device, path, protocol, steps)]
    teacher, mln = (tuple(fmean(column) for column in zip(*rows, strict=True)) for rows in zip(*scores, strict=True))
    return Curve(name, tuple(counts), teacher), Curve(f"{name}: MLN itself", tuple(counts), mln)


def _psnr(
    method: PairLearner, device: torch.device, path: Path, protocol: TestProtocol, steps: list[list[float]]
) -> Iterator[tuple[list[float], list[float]]]:
    """Yield the PSNR of both networks by number of steps, for an image under each of its degradations."""
    hr = modcrop(quantise(read(path).pixels), protocol.scale)[None]
    target = hr.to(device)

    def measured(sr: Tensor) -> float:
        return float(psnr(sr.clamp(0, 1), target, protocol.convention))

    for degradation in protocol.degradations(path.stem):
        lr, truth = degradation.apply(hr).to(device), degradation.to(device)
        itself = [measured(method.learner_output(lr, target, rates)) for rates in steps]
        yield [measured(method.teacher_output(lr, target, truth, rates)) for rates in steps], itself
