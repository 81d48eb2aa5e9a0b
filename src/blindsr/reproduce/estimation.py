"""Errors of estimated blur and noise, for known degradations."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from torch import Tensor

from blindsr import images
from blindsr.contract import Estimate
from blindsr.degrade import Degradation, kernels
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate.definition import Protocol
from blindsr.evaluate.folder import DataSet
from blindsr.inference.upscaler import Upscaler
from blindsr.weights import with_role


@dataclass(frozen=True)
class Errors:
    """Estimates and true values on one data set under one protocol; means over its images."""

    protocol: str
    data_set: str
    width: float
    """Standard deviation of the true blur in HR pixels: the root of the mean variance of its two axes."""
    width_found: float
    """Mean of the estimated widths."""
    width_error: float
    """Mean absolute error of the width."""
    noise: float
    """True noise level, 0..255."""
    noise_found: float
    """Mean of the estimated noise levels."""
    noise_error: float
    """Mean absolute error of the noise level, over images and channels."""
    kernel_error: float
    """Mean over the images of the sum of absolute differences between the kernels, 0 to 2."""


def measure_estimates(
    upscaler: Upscaler,
    protocol: Protocol,
    data: Sequence[DataSet],
    *,
    notice: Callable[[str], None] = lambda _: None,
) -> list[Errors]:
    """Estimate the degradations of a protocol, and compare them with the true ones.

    Args:
        upscaler: a model of the protocol's scale.
        protocol: the degradations.
        data: HR test images.
        notice: called with the name of each image.

    Raises:
        BlindSRError: the method does not estimate a blur kernel and a noise level.
    """
    found = []
    for data_set in data:
        rows = []
        for path in data_set.paths:
            notice(path.stem)
            hr = images.modcrop(images.quantise(images.read(path).pixels), protocol.scale)[None]
            rows += [_one(upscaler, hr, degradation) for degradation in protocol.degradations(path.stem)]
        means = [fmean(column) for column in zip(*rows, strict=True)]
        found.append(Errors(protocol.name, data_set.name, *means))
    return found


def _one(upscaler: Upscaler, hr: Tensor, degradation: Degradation) -> tuple[float, ...]:
    """Return the numbers of `Errors` for one image, in their order."""
    lr = degradation.apply(hr)
    estimate = upscaler.method.estimate(upscaler.condition(lr))
    if estimate is None:
        name, others = type(upscaler.method).__name__, ", ".join(with_role("estimate"))
        raise BlindSRError(
            f"{name} does not estimate a blur kernel and a noise level; use one of {others}", Code.UNSUPPORTED_OPTION
        )
    true, level = degradation.kernels[0], float(degradation.noise[0])
    width, own = _width(true), _width(estimate.kernel.cpu())
    noise = estimate.noise.cpu()
    errors = abs(own - width), float((noise - level).abs().mean())
    return width, own, errors[0], level, float(noise.mean()), errors[1], _apart(true, estimate)


def _width(kernel: Tensor) -> float:
    along, across, _ = kernels.widths(kernel)
    return math.sqrt((along**2 + across**2) / 2)


def _apart(kernel: Tensor, estimate: Estimate) -> float:
    """Return the sum of absolute differences between two kernels, aligned at their centres."""
    side = max(kernel.shape[-1], estimate.kernel.shape[-1])
    one, two = (_centred(k.cpu(), side) for k in (kernel, estimate.kernel))
    return float((one - two).abs().sum())


def _centred(kernel: Tensor, side: int) -> Tensor:
    out = kernel.new_zeros(side, side)
    first = (side - kernel.shape[-1]) // 2
    out[first : first + kernel.shape[-2], first : first + kernel.shape[-1]] = kernel
    return out
