import math

import pytest
import torch

from blindsr.analysis.consistency import consistency
from blindsr.contract import Estimate
from blindsr.degrade import Degradation, kernels, resize


def test_the_truth_leaves_nothing_but_noise() -> None:
    small = torch.rand(1, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    hr = 0.3 + 0.4 * resize(small, 4).clamp(0, 1)
    kernel = kernels.gaussian(15, 1.6)
    for level in (0.0, 10.0):
        record = Degradation(
            scale=2,
            kernels=kernel[None],
            noise=torch.tensor([level]),
            jpeg=torch.tensor([0]),
            seeds=torch.tensor([3]),
        )
        lr = record.apply(hr)
        right = consistency(lr, hr, Estimate(kernel, torch.full((3,), level), 1.0, "bicubic"))
        assert right.level == pytest.approx(max(level, 0.29), rel=0.05)  # rounding leaves 0.29
        assert right.unexplained < 0.25 * max(level, 1.2)
        wrong = consistency(lr, hr.flip(3), Estimate(kernel, torch.full((3,), level), 1.0, "bicubic"))
        assert wrong.unexplained > 5
        assert wrong.to_dict()["noise"] == level


def test_the_residual_is_where_the_difference_is() -> None:
    lr = torch.full((1, 3, 8, 8), 0.5)
    sr = torch.full((1, 3, 16, 16), 0.5)
    sr[..., :4, :4] = 0.7
    found = consistency(lr, sr, Estimate(kernels.delta(), torch.zeros(3), None, "direct"))
    assert found.residual.shape == lr.shape
    torch.testing.assert_close(found.residual[..., :2, :2], torch.full((1, 3, 2, 2), -0.2))
    assert not bool(found.residual[..., 2:, 2:].any())


def test_the_map_is_dark_where_all_is_explained() -> None:
    lr = torch.full((1, 3, 40, 40), 0.5)
    sr = torch.full((1, 3, 80, 80), 0.5)
    sr[..., :40, :40] = 0.6
    found = consistency(lr, sr, Estimate(kernels.delta(), torch.full((3,), 2.0), None, "direct"))
    levels = found.unexplained_map[0, 0]
    assert float(levels[5, 5]) == pytest.approx(math.sqrt(25.5**2 - 2**2), rel=1e-3)
    assert float(levels[30:, 30:].max()) == 0
    drawn = found.to_picture()
    assert drawn.metadata.gray
    assert (drawn.height, drawn.width) == (40, 40)
    assert float(drawn.pixels[0, 5, 5]) == 1
    assert float(drawn.pixels[0, 35, 35]) == 0
