import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from blindsr.degrade import kernels, shapes


def _covariance(std: float, std2: float, angle: float) -> torch.Tensor:
    return shapes.covariance_from_stds(*(torch.tensor([value], dtype=torch.float64) for value in (std, std2, angle)))


@given(std=st.floats(0.4, 3), std2=st.floats(0.4, 3), angle=st.floats(-math.pi, math.pi))
def test_beta_1_is_the_gaussian(std: float, std2: float, angle: float) -> None:
    shape = shapes.generalised_gaussian(15, _covariance(std, std2, angle), torch.ones(1))
    torch.testing.assert_close(shape[0], kernels.gaussian(15, std, std2, angle), atol=1e-6, rtol=1e-4)


@given(beta=st.floats(0.5, 4), std=st.floats(0.5, 3))
def test_formulas_pixel_by_pixel(beta: float, std: float) -> None:
    at = np.arange(9) - 4
    distance = (at[:, None] ** 2 + at[None] ** 2) / std**2
    for make, expected in (
        (shapes.generalised_gaussian, np.exp(-0.5 * distance**beta)),
        (shapes.plateau, 1 / (1 + distance**beta)),
    ):
        made = make(9, _covariance(std, std, 0.0), torch.tensor([beta], dtype=torch.float64))[0]
        assert made.numpy() == pytest.approx(expected / expected.sum(), abs=1e-6)


def test_a_narrower_kernel_is_that_of_its_own_size_with_zeros_around() -> None:
    covariance, beta, cutoff = _covariance(1.2, 0.8, 0.5), torch.tensor([1.5]), torch.tensor([1.1])
    narrow = torch.tensor([7])
    for wide, own in (
        (shapes.generalised_gaussian(11, covariance, beta, narrow), shapes.generalised_gaussian(7, covariance, beta)),
        (shapes.plateau(11, covariance, beta, narrow), shapes.plateau(7, covariance, beta)),
        (shapes.sinc(11, cutoff, narrow), shapes.sinc(7, cutoff)),
    ):
        torch.testing.assert_close(wide, torch.nn.functional.pad(own, (2,) * 4), atol=1e-7, rtol=0)


@given(cutoff=st.floats(math.pi / 5, math.pi))
def test_sinc_is_that_of_scipys_bessel_function(cutoff: float) -> None:
    made = shapes.sinc(11, torch.tensor([cutoff]))[0].double().numpy()
    at = np.arange(11) - 5.0
    radius = np.hypot(at[:, None], at[None])
    radius[5, 5] = 1
    expected = cutoff * special.j1(cutoff * radius) / (2 * np.pi * radius)
    expected[5, 5] = cutoff**2 / (4 * np.pi)
    assert made == pytest.approx(expected / expected.sum(), abs=1e-5)
