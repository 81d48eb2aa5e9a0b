"""DMSR's LR images against an independent build with scipy."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from blindsr.degrade import resize
from blindsr.evaluate import protocol, protocols


def test_the_whole_grid_is_there() -> None:
    names = {name for name in protocols() if name.startswith("dmsr-")}
    grid = {(w, n) for w in ("0.2", "1.3", "2.6") for n in ("15", "50")} | {("0.2", "0")}
    assert names == {f"dmsr-{w}-{n}-x{s}" for w, n in grid for s in (2, 3, 4)}


@pytest.mark.parametrize("name", ["dmsr-1.3-15-x2", "dmsr-2.6-50-x4", "dmsr-0.2-0-x3"])
def test_lr_equals_scipy_with_the_same_noise(name: str) -> None:
    _, width, noise, tail = name.split("-")
    scale = int(tail[1:])
    hr = resize(torch.rand(1, 3, 12, 12, generator=torch.Generator().manual_seed(0)), 4).clamp(0, 1)
    (record,) = protocol(name).degradations("baby")
    at = np.arange(15) - 7
    kernel = np.exp(-0.5 * (at[:, None] ** 2 + at[None] ** 2) / float(width) ** 2)
    kernel /= kernel.sum()
    blurred = np.stack([ndimage.correlate(plane, kernel, mode="mirror") for plane in hr[0].double().numpy()])
    small = resize(torch.from_numpy(blurred)[None].float(), 1 / scale)
    drawn = torch.randn(small.shape[1:], generator=torch.Generator().manual_seed(int(record.seeds[0])))
    expected = (small + float(noise) / 255 * drawn).clamp(0, 1).mul(255).round()
    difference = (record.apply(hr) * 255 - expected).abs()
    assert difference.max() <= 1.01  # a half rounds either way
    assert (difference < 0.01).float().mean() > 0.99


def test_numbers_of_the_paper() -> None:
    assert protocol("dmsr-2.6-15-x4").paper_psnr("dmsr_x4.light", "BSD100") == 24.93
    assert protocol("dmsr-0.2-50-x2").paper_psnr("dmsr_x2.light", "Set5") == 28.58
    assert protocol("dmsr-0.2-0-x3").paper_psnr("anything", "Set14") == 30.34
