"""Eq. 1 as a value: replayed bit for bit, per sample, linear where it claims to be."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from blindsr.degrade import Degradation, Rounding, degrade, families, kernels
from blindsr.errors import BlindSRError


def one(noise: float = 0.0, std: float = 1.5, scale: int = 4, n: int = 1, jpeg: int = 0) -> Degradation:
    return Degradation(
        scale=scale,
        kernels=kernels.gaussian(15, torch.full((n,), std)),
        noise=torch.full((n,), noise),
        jpeg=torch.full((n,), jpeg),
        seeds=torch.arange(n),
    )


def images(n: int = 1, size: int = 48, seed: int = 0) -> Tensor:
    return torch.rand(n, 3, size, size, generator=torch.Generator().manual_seed(seed))


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**31), st.sampled_from(["cmdsr", "dmsr", "mrda_isotropic", "mrda_anisotropic", "mzsr"]))
def test_a_record_replays_bit_for_bit(seed: int, family: str) -> None:
    drawn = getattr(families, family)(4).sample(1, seed)
    drawn = dataclasses.replace(drawn, jpeg=torch.tensor([seed % 101]))
    again = Degradation.from_json(drawn.to_json())
    assert torch.equal(drawn.apply(images()), again.apply(images()))


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    family = families.cmdsr(4)
    assert family.sample(3, 7).to_json() == family.sample(3, 7).to_json()
    assert family.sample(3, 7).to_json() != family.sample(3, 8).to_json()


def test_noise_has_the_level_asked_for_row_by_row() -> None:
    levels = torch.tensor([0.0, 15.0, 75.0])
    parts = dataclasses.replace(one(n=3), noise=levels, rounding="none")
    lr = parts.apply(torch.full((3, 3, 512, 512), 0.5))
    measured = (lr - 0.5).flatten(1).std(1) * 255
    torch.testing.assert_close(measured, levels, rtol=0.02, atol=1e-3)


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    batch = one(noise=20, n=3)
    hr = images(3)
    torch.testing.assert_close(batch.apply(hr)[1:2], batch[1:2].apply(hr[1:2]), atol=1 / 255 + 1e-6, rtol=0)
    assert torch.equal(batch.draw_noise((3, 3, 12, 12), hr)[1:2], batch[1:2].draw_noise((1, 3, 12, 12), hr))


@pytest.mark.parametrize(("rounding", "oracle"), [("round", np.round), ("floor", np.floor)])
def test_rounding_to_8_bit(rounding: Rounding, oracle: "np.ufunc") -> None:
    exact = dataclasses.replace(one(noise=30), rounding="none").apply(images())
    levels = np.clip(exact.numpy(), 0, 1) * 255.0
    ours = dataclasses.replace(one(noise=30), rounding=rounding).apply(images()).numpy() * 255
    # A value within float32's error of a step may fall on either side of it.
    clear = np.abs(oracle(levels - 1e-3) - oracle(levels + 1e-3)) == 0
    assert clear.mean() > 0.9
    np.testing.assert_allclose(ours[clear], oracle(levels)[clear], atol=1e-3)


@pytest.mark.parametrize("angle", [0.0, 0.7])
def test_mixed_precision_does_not_touch_a_degradation(angle: float) -> None:
    kernel = kernels.gaussian(15, 2.0, 1.0, angle)[None]
    exact = dataclasses.replace(one(), kernels=kernel, rounding="none")
    with torch.autocast("cpu", torch.bfloat16):
        mixed = exact.apply(images())
    assert torch.equal(mixed, exact.apply(images()))


def test_truncation_keeps_levels_that_are_exact() -> None:
    levels = torch.arange(256.0).view(1, 1, 16, 16).expand(1, 3, 16, 16) / 255
    exact = dataclasses.replace(one(scale=1), kernels=kernels.delta(1)[None], rounding="floor")
    torch.testing.assert_close(exact.apply(levels), levels, atol=1e-6, rtol=0)


def test_the_differentiable_part_is_linear() -> None:
    a, b, none = images(seed=1), images(seed=2), torch.zeros(1, 3, 12, 12)
    mixed = degrade(0.3 * a + 0.7 * b, one(), none)
    torch.testing.assert_close(mixed, 0.3 * degrade(a, one(), none) + 0.7 * degrade(b, one(), none))


def test_a_shift_of_s_pixels_is_a_shift_of_one() -> None:
    hr = images(size=96)
    none = torch.zeros(1, 3, 24, 24)
    moved = degrade(hr.roll((4, 4), (2, 3)), one(), none)
    inside = slice(8, -8)
    torch.testing.assert_close(
        moved[..., inside, inside], degrade(hr, one(), none).roll((1, 1), (2, 3))[..., inside, inside]
    )


def test_bad_records_are_refused_in_one_sentence() -> None:
    good = one().to_dict()
    bad = [
        {**good, "version": 2},
        {key: value for key, value in good.items() if key != "noise"},
        {**good, "extra": 1},
        {**good, "noise": ["x"]},
        {**good, "noise": [float("nan")]},
        {**good, "noise": [-1.0]},
        {**good, "jpeg": [101]},
        {**good, "border": "mirror"},
        {**good, "scale": 0},
        {**good, "scale": 2.5},
        {**good, "noise": [1.0, 2.0]},
        {**good, "kernels": [[[0.0]]]},
    ]
    for values in bad:
        with pytest.raises(BlindSRError) as caught:
            Degradation.from_json(json.dumps(values))
        assert "\n" not in str(caught.value)
    for text in ("", "[]", "{"):
        with pytest.raises(BlindSRError):
            Degradation.from_json(text)


def test_sizes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(BlindSRError, match="divisible"):
        one().apply(images(size=30))
    with pytest.raises(BlindSRError, match="2 images but 1"):
        one().apply(images(2))
