"""MZSR's LR images against an independent build with scipy."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Tensor

from blindsr.degrade import resize
from blindsr.evaluate import protocol

_DIRECT = {
    "mzsr-g0.2-direct": (2, 0.2, 0.2),
    "mzsr-g2.0-direct": (2, 2.0, 2.0),
    "mzsr-ani-direct": (2, 4.0, 1.0),
    "mzsr-g2.0-direct-x4": (4, 2.0, 2.0),
}


def _hr() -> Tensor:
    smooth = torch.rand(1, 3, 12, 14, generator=torch.Generator().manual_seed(0))
    return resize(smooth, 4).clamp(0, 1).mul(255).round() / 255


def _kernel(l1: float, l2: float) -> np.ndarray:
    x, y = np.meshgrid(np.arange(21) - 10, np.arange(21) - 10)
    cos, sin = np.cos(-0.5), np.sin(-0.5)
    axes = np.array([[cos, -sin], [sin, cos]])
    inverse = np.linalg.inv(axes @ np.diag([l1, l2]) @ axes.T)
    kernel = np.exp(-0.5 * (inverse[0, 0] * x**2 + 2 * inverse[0, 1] * x * y + inverse[1, 1] * y**2))
    return np.asarray(kernel / kernel.sum())


@pytest.mark.parametrize("name", _DIRECT)
def test_direct_subsampling_keeps_the_first_pixel_and_shifts_nothing(name: str) -> None:
    scale, l1, l2 = _DIRECT[name]
    hr = _hr()
    image = hr[0].permute(1, 2, 0).double().numpy()
    blurred = ndimage.correlate(image, _kernel(l1, l2)[:, :, None], mode="reflect")[::scale, ::scale]
    expected = torch.from_numpy(np.round(blurred.clip(0, 1) * 255)).permute(2, 0, 1)[None]
    (degradation,) = protocol(name).degradations("baby")
    difference = (degradation.apply(hr).double() * 255 - expected).abs()
    assert difference.max() <= 1.01  # a half rounds either way
    assert (difference < 0.01).double().mean() > 0.99


def test_bicubic_without_blur() -> None:
    hr = _hr()
    (degradation,) = protocol("mzsr-bicubic").degradations("baby")
    torch.testing.assert_close(degradation.apply(hr), resize(hr, 0.5).clamp(0, 1).mul(255).round() / 255)


def test_one_step_is_compared_with_the_papers_one_step() -> None:
    g2 = protocol("mzsr-g2.0-direct")
    assert g2.paper_psnr("mzsr_x2.direct", "Set5") == 36.05
    assert g2.paper_psnr("mzsr_x2.direct (1 step)", "Set5") == 35.20
    assert g2.paper_psnr("anyone's", "Set5") == 36.05
    assert g2.paper_psnr("anyone's (1 step)", "Set5") == 35.20
    assert g2.paper_psnr("mzsr_x2.direct (10 steps)", "Set5") == 36.05
    assert g2.kernel_given


@pytest.mark.parametrize("steps", ["0 steps", "5 steps"])
def test_steps_that_the_paper_did_not_take_are_compared_with_nothing(steps: str) -> None:
    g2 = protocol("mzsr-g2.0-direct")
    assert g2.paper_row(f"mzsr_x2.direct ({steps})") == "-"
    assert g2.paper_psnr(f"mzsr_x2.multi ({steps})", "Set5") is None


def test_the_multi_scale_models_rows() -> None:
    assert protocol("mzsr-ani-direct").paper_psnr("mzsr_x2.multi", "Set5") == 33.95
    assert protocol("mzsr-ani-direct").paper_psnr("mzsr_x2.multi (10 steps)", "Set5") == 33.95
    assert protocol("mzsr-g2.0-direct-x4").paper_psnr("mzsr_x4.multi (1 step)", "BSD100") == 26.68
    assert protocol("mzsr-g2.0-direct-x4").paper_psnr("mzsr_x4.multi", "Set5") is None
