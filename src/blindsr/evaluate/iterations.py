"""PSNR of MRDA's teacher, and of its meta-learning network itself, against the iterations of that (Figure 9)."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from torch import Tensor

from blindsr.contract import Method
from blindsr.errors import BlindSRError
from blindsr.evaluate.curve import Curve
from blindsr.evaluate.definition import Protocol
from blindsr.evaluate.folder import DataSet
from blindsr.evaluate.metrics import psnr
from blindsr.images import modcrop, quantise, read
from blindsr.meta import Params
from blindsr.methods.mrda.model import MRDA
from blindsr.methods.mrda.networks import DEN


def iterations(
    name: str,
    method: Method[Any],
    protocol: Protocol,
    data: DataSet,
    *,
    rates: Sequence[float],
    counts: Sequence[int],
) -> tuple[Curve, Curve]:
    """Let the meta-learning network take different numbers of steps on each LR-HR pair before the teacher restores.

    Args:
        name: of the line.
        method: MRDA as it was trained, teacher included.
        protocol: the degradations and the convention.
        data: test images.
        rates: size of each step that it was trained with; the last one is that of all further ones.
        counts: numbers of steps; 0 is the meta-learned network as it is.

    Returns:
        The teacher's line and that of the meta-learning network.

    Raises:
        BlindSRError: another method, one whose teacher does not look at that network, or another scale.
    """
    if not isinstance(method, MRDA) or not isinstance(method.teacher, DEN) or method.config.source != "mln":
        raise BlindSRError(f"{name} has no teacher that looks at a meta-learning network")
    if method.traits.scale != protocol.scale:
        raise BlindSRError(f"{name} enlarges {method.traits.scale} times, but {protocol.name} needs x{protocol.scale}")
    steps = [[rates[min(number, len(rates) - 1)] for number in range(count)] for count in counts]
    scores = [row for path in data.paths for row in _psnr(method, path, protocol, steps)]
    teacher, mln = (tuple(fmean(column) for column in zip(*rows, strict=True)) for rows in zip(*scores, strict=True))
    return Curve(name, tuple(counts), teacher), Curve(f"{name}: MLN itself", tuple(counts), mln)


def _psnr(
    method: MRDA, path: Path, protocol: Protocol, steps: list[list[float]]
) -> Iterator[tuple[list[float], list[float]]]:
    """Of teacher and MLN for an image under each of its degradations, after each number of steps."""
    hr = modcrop(quantise(read(path).pixels), protocol.scale)[None]
    device = next(method.parameters()).device
    target = hr.to(device)
    for degradation in protocol.degradations(path.stem):
        lr = degradation.apply(hr).to(device)
        adapted = (method.specific(lr, target, rates) for rates in steps)
        results = [(_taught(method, lr, params), method.specific_images(lr, params)) for params in adapted]
        taught, itself = (
            [float(psnr(sr.clamp(0, 1), target, protocol.convention)) for sr in column]
            for column in zip(*results, strict=True)
        )
        yield taught, itself


@torch.no_grad()
def _taught(method: MRDA, lr: Tensor, params: Params) -> Tensor:
    """What the teacher makes of an LR image when MLN has adapted to it, as in Algorithm 2."""
    teacher = method.teacher
    assert isinstance(teacher, DEN)
    features = method.specific_features(lr, params)
    sr: Tensor = method.rdan(lr, teacher.represent(teacher.pooled(features)))
    return sr.float()
