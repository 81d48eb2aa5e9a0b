import math
from unittest.mock import patch

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from blindsr.degrade import kernels
from blindsr.methods.mzsr.estimator import (
    KernelEstimator,
    most_detailed,
    noise_level,
)


def picture(height: int, width: int, seed: int = 0) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


def estimator(scale: int = 2) -> KernelEstimator:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return KernelEstimator(scale, channels=4)


@settings(deadline=None, max_examples=30)
@given(l1=st.floats(1, 6), l2=st.floats(1, 6), angle=st.floats(0, math.pi))
def test_kernels_and_covariances_are_inverse(l1: float, l2: float, angle: float) -> None:
    kernel = kernels.gaussian_from_variances(41, l1, l2, angle)
    covariance = kernels.kernel_covariance(kernel[None].double())
    variances = torch.linalg.eigvalsh(covariance[0])
    assert sorted((l1, l2)) == pytest.approx(variances.tolist(), rel=0.02)
    torch.testing.assert_close(kernels.gaussian_from_covariance(41, covariance)[0].float(), kernel, atol=2e-4, rtol=0)


def test_every_covariance_is_positive_definite() -> None:
    net = estimator()
    for parameter in net.parameters():
        parameter.data.mul_(8)
    covariances, _ = net(picture(64, 64).expand(2, -1, -1, -1) * torch.tensor([1.0, 30.0]).view(2, 1, 1, 1))
    assert bool((torch.linalg.eigvalsh(covariances.double()) > 0).all())


def test_an_estimate_is_a_kernel_with_a_confidence() -> None:
    for height, width in ((200, 130), (64, 64), (9, 200), (1, 1)):
        found = estimator().estimate(picture(height, width), 15)
        assert found.kernel.shape == (15, 15)
        assert float(found.kernel.sum()) == pytest.approx(1, abs=1e-5)
        assert 0 < found.confidence <= 1


def test_windows_with_small_errors_count_most() -> None:
    net = estimator()
    covariances = torch.eye(2) * torch.tensor([1.0, 5.0, 2.0]).view(3, 1, 1)
    for log_errors, variance in (([-5.0, 1.0, 1.0], 1.0), ([1.0, 1.0, -5.0], 2.0), ([0.0, 0.0, 0.0], 8 / 3)):
        with patch.object(KernelEstimator, "forward", return_value=(covariances, torch.tensor(log_errors))):
            found = net.estimate(picture(96, 96), 31)
        variances = kernels.kernel_covariance(found.kernel[None])[0].diagonal()
        assert variances.tolist() == pytest.approx([variance] * 2, rel=0.05)


def test_the_confidence_falls_with_the_expected_error() -> None:
    net, confidences = estimator(), []
    for log_error in (-6.0, -2.0, 0.0, 3.0):
        net.last.weight.data[3].zero_()
        net.last.bias.data[3] = log_error
        confidences.append(net.estimate(picture(128, 128), 15).confidence)
    assert confidences == sorted(confidences, reverse=True)
    assert confidences[0] > 0.95
    assert confidences[-1] < 0.1


def test_the_windows_with_the_most_detail_are_taken() -> None:
    image = torch.full((1, 3, 96, 96), 0.5)
    image[..., 32:64, 64:] = picture(32, 32)
    (chosen,) = most_detailed(image, 32, 1)
    assert torch.equal(chosen, image[0, :, 32:64, 64:])
    assert len(most_detailed(image, 32, 4)) == 4
    assert torch.equal(most_detailed(image[..., :20], 32, 4), image[..., :20])


def test_a_long_strip_is_not_taken_whole() -> None:
    strip = torch.full((1, 3, 20, 1000), 0.5)
    strip[..., 640:672] = picture(20, 32)
    (chosen,) = most_detailed(strip, 32, 1)
    assert torch.equal(chosen, strip[0, ..., 640:672])
    assert most_detailed(strip.mT, 32, 4).shape == (4, 3, 32, 20)
    assert estimator().estimate(picture(9, 9000), 15).kernel.shape == (15, 15)


@pytest.mark.parametrize("level", [3.0, 10.0, 40.0])
def test_noise_is_measured_on_smooth_ground(level: float) -> None:
    ramp = torch.linspace(0.2, 0.8, 128).view(1, 1, 1, 128).expand(1, 3, 128, 128)
    noise = level / 255 * torch.randn(1, 3, 128, 128, generator=torch.Generator().manual_seed(1))
    assert noise_level(ramp + noise) == pytest.approx(level, rel=0.2)


def test_clean_and_tiny_images_have_no_noise() -> None:
    ramp = torch.linspace(0, 1, 128).view(1, 1, 1, 128).expand(1, 3, 128, 128)
    assert noise_level(ramp.mul(255).round() / 255) == 0
    assert noise_level(picture(4, 90)) == 0
