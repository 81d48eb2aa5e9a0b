"""Degradations of photographs: what each step does, and what the distribution holds."""

import dataclasses
import io
import json
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from blindsr.degrade import kernels, record, resize
from blindsr.degrade.blur import blur
from blindsr.degrade.realworld.individual import IndividualDegradation
from blindsr.degrade.realworld.photo import PhotoDegradation, PhotoFamily
from blindsr.errors import BlindSRError


def picture(count: int = 1, seed: int = 0, height: int = 48, width: int = 64) -> Tensor:
    small = torch.rand(count, 3, height // 4, width // 4, generator=torch.Generator().manual_seed(seed))
    return resize(small, 4).clamp(0, 1)


def plain(**changes: Any) -> PhotoDegradation:
    """One row that only reduces by antialiased bicubic interpolation."""
    zero, none = torch.zeros(1), torch.zeros(1, dtype=torch.long)
    values = {
        "scale": 4, "kernels": kernels.delta(21)[None], "noise": zero, "jpeg": none, "seeds": none + 5,
        "factor": torch.tensor([0.25]), "mode": none, "mode2": none + 3, "early": zero, "poisson": zero,
        "grain": zero, "gray": zero, "sharpen": zero, "radius": zero + 1, "jpeg1": none, "shift": none,
        "webp": none, "full": none,
    }  # fmt: skip
    return PhotoDegradation(**{**values, **changes}).validated()


def eight_bit(x: Tensor) -> Tensor:
    return (x.clamp(0, 1) * 255).round() / 255


def compressed(x: Tensor, quality: int, kind: str = "JPEG", **how: Any) -> Tensor:
    buffer = io.BytesIO()
    Image.fromarray((x[0] * 255).round().byte().permute(1, 2, 0).numpy()).save(buffer, kind, quality=quality, **how)
    return torch.from_numpy(np.array(Image.open(buffer))).permute(2, 0, 1)[None] / 255


def test_a_clean_image_is_only_reduced() -> None:
    hr = picture()
    lr, noise = plain().apply_with_noise(hr)
    torch.testing.assert_close(lr, eight_bit(resize(hr, 0.25)), atol=1.01 / 255, rtol=0)
    assert not bool(noise.any())


def test_blur_is_the_correlation_with_reflected_borders() -> None:
    hr = picture()
    kernel = kernels.gaussian(21, torch.tensor([3.0]), torch.tensor([1.0]), torch.tensor([0.7]))
    expected = eight_bit(resize(blur(hr, kernel, "reflect"), 0.25))
    torch.testing.assert_close(plain(kernels=kernel).apply(hr), expected, atol=1.01 / 255, rtol=0)


@given(st.floats(0, 30), st.floats(0, 30), st.floats(0, 1.5), st.booleans(), st.booleans())
@settings(max_examples=20, deadline=None)
def test_noise_is_what_it_adds(level: float, shot: float, amount: float, early: bool, gray: bool) -> None:
    """With and without noise, everything else alike: the difference is the second result."""
    hr = 0.3 + 0.4 * picture()
    values = {
        "poisson": torch.tensor([shot]), "noise": torch.tensor([level]), "sharpen": torch.tensor([amount]),
        "early": torch.tensor([float(early)]), "gray": torch.tensor([float(gray)]), "factor": torch.tensor([0.5]),
    }  # fmt: skip
    noisy, noise = plain(**values).apply_with_noise(hr)
    values["noise"] = values["poisson"] = torch.zeros(1)
    clean = plain(**values).apply(hr)
    torch.testing.assert_close(noisy - clean, noise)
    inside = ((noisy > 0) & (noisy < 1) & (clean > 0) & (clean < 1)).all(1, keepdim=True)
    colour = torch.where(inside, noise - noise.mean(1, keepdim=True), 0)
    # Both images are rounded to 8 bit: channels differ by up to two steps, from their mean by 4/3
    assert not gray or float(colour.abs().max()) < 0.2 * float(noise.abs().max()) + 1.34 / 255


def test_what_compression_removes_of_the_noise_is_not_part_of_it() -> None:
    hr = torch.full((1, 3, 512, 512), 0.5)
    row = plain(noise=torch.tensor([20.0]), jpeg=torch.tensor([40]))
    lr, noise = row.apply_with_noise(hr)
    torch.testing.assert_close(lr - noise, plain(jpeg=torch.tensor([40])).apply(hr))
    assert 2 < float(noise.std()) * 255 < 15


@pytest.mark.parametrize("grain", [0.0, 0.5, 1.0])
def test_grain_keeps_the_level_of_the_noise(grain: float) -> None:
    hr = torch.full((1, 3, 512, 512), 0.5)
    _, noise = plain(noise=torch.tensor([20.0]), grain=torch.tensor([grain])).apply_with_noise(hr)
    assert float(noise.std()) * 255 == pytest.approx(20, rel=0.05)
    neighbours = float((noise[..., 1:] * noise[..., :-1]).mean() / noise.square().mean())
    assert (neighbours > 0.1) == (grain > 0)


def test_shot_noise_grows_with_the_root_of_the_brightness() -> None:
    hr = torch.cat((torch.full((1, 3, 256, 256), 0.2), torch.full((1, 3, 256, 256), 0.8)), 3)
    _, noise = plain(poisson=torch.tensor([20.0])).apply_with_noise(hr)
    dark, bright = float(noise[..., :60].std()), float(noise[..., -60:].std())
    assert bright / dark == pytest.approx(2, rel=0.1)
    assert bright * 255 == pytest.approx(20 * 0.8**0.5, rel=0.1)


@pytest.mark.parametrize(("full", "sampling"), [(0, "4:2:0"), (1, "4:4:4")])
def test_the_last_compression_is_that_of_the_codec(full: int, sampling: str) -> None:
    hr, quality = picture(), torch.tensor([40])
    made = plain(jpeg=quality, full=torch.tensor([full])).apply(hr)
    torch.testing.assert_close(made, compressed(eight_bit(resize(hr, 0.25)), 40, subsampling=sampling))
    webp = plain(jpeg=quality, webp=torch.tensor([1])).apply(hr)
    torch.testing.assert_close(webp, compressed(eight_bit(resize(hr, 0.25)), 40, "WEBP"))


def test_a_shift_moves_the_grid_of_the_first_compression() -> None:
    """Blocking along rows: differences across the borders of blocks are larger than inside of them."""
    hr = picture(height=512, width=512)
    for columns in (0, 3):
        lr = plain(jpeg1=torch.tensor([8]), shift=torch.tensor([columns])).apply(hr)
        steps = (lr[..., 1:] - lr[..., :-1]).abs().mean((0, 1, 2))
        by_phase = torch.stack([steps[i::8].mean() for i in range(8)])
        assert int(by_phase.argmax()) == (7 - columns) % 8


def test_a_record_replays_to_the_bit() -> None:
    drawn, hr = PhotoFamily(4).sample(6, 7), picture(6)
    again = record.parse_record(drawn.to_json())
    assert isinstance(again, PhotoDegradation)
    assert torch.equal(again.apply(hr), drawn.apply(hr))
    assert torch.equal(drawn[1:2].apply(hr[1:2]), drawn.apply(hr)[1:2])


@given(st.integers(0, 2**32), st.sampled_from([2, 3, 4]))
@settings(max_examples=15, deadline=None)
def test_whatever_is_drawn_makes_sense(seed: int, scale: int) -> None:
    drawn = PhotoFamily(scale).sample(4, seed).validated()
    assert len(drawn) == 4
    lr = drawn.apply(picture(4, height=12 * scale, width=16 * scale))
    assert lr.shape == (4, 3, 12, 16)
    assert bool(((lr >= 0) & (lr <= 1)).all())


def test_shares_of_clean_and_mild_images() -> None:
    drawn = PhotoFamily(4, clean=0.5, mild=0.5).sample(2000, 0)
    clean = (drawn.kernels[:, 10, 10] == 1) & (drawn.noise == 0) & (drawn.poisson == 0) & (drawn.jpeg == 0)
    assert float(clean.float().mean()) == pytest.approx(0.5, abs=0.04)
    assert float((drawn.noise + drawn.poisson).max()) <= 8
    assert int(drawn.jpeg[drawn.jpeg > 0].min()) >= 75
    assert not bool(PhotoFamily(4, clean=1, mild=0).sample(50, 0).apply(picture(50)).sub(
        eight_bit(resize(picture(50), 0.25))).abs().gt(1.01 / 255).any())  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"factor": [0.0]}, {"mode": [4]}, {"mode2": [-1]}, {"gray": [1.0, 0.0]}, {"shift": [64]}, {"jpeg1": [101]},
        {"poisson": [-1.0]}, {"grain": [float("nan")]}, {"webp": [0, 1]}, {"sharpen": [-0.5]},
    ],
)  # fmt: skip
def test_records_that_make_no_sense_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BlindSRError):
        record.parse_record(json.dumps({**plain().to_dict(), **change}))


