"""Eq. 1 as a value: replayed bit for bit, per sample, linear where it claims to be."""

import dataclasses
import io
import json
from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage
from torch import Tensor

from blindsr.degrade import Border, Degradation, Downsampling, Rounding, blur, degrade, families, kernels, resize
from blindsr.errors import BlindSRError, Code

GRID = families.Isotropic(4, 15, noise=(0, 75), std=(0.2, 4.0), step=0.1)


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
@given(
    st.integers(0, 2**31),
    st.sampled_from(
        [
            GRID,
            families.Isotropic(4, 15, noise=(0, 75), std=(0.2, 3.0)),
            families.Anisotropic(4, 21, noise=(0, 25)),
            families.Isotropic(4, 15, border="symmetric", down="direct"),
        ]
    ),
)
def test_a_record_replays_bit_for_bit(seed: int, family: families.Family) -> None:
    drawn = family.sample(1, seed)
    drawn = dataclasses.replace(drawn, jpeg=torch.tensor([seed % 101]))
    again = Degradation.from_json(drawn.to_json())
    assert torch.equal(drawn.apply(images()), again.apply(images()))


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    assert GRID.sample(3, 7).to_json() == GRID.sample(3, 7).to_json()
    assert GRID.sample(3, 7).to_json() != GRID.sample(3, 8).to_json()


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


@pytest.mark.parametrize(("rounding", "oracle"), [("round", np.round), ("floor", np.floor)])
@pytest.mark.parametrize("down", get_args(Downsampling))
def test_the_blurred_image_is_rounded_before_subsampling(
    rounding: Rounding, oracle: "np.ufunc", down: Downsampling
) -> None:
    """A published builder of test images blurs an 8-bit file into an 8-bit file; the box keeps sums exact."""
    hr = (images() * 255).round() / 255
    parts = dataclasses.replace(
        one(), kernels=torch.full((1, 3, 3), 1 / 9), down=down, blur_rounding=rounding, rounding="none"
    )
    levels = (hr[0].numpy() * 255).round().astype(np.float64)
    sums = np.stack([ndimage.correlate(plane, np.ones((3, 3)), mode="mirror") for plane in levels])
    stored = torch.from_numpy(oracle(sums / 9) / 255).float()[None]
    expected = resize(stored, 0.25) if down == "bicubic" else stored[..., ::4, ::4]
    torch.testing.assert_close(parts.apply(hr), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("angle", [0.0, 0.7])
@pytest.mark.parametrize("blur_rounding", ["none", "floor"])
def test_each_image_of_a_batch_gets_its_own_kernel(angle: float, blur_rounding: Rounding) -> None:
    stds = torch.tensor([0.3, 1.5, 4.0])
    parts = dataclasses.replace(one(n=3), kernels=kernels.gaussian(15, stds, 0.5 * stds, angle))
    parts = dataclasses.replace(parts, blur_rounding=blur_rounding, rounding="none")
    hr = images().expand(3, -1, -1, -1)
    together = parts.apply(hr)
    assert float((together[0] - together[1]).abs().max()) > 0.03
    assert float((together[1] - together[2]).abs().max()) > 0.02
    # Sums in another order may fall on the other side of a step.
    tolerance = 1e-6 if blur_rounding == "none" else 1 / 255 + 1e-6
    for row in range(3):
        alone = parts[row : row + 1].apply(hr[:1])
        torch.testing.assert_close(together[row : row + 1], alone, atol=tolerance, rtol=0)


def test_jpeg_comes_last_and_only_where_asked_for() -> None:
    parts = dataclasses.replace(one(noise=10, n=2), jpeg=torch.tensor([0, 40]))
    plain = dataclasses.replace(parts, jpeg=torch.zeros(2, dtype=torch.int64)).apply(images(2, 64))
    both = parts.apply(images(2, 64))
    assert torch.equal(both[0], plain[0])
    buffer = io.BytesIO()
    array = (plain[1] * 255).round().byte().permute(1, 2, 0).numpy()
    Image.fromarray(array).save(buffer, "JPEG", quality=40, subsampling="4:2:0")
    expected = np.array(Image.open(buffer))
    assert np.array_equal((both[1] * 255).round().byte().permute(1, 2, 0).numpy(), expected)
    assert not np.array_equal(array, expected)


def test_results_are_clipped_and_8_bit() -> None:
    lr = one(noise=75).apply(torch.cat((torch.zeros(1, 3, 48, 24), torch.ones(1, 3, 48, 24)), 3))
    assert float(lr.min()) == 0
    assert float(lr.max()) == 1
    torch.testing.assert_close(lr * 255, (lr * 255).round(), atol=1e-4, rtol=0)


def test_repeated_rows_keep_images_of_one_task_together() -> None:
    drawn = GRID.sample(3, 0)
    assert drawn.repeat_interleave(2).noise.tolist() == [level for level in drawn.noise.tolist() for _ in range(2)]
    assert torch.equal(drawn.repeat_interleave(2).kernels[2:4], drawn.kernels[1:2].expand(2, -1, -1))


def test_every_row_draws_noise_of_its_own() -> None:
    noise = one(noise=20, n=2).draw_noise((2, 3, 32, 32), images())
    correlation = torch.corrcoef(noise.flatten(1))[0, 1]
    assert abs(float(correlation)) < 0.1


def test_noise_of_a_generator_is_its_own_and_has_the_same_level() -> None:
    parts = dataclasses.replace(one(noise=25), rounding="none")
    hr = torch.full((1, 3, 512, 512), 0.5)
    first, second = (parts.apply(hr, torch.Generator().manual_seed(seed)) for seed in (1, 2))
    assert not torch.equal(first, second)
    assert torch.equal(first, parts.apply(hr, torch.Generator().manual_seed(1)))
    assert float((first - 0.5).std()) * 255 == pytest.approx(25, rel=0.02)


@pytest.mark.parametrize("border", get_args(Border))
def test_the_border_of_the_record_is_the_one_that_is_used(border: Border) -> None:
    parts = dataclasses.replace(one(scale=1), border=border, rounding="none")
    expected = blur(images(), parts.kernels, border)
    torch.testing.assert_close(parts.apply(images()), expected, atol=2e-6, rtol=0)


def test_gradients_reach_the_image_the_kernel_and_the_noise() -> None:
    hr = torch.rand(1, 1, 8, 8, dtype=torch.float64, requires_grad=True)
    kernel = torch.rand(1, 3, 3, dtype=torch.float64, requires_grad=True)
    noise = torch.rand(1, 1, 2, 2, dtype=torch.float64, requires_grad=True)

    def whole(x: Tensor, k: Tensor, n: Tensor) -> Tensor:
        return degrade(x, dataclasses.replace(one(), kernels=k), n)

    assert torch.autograd.gradcheck(whole, (hr, kernel, noise))


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
    just_below = torch.nextafter(levels, torch.zeros(()))  # where arithmetic leaves an exact level
    torch.testing.assert_close(exact.apply(just_below), levels, atol=1e-6, rtol=0)


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
        {**good, "kernels": [[[7.0]]]},
        {**good, "kernels": 1.0},
        {**good, "jpeg": [30.7]},
        {**good, "seeds": [1.5]},
        {**good, "seeds": [2**63]},
    ]
    for values in bad:
        with pytest.raises(BlindSRError) as caught:
            Degradation.from_json(json.dumps(values))
        assert "\n" not in str(caught.value)
    for text in ("", "[]", "{", "[" * 100_000):
        with pytest.raises(BlindSRError):
            Degradation.from_json(text)


def test_sizes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        one().apply(images(size=30))
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        one().apply(images(2))
