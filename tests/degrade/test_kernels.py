"""Kernels against closed forms, files and every way to be wrong."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from blindsr.degrade import kernels
from blindsr.errors import BlindSRError, Code

widths = st.floats(0.2, 4.0)
angles = st.floats(0, math.pi)


def covariance(kernel: Tensor) -> Tensor:
    """Second moments (xx, xy; xy, yy) of a kernel."""
    at = torch.arange(len(kernel), dtype=torch.float64) - len(kernel) // 2
    k = kernel.double()
    x, y = at[None, :], at[:, None]
    xy = (k * x * y).sum()
    return torch.stack([(k * x * x).sum(), xy, xy, (k * y * y).sum()]).view(2, 2)


@given(widths, widths, angles, st.sampled_from([7, 15, 21]))
def test_gaussians_are_distributions_symmetric_about_their_centre(a: float, b: float, angle: float, size: int) -> None:
    kernel = kernels.gaussian(size, a, b, angle)
    assert kernel.shape == (size, size)
    assert float(kernel.min()) >= 0
    assert float(kernel.sum()) == pytest.approx(1, abs=1e-5)
    torch.testing.assert_close(kernel, kernel.flip(0, 1))


@given(st.floats(0.8, 3.0), st.floats(0.8, 3.0), angles)
def test_widths_are_standard_deviations_along_the_axes(a: float, b: float, angle: float) -> None:
    turn = torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]], dtype=torch.float64)
    expected = turn @ torch.diag(torch.tensor([a**2, b**2], dtype=torch.float64)) @ turn.T
    torch.testing.assert_close(covariance(kernels.gaussian(61, a, b, angle)), expected, atol=5e-3, rtol=5e-3)


def test_a_positive_angle_turns_the_long_axis_from_right_to_down() -> None:
    kernel = kernels.gaussian(21, 3.0, 0.5, math.pi / 4)
    assert kernel[14, 14] > 100 * kernel[6, 14]


def test_variances_are_squared_deviations() -> None:
    torch.testing.assert_close(
        kernels.gaussian_from_variances(15, 4.0, 1.0, -0.5), kernels.gaussian(15, 2.0, 1.0, -0.5)
    )


@pytest.mark.parametrize("size", [4, 6])
def test_an_even_kernel_is_centred_between_its_pixels(size: int) -> None:
    kernel = kernels.gaussian(size, 1.2)
    torch.testing.assert_close(kernel, kernel.flip(0))
    torch.testing.assert_close(kernel, kernel.flip(1))


def test_one_kernel_a_sample() -> None:
    stds = torch.tensor([0.5, 1.0, 3.0])
    many = kernels.gaussian(15, stds)
    for kernel, std in zip(many, stds.tolist(), strict=True):
        torch.testing.assert_close(kernel, kernels.gaussian(15, std))


def test_widths_on_an_accelerator_meet_plain_numbers() -> None:
    """Training draws widths on the device of the images; the meta device refuses mixtures as CUDA does."""
    widths = torch.rand(3, device="meta")
    for kernel in (kernels.gaussian(15, widths), kernels.gaussian(15, 2.0, widths, 0.5)):
        assert kernel.shape == (3, 15, 15)
        assert kernel.device.type == "meta"


def test_the_narrowest_gaussian_leaves_an_image_as_it_is() -> None:
    torch.testing.assert_close(kernels.gaussian(15, 0.2), kernels.delta(15), atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("kernel", "code"),
    [
        (torch.ones(3, 5), Code.INVALID_VALUE),
        (torch.ones(4, 4), Code.INVALID_VALUE),
        (torch.full((3, 3), float("nan")), Code.INVALID_FILE),
        (torch.zeros(3, 3), Code.INVALID_VALUE),
        (torch.ones(3), Code.INVALID_VALUE),
    ],
)
def test_a_kernel_that_makes_no_sense_is_named(kernel: Tensor, code: Code) -> None:
    with pytest.raises(BlindSRError, check=code.matches):
        kernels.check_kernel(kernel)


def test_the_covariance_does_not_depend_on_where_the_kernel_lies() -> None:
    kernel = torch.zeros(1, 21, 21)
    kernel[0, 4:11, 6:13] = kernels.gaussian_from_variances(7, 1.5, 0.5, 0.3)
    torch.testing.assert_close(
        kernels.kernel_covariance(kernel)[0], kernels.kernel_covariance(kernel[:, 4:11, 6:13])[0], atol=1e-4, rtol=1e-3
    )


@settings(deadline=None, max_examples=30)
@given(first=st.floats(0.3, 3), ratio=st.floats(0.55, 0.85), degrees=st.floats(1, 179), shift=st.integers(-2, 2))
def test_widths_are_those_that_a_gaussian_was_made_with(first: float, ratio: float, degrees: float, shift: int) -> None:
    """However much of it lies outside, and wherever its centre is."""
    kernel = kernels.gaussian(31, first, ratio * first, math.radians(degrees)).roll(shift, 0)[8:23, 8:23]
    along, across, angle = kernels.widths(kernel / kernel.sum())
    assert along == pytest.approx(first, rel=0.02)
    assert across == pytest.approx(ratio * first, rel=0.02)
    assert first < 0.5 or abs(angle - degrees) < 1.5 or abs(angle - degrees) > 178.5


def test_a_faint_wide_rim_adds_little_to_a_width() -> None:
    kernel = 0.9 * kernels.gaussian(15, 1.0) + 0.1 * kernels.gaussian(15, 3.0)
    by_moments = float(kernels.kernel_covariance(kernel[None])[0, 0, 0].sqrt())
    assert kernels.widths(kernel)[0] < 1.2 < 1.25 < by_moments


@pytest.mark.parametrize("kernel", [torch.ones(9, 9), torch.eye(9), torch.ones(1, 1), kernels.delta(9)])
def test_what_is_no_gaussian_has_widths_all_the_same(kernel: torch.Tensor) -> None:
    along, across, angle = kernels.widths(kernel / kernel.sum())
    assert 0 <= across <= along <= len(kernel) / 2
    assert 0 <= angle < 180
