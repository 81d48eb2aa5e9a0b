"""MATLAB's imresize, checked against its definition in a slow loop and against numbers worked out by hand."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from blindsr.degrade import resample
from blindsr.errors import BlindSRError, Code


def cubic(x: float) -> float:
    x = abs(x)
    if x <= 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0.0


def slow_line(line: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """One axis of imresize as its documentation defines it, 1-based like MATLAB, with a loop for every tap."""
    length = len(line)
    shrink = min(scale, 1.0)
    out = np.zeros(math.ceil(length * scale - 1e-9))
    for i in range(1, len(out) + 1):
        u = i / scale + 0.5 * (1 - 1 / scale)
        left = math.floor(u - 2 / shrink)
        taps = range(left, left + math.ceil(4 / shrink) + 3)
        weights = [shrink * cubic(shrink * (u - t)) for t in taps]
        for tap, weight in zip(taps, weights, strict=True):
            mirrored = (tap - 1) % (2 * length)
            out[i - 1] += weight / sum(weights) * line[mirrored if mirrored < length else 2 * length - 1 - mirrored]
    return out


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 30), st.sampled_from([0.25, 1 / 3, 0.5, 2.0, 3.0, 4.0, 1.5]), st.integers(0, 99))
def test_a_line_is_resampled_as_matlab_defines_it(length: int, scale: float, seed: int) -> None:
    line = np.random.default_rng(seed).random(length)
    ours = resample.resize(torch.from_numpy(line).view(1, 1, 1, -1), scale, (1, math.ceil(length * scale - 1e-9)))
    np.testing.assert_allclose(ours.flatten().numpy(), slow_line(line, scale), atol=1e-6)


def test_halving_uses_the_known_weights() -> None:
    # cubic((t - 6.5) / 2) / 2 at t = 3 ... 10, in 256ths, worked out by hand.
    known = (-3, -9, 29, 111, 111, 29, -9, -3)
    matrix = resample.bicubic_matrix(16, 8, 0.5)
    torch.testing.assert_close(matrix[3], torch.tensor([0] * 3 + list(known) + [0] * 5) / 256)


_QUARTER = (-7, -45, -75, -49, 93, 399, 745, 987)


@pytest.mark.parametrize(
    ("length", "scale", "row", "first", "weights"),
    [
        # In exact fractions from Keys' polynomial: distances 7/4, 3/4, 1/4, 5/4 in 128ths,
        (8, 2.0, 6, 1, (-3, 29, 111, -9)),
        # the middle one of three outputs is an input pixel,
        (8, 3.0, 10, 3, (1,)),
        # distances (-5 ... 5) / 3 in 162ths,
        (15, 1 / 3, 2, 2, (-2, -4, 0, 18, 42, 54, 42, 18, 0, -4, -2)),
        # and distances (-15, -13 ... 15) / 8 in 4096ths.
        (32, 0.25, 3, 6, _QUARTER + _QUARTER[::-1]),
    ],
)
def test_weights_worked_out_by_hand(length: int, scale: float, row: int, first: int, weights: tuple[int, ...]) -> None:
    expected = torch.zeros(length)
    expected[first : first + len(weights)] = torch.tensor(weights) / sum(weights)
    matrix = resample.bicubic_matrix(length, round(length * scale), scale)
    torch.testing.assert_close(matrix[row], expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("length", "scale", "expected"), [(10, 0.25, 3), (9, 1 / 3, 3), (7, 0.5, 4), (49, 1 / 49, 1), (5, 3.0, 15)]
)
def test_sides_are_rounded_up_as_matlab_does(length: int, scale: float, expected: int) -> None:
    assert resample.resize(torch.rand(1, 1, length, 2), scale, None).shape[-2] == expected


def test_no_float_error_adds_a_pixel() -> None:
    for scale in (0.1, 1 / 3, 1.1, 0.7):
        for length in range(10, 200, 10):
            exact = math.ceil(round(length * scale, 9))
            assert resample.resize(torch.rand(1, 1, 1, length), scale).shape[-1] == exact


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([0.25, 0.5, 2.0, 3.0]))
def test_a_constant_stays_constant(height: int, width: int, scale: float) -> None:
    out = resample.resize(torch.full((1, 3, height, width), 0.37), scale)
    torch.testing.assert_close(out, torch.full_like(out, 0.37))


def test_pillow_agrees_away_from_the_border() -> None:
    image = np.random.default_rng(0).random((64, 48)).astype(np.float32)
    theirs = np.asarray(Image.fromarray(image).resize((12, 16), Image.Resampling.BICUBIC))
    ours = resample.resize(torch.from_numpy(image)[None, None], 0.25)[0, 0].numpy()
    np.testing.assert_allclose(ours[3:-3, 3:-3], theirs[3:-3, 3:-3], atol=1e-5)


def test_direct_subsampling_keeps_the_first_pixel() -> None:
    x = torch.arange(36.0).view(1, 1, 6, 6)
    assert resample.subsample(x, 3).flatten().tolist() == [0, 3, 18, 21]


@pytest.mark.parametrize("scale", [0.25, 0.5, 3.0])
def test_the_gradient_is_the_adjoint_of_what_goes_forward(scale: float) -> None:
    """Each entry of the adjoint, from the answers to unit impulses."""
    x = torch.zeros(1, 1, 7, 5, dtype=torch.float64, requires_grad=True)
    impulses = torch.eye(35, dtype=torch.float64).view(35, 1, 7, 5)
    answers = resample.resize(impulses, scale)
    y = torch.rand(answers.shape[1:], dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    (gradient,) = torch.autograd.grad((resample.resize(x, scale)[0] * y).sum(), x)
    torch.testing.assert_close(gradient.flatten(), (answers * y).sum((1, 2, 3)))


def test_it_is_its_own_matrix_so_gradients_are_the_adjoint() -> None:
    x = torch.rand(1, 1, 12, 8, dtype=torch.float64, requires_grad=True)
    y = torch.rand(1, 1, 3, 2, dtype=torch.float64)
    (gradient,) = torch.autograd.grad((resample.resize(x, 0.25) * y).sum(), x)
    rows, columns = resample.bicubic_matrix(12, 3, 0.25).double(), resample.bicubic_matrix(8, 2, 0.25).double()
    torch.testing.assert_close(gradient[0, 0], rows.T @ y[0, 0] @ columns)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan")])
def test_a_scale_that_is_none(scale: float) -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        resample.resize(torch.rand(1, 3, 4, 4), scale)


@given(size=st.tuples(st.integers(4, 40), st.integers(4, 40)), to=st.tuples(st.integers(2, 60), st.integers(2, 60)))
def test_a_ramp_resized_to_a_size_fills_it_evenly(size: tuple[int, int], to: tuple[int, int]) -> None:
    ramp = torch.linspace(0, 1, size[1]).expand(1, 1, *size)
    result = resample.resize_to(ramp, to)
    assert result.shape[-2:] == to
    assert torch.allclose(result + result.flip(-1), torch.ones(1), atol=1e-5)  # nothing is shifted or cut


def test_matrices_of_whole_photographs_are_not_kept() -> None:
    small, large = ((side, 2 * side, 2.0) for side in (60, 1000))
    assert resample.bicubic_matrix(*small) is resample.bicubic_matrix(*small)
    assert resample.bicubic_matrix(*large) is not resample.bicubic_matrix(*large)