def test_one_degradation_for_each_image() -> None:
    for way in (plain().apply, plain().apply_with_noise):
        with pytest.raises(BlindSRError):
            way(picture(2))
    assert len(dataclasses.replace(plain()).repeat_interleave(3)) == 3


def test_all_images_at_once_are_those_done_one_by_one() -> None:
    """Without noise, whose draws differ. A sum in another order may fall on the other side of a step of rounding."""
    drawn, hr, none = PhotoFamily(4).sample(24, 3), picture(24), torch.zeros(24)
    assert bool((drawn.factor != 0.25).any())
    assert bool((drawn.jpeg1 > 0).any())
    assert bool((drawn.webp > 0).any())
    silent = dataclasses.replace(drawn, noise=none, poisson=none)
    together = _apply_together(silent, hr, torch.Generator())
    apart = silent.apply(hr, torch.Generator())
    differing = ((together - apart).abs() > 0.5 / 255).float().mean((1, 2, 3))
    assert int((differing > 0.01).sum()) <= 3
    assert float((together - apart).abs().mean()) < 0.1 / 255


@pytest.mark.parametrize("gray", [0.0, 1.0])
@pytest.mark.parametrize("grain", [0.0, 0.7])
@pytest.mark.parametrize(("kind", "early"), [("noise", 0.0), ("poisson", 0.0), ("noise", 1.0)])
def test_noise_of_all_images_at_once_is_that_of_single_ones(kind: str, grain: float, gray: float, early: float) -> None:
    ramp = torch.linspace(0.42, 0.58, 384).expand(2, 3, 384, 384)
    changes = {kind: torch.tensor([20.0]), "grain": torch.tensor([grain]), "gray": torch.tensor([gray])}
    row = plain(**changes, early=torch.tensor([early]), factor=torch.tensor([0.25 + 0.25 * early])).repeat_interleave(2)
    clean = plain().repeat_interleave(2).apply(ramp)
    spreads = []
    for way in (row.apply, partial(_apply_together, row)):
        noise = way(ramp, torch.Generator().manual_seed(0)) - clean
        assert not torch.equal(noise[0], noise[1])
        assert (float((noise - noise.mean(1, keepdim=True)).abs().max()) < 1.5 / 255) == bool(gray)
        spreads.append([float(part.std()) for part in (*noise.chunk(2, 3), noise.diff(dim=3))])
    assert spreads[1] == pytest.approx(spreads[0], rel=0.06)


def _apply_together(row: IndividualDegradation, hr: torch.Tensor, source: torch.Generator) -> torch.Tensor:
    """Degrade as other devices than a CPU do."""
    return row._after_blur_together(row._blurred(hr), source)
