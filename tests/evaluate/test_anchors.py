"""Bicubic numbers that anyone can compute, on the standard images: if one moves, every table here is wrong.

They pin down blur, border, subsampling, rounding and PSNR together; the values were computed independently, and those
of MZSR agree with its paper's tables.
"""

import math
import os
from functools import cache
from pathlib import Path

import pytest
import torch
from torch import Tensor

from blindsr import images
from blindsr.degrade import Border, Degradation, Downsampling, kernels, resize
from blindsr.evaluate import Convention, data_sets, evaluate, metrics, protocol

pytestmark = pytest.mark.data

_DASR = [
    (2.0, 0.2, 0, 25.38),
    (2.0, 1.0, 10, 25.23),
    (3.5, 1.5, 30, 24.12),
    (3.5, 2.0, 45, 23.96),
    (3.5, 2.0, 90, 24.01),
    (4.0, 1.5, 120, 23.90),
    (4.0, 2.0, 135, 23.70),
    (4.0, 3.0, 165, 23.31),
    (4.0, 4.0, 180, 22.95),
]
_MRDA = [
    (4.0, 1.0, 0, 23.95),
    (3.5, 1.5, 20, 24.11),
    (3.0, 2.0, 45, 24.25),
    (2.5, 2.5, 0, 24.29),
    (3.0, 2.0, 0, 24.23),
    (3.5, 1.5, 20, 24.11),
    (4.0, 1.0, 40, 23.95),
    (3.5, 2.5, 60, 23.77),
    (4.0, 4.0, 0, 22.95),
]


@pytest.mark.parametrize(("scale", "expected"), [(2, 33.68), (3, 30.40), (4, 28.43)])
def test_down_and_up(scale: int, expected: float) -> None:
    assert _bicubic("Set5", kernels.delta(), metrics.luma_convention(scale)) == pytest.approx(expected, abs=0.006)


def test_rounding_the_luma_costs_three_hundredths() -> None:
    assert _bicubic("Set5", kernels.delta(), metrics.rounded_luma_convention(2)) == pytest.approx(33.65, abs=0.006)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mzsr-bicubic", 33.65),
        ("mzsr-g0.2-direct", 30.24),
        ("mzsr-g2.0-direct", 28.73),
        ("mzsr-ani-direct", 28.15),
        ("mzsr-g1.3-bicubic", 30.54),
        ("mzsr-g2.0-direct-x4", 24.74),
    ],
)
def test_mzsr(name: str, expected: float) -> None:
    chosen = protocol(name)
    sets = data_sets(_folder("Set5"))
    (column,) = evaluate(lambda lr, _: resize(lr, chosen.scale), chosen, sets, model="bicubic").columns
    assert column.bicubic.psnr == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize(
    ("scale", "low", "high", "expected"), [(2, 0.8, 1.6, 30.36), (3, 1.35, 2.4, 27.52), (4, 1.8, 3.2, 25.87)]
)
def test_gaussian8(scale: int, low: float, high: float, expected: float) -> None:
    widths = torch.linspace(low, high, 8).tolist()
    scores = [_bicubic("Set5", kernels.gaussian(21, width), metrics.luma_convention(scale)) for width in widths]
    assert sum(scores) / 8 == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize(("width", "expected"), [(1.2, 27.69), (2.4, 25.99), (3.6, 24.45)])
def test_isotropic(width: float, expected: float) -> None:
    assert _bicubic("Set5", kernels.gaussian(21, width), metrics.luma_convention(4)) == pytest.approx(
        expected, abs=0.006
    )


@pytest.mark.slow
@pytest.mark.parametrize(("std", "std2", "degrees", "expected"), [*_DASR, *_MRDA])
def test_anisotropic(std: float, std2: float, degrees: float, expected: float) -> None:
    kernel = kernels.gaussian(21, std, std2, math.radians(degrees))
    assert _bicubic("Set14", kernel, metrics.luma_convention(4)) == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize(
    ("name", "expected", "tolerance"),
    [
        # One draw of the noise moves the mean over Set5 by 0.03; the border of Middle-15 another 0.02.
        ("cmdsr-simple", 26.40, 0.05),
        ("cmdsr-middle", 25.25, 0.05),
        ("cmdsr-middle-15", 24.45, 0.05),
        ("cmdsr-severe", 20.13, 0.05),
    ],
)
def test_cmdsr(name: str, expected: float, tolerance: float) -> None:
    (column,) = evaluate(
        lambda lr, _: resize(lr, 4), protocol(name), data_sets(_folder("Set5")), model="bicubic"
    ).columns
    assert column.bicubic.psnr == pytest.approx(expected, abs=tolerance)
    assert column.model == column.bicubic


def _folder(data_set: str) -> Path:
    root = os.environ.get("BLINDSR_DATA")
    if root is None:
        pytest.skip("BLINDSR_DATA names no folder with bench/Set5 and bench/Set14 in it")
    return Path(root) / "bench" / data_set


@cache
def _images(folder: Path) -> list[Tensor]:
    return [images.read(path).pixels[None] for path in data_sets(folder)[0].paths]


def _bicubic(
    data_set: str,
    kernel: Tensor,
    convention: Convention,
    border: Border = "reflect",
    down: Downsampling = "bicubic",
) -> float:
    """Mean PSNR of bicubic without noise; the convention's border is the scale."""
    zero = torch.zeros(1, dtype=torch.int64)
    scale = convention.border
    degradation = Degradation(scale, kernel[None], torch.zeros(1), zero, zero, border, down)
    scores = []
    for image in _images(_folder(data_set)):
        hr = images.modcrop(image, scale)
        scores.append(metrics.psnr(resize(degradation.apply(hr), scale), hr, convention).item())
    return sum(scores) / len(scores)
