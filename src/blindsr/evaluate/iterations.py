"""PSNR of a teacher that looks at a network which learns image pairs, and of that network (MRDA, Figure 9)."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from blindsr.contract import Method, PairTaught
from blindsr.errors import BlindSRError
from blindsr.evaluate.curve import Curve
from blindsr.evaluate.definition import Protocol
from blindsr.evaluate.folder import DataSet
from blindsr.evaluate.metrics import psnr
from blindsr.images import modcrop, quantise, read


def iterations(
    name: str,
    method: Method[Any],
    protocol: Protocol,
    data: DataSet,
    *,
    rates: Sequence[float],
    counts: Sequence[int],
) -> tuple[Curve, Curve]:
    """Let a network take different numbers of steps on each LR-HR pair before the teacher that looks at it restores.

    Args:
        name: of the line.
        method: as it was trained, teacher included.
        protocol: the degradations and the convention.
        data: test images.
        rates: size of each step that it was trained with; the last one is that of all further ones.
        counts: numbers of steps; 0 is the meta-learned network as it is.

    Returns:
        The teacher's line and that of the network that learns the pairs.

    Raises:
        BlindSRError: a method or a teacher that learns no pairs, or another scale.
    """
    if not isinstance(method, PairTaught):
        raise BlindSRError(f"{name} has no teacher that learns image pairs")
    if method.traits.scale != protocol.scale:
        raise BlindSRError(f"{name} enlarges {method.traits.scale} times, but {protocol.name} needs x{protocol.scale}")
    steps = [[rates[min(number, len(rates) - 1)] for number in range(count)] for count in counts]
    scores = [row for path in data.paths for row in _psnr(method, path, protocol, steps)]
    teacher, mln = (tuple(fmean(column) for column in zip(*rows, strict=True)) for rows in zip(*scores, strict=True))
    return Curve(name, tuple(counts), teacher), Curve(f"{name}: MLN itself", tuple(counts), mln)


def _psnr(
    method: PairTaught[Any], path: Path, protocol: Protocol, steps: list[list[float]]
) -> Iterator[tuple[list[float], list[float]]]:
    """Of the teacher and of that network for an image under each of its degradations, after each number of steps."""
    hr = modcrop(quantise(read(path).pixels), protocol.scale)[None]
    device = next(method.parameters()).device
    target = hr.to(device)
    for degradation in protocol.degradations(path.stem):
        lr = degradation.apply(hr).to(device)
        results = (method.taught(lr, target, rates) for rates in steps)
        taught, itself = (
            [float(psnr(sr.clamp(0, 1), target, protocol.convention)) for sr in column]
            for column in zip(*results, strict=True)
        )
        yield taught, itself
