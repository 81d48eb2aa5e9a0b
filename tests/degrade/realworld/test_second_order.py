import dataclasses
import io
import json
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from blindsr.degrade import kernels, record, resize
from blindsr.degrade.realworld.individual import IndividualDegradation
from blindsr.degrade.realworld.second_order import RealisticDegradation, Round
from blindsr.errors import BlindSRError, Code


def picture(count: int = 1, seed: int = 0) -> Tensor:
    small = torch.rand(count, 3, 12, 16, generator=torch.Generator().manual_seed(seed))
    return resize(small, 4).clamp(0, 1)


def plain(second: dict[str, Tensor] | None = None, **changes: Any) -> RealisticDegradation:
    """One row that only resizes, to a quarter by area; ``second`` changes its second round."""
    one, zero, none = torch.ones(1), torch.zeros(1), torch.zeros(1, dtype=torch.long)
    each: dict[str, Any] = {
        "kernels": kernels.delta(21)[None], "factor": one, "mode": none, "noise": zero, "poisson": zero, "gray": zero,
        "jpeg": none,
    }  # fmt: skip
    values: dict[str, Any] = {
        **each, "scale": 4, "seeds": none + 5, "second": Round(**{**each, **(second or {})}), "last_mode": none,
        "sinc": kernels.delta(21)[None], "last_jpeg": none,
    }  # fmt: skip
    return RealisticDegradation(**{**values, **changes}).validated()


def _eight_bit(x: Tensor) -> Tensor:
    return (x.clamp(0, 1) * 255).round() / 255


def test_without_harm_it_is_a_resizing() -> None:
    hr = picture()
    torch.testing.assert_close(plain().apply(hr), _eight_bit(F.interpolate(hr, size=(12, 16), mode="area")))


@pytest.mark.parametrize(("mode", "name"), [(0, "area"), (1, "bilinear"), (2, "bicubic")])
def test_the_ways_of_resizing_in_their_order(mode: int, name: str) -> None:
    hr, chosen = picture(), torch.tensor([mode])
    first = F.interpolate(hr, size=(24, 32), mode=name).clamp(0, 1)
    second = F.interpolate(first, size=(18, 24), mode="bilinear").clamp(0, 1)
    last = F.interpolate(second, size=(12, 16), mode=name)
    made = plain(
        {"factor": torch.tensor([1.5]), "mode": torch.tensor([1])},
        factor=torch.tensor([0.5]),
        mode=chosen,
        last_mode=chosen,
    )
    torch.testing.assert_close(made.apply(hr), _eight_bit(last), atol=1.01 / 255, rtol=0)


def test_the_last_way_of_resizing_is_antialiased() -> None:
    hr = picture()
    made = plain(mode=torch.tensor([3]), factor=torch.tensor([0.25])).apply(hr)
    torch.testing.assert_close(made, _eight_bit(resize(hr, 0.25)))


@pytest.mark.parametrize("gray", [0.0, 1.0])
def test_white_noise(gray: float) -> None:
    hr = torch.full((1, 3, 64, 64), 0.5)
    row = plain({"noise": torch.tensor([20.0]), "gray": torch.tensor([gray])}, scale=1)
    noise = row.apply(hr) - 0.5
    assert float(noise.std()) * 255 == pytest.approx(20, rel=0.08)
    spread = float((noise - noise.mean(1, keepdim=True)).abs().max())
    assert (spread < 1e-6) == bool(gray)


def test_photon_noise_grows_with_brightness() -> None:
    hr = torch.cat((torch.full((1, 3, 64, 64), 0.1), torch.full((1, 3, 64, 64), 0.5)), 3)
    hr = hr + torch.linspace(0, 0.05, 128)
    noise = plain({"poisson": torch.tensor([0.3])}, scale=1).apply(hr) - hr
    assert 1.5 * float(noise[..., :64].std()) < float(noise[..., 64:].std())
    assert abs(float(noise.mean())) < 0.01


def test_compression_comes_before_or_after_the_last_resizing() -> None:
    hr, quality = picture(), torch.tensor([30])
    small = F.interpolate(hr, size=(12, 16), mode="area")
    last = plain(last_jpeg=quality).apply(hr)
    torch.testing.assert_close(last, _jpeg(small, 30))
    before = plain({"jpeg": quality, "factor": torch.tensor([2.0])}).apply(hr)
    middle = F.interpolate(hr, size=(24, 32), mode="area")
    expected = F.interpolate(_jpeg(middle, 30), size=(12, 16), mode="area")
    torch.testing.assert_close(before, _eight_bit(expected), atol=1.01 / 255, rtol=0)


def _jpeg(x: Tensor, quality: int) -> Tensor:
    buffer = io.BytesIO()
    array = (x[0] * 255).round().byte().permute(1, 2, 0).numpy()
    Image.fromarray(array).save(buffer, "JPEG", quality=quality, subsampling="4:2:0")
    return torch.from_numpy(np.array(Image.open(buffer))).permute(2, 0, 1)[None] / 255


def test_a_record_replays_to_the_bit() -> None:
    from blindsr.degrade.realworld.realesrgan import RealESRGAN

    drawn, hr = RealESRGAN(4, 21).sample(3, 7), picture(3)
    again = record.parse_record(drawn.to_json())
    assert isinstance(again, RealisticDegradation)
    assert torch.equal(again.apply(hr), drawn.apply(hr))
    assert torch.equal(drawn[1:2].apply(hr[1:2]), drawn.apply(hr)[1:2])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"factor": [0.0]}, Code.INVALID_VALUE),
        ({"mode": [4]}, Code.INVALID_VALUE),
        ({"last_mode": [-1]}, Code.INVALID_VALUE),
        ({"second": {**plain().second.to_plain(), "mode": [4]}}, Code.INVALID_VALUE),
        ({"second": {**plain().second.to_plain(), "mode": [0.5]}}, Code.INVALID_FILE),
        ({"second": {**plain().second.to_plain(), "gray": [1.0, 0.0]}}, Code.INVALID_VALUE),
        ({"second": {"mode": [0]}}, Code.INVALID_FILE),
        ({"second": [0]}, Code.INVALID_FILE),
        ({"gray": [1.0, 0.0]}, Code.INVALID_VALUE),
        ({"sinc": [[1.0]]}, Code.INVALID_VALUE),
        ({"sinc": [[[0.25, 0.25], [0.25, 0.25]]]}, Code.INVALID_VALUE),
        ({"sinc": [[[float("nan")]]]}, Code.INVALID_FILE),
        ({"second": {**plain().second.to_plain(), "kernels": [[[2.0]]]}}, Code.INVALID_VALUE),
        ({"last_jpeg": [500]}, Code.INVALID_VALUE),
        ({"second": {**plain().second.to_plain(), "jpeg": [-5]}}, Code.INVALID_VALUE),
        ({"last_jpeg": [90, 90]}, Code.INVALID_VALUE),
        ({"second": {**plain().second.to_plain(), "noise": [float("nan")]}}, Code.INVALID_VALUE),
        ({"poisson": [-1.0]}, Code.INVALID_VALUE),
        ({"kind": "unheard of"}, Code.INVALID_FILE),
        ({"version": 3}, Code.INVALID_FILE),
        ({"version": 1}, Code.INVALID_FILE),
    ],
)
def test_records_that_make_no_sense_are_refused(change: dict[str, Any], code: Code) -> None:
    with pytest.raises(BlindSRError, check=code.matches):
        record.parse_record(json.dumps({**plain().to_dict(), **change}))


def _of_version_1(values: dict[str, Any]) -> dict[str, Any]:
    """A record as version 1 wrote it: all entries in one row, those of the second round with a 2."""
    values = dict(values)
    second = {f"{name}2": value for name, value in values.pop("second").items()}
    old = {"last_mode": "mode3", "last_jpeg": "jpeg3"}
    return {**{old.get(name, name): value for name, value in values.items()}, **second, "version": 1}


def test_records_of_version_1_are_read() -> None:
    from blindsr.degrade.realworld.realesrgan import RealESRGAN

    drawn = RealESRGAN(4, 21, once=0.3).sample(3, 1)
    old = _of_version_1(drawn.to_dict())
    assert {"kernels2", "noise2", "poisson2", "gray2", "mode2", "factor2", "jpeg2", "mode3", "jpeg3"} < old.keys()
    again = record.parse_record(json.dumps(old))
    assert again.to_dict() == drawn.to_dict()
    assert drawn.to_dict()["version"] == 2


@pytest.mark.parametrize("once", [0.0, 1.0])
def test_all_images_at_once_are_those_done_one_by_one(once: float) -> None:
    """Without noise, whose draws differ. A sum in another order may fall on the other side of a step of rounding, and
    what JPEG then makes of a block of 8x8 pixels is a large part of images as small as these."""
    from blindsr.degrade.realworld.realesrgan import RealESRGAN

    drawn, hr, none = RealESRGAN(4, 21, once=once).sample(6, 4), picture(6), torch.zeros(6)
    silent = dataclasses.replace(
        drawn, noise=none, poisson=none, second=dataclasses.replace(drawn.second, noise=none, poisson=none)
    )
    together = _apply_together(silent, hr, torch.Generator())
    apart = silent.apply(hr, torch.Generator())
    assert together.shape == apart.shape
    differing = ((together - apart).abs() > 0.5 / 255).float().mean((1, 2, 3))
    assert int((differing > 0.01).sum()) <= 2
    assert float((together - apart).abs().mean()) < 0.2 / 255


@pytest.mark.parametrize("gray", [0.0, 1.0])
@pytest.mark.parametrize("kind", ["noise", "poisson"])
def test_noise_of_all_images_at_once_is_that_of_single_ones(kind: str, gray: float) -> None:
    ramp = torch.linspace(0.2, 0.7, 96).expand(2, 3, 96, 96)
    level = torch.tensor([15.0]) if kind == "noise" else torch.tensor([0.4])
    row = plain({kind: level, "gray": torch.tensor([gray])}, scale=1).repeat_interleave(2)
    noises = [way(ramp, torch.Generator().manual_seed(0)) - ramp for way in (row.apply, partial(_apply_together, row))]
    halves = [[float(part.std()) for part in noise.chunk(2, 3)] for noise in noises]
    assert halves[1] == pytest.approx(halves[0], rel=0.06)
    for noise in noises:
        assert (float((noise - noise.mean(1, keepdim=True)).abs().max()) < 1e-6) == bool(gray)
        assert not torch.equal(noise[0], noise[1])


def test_one_degradation_for_each_image() -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        plain().apply(picture(2))
    assert len(dataclasses.replace(plain()).repeat_interleave(3)) == 3


def _apply_together(row: IndividualDegradation, hr: torch.Tensor, source: torch.Generator) -> torch.Tensor:
    """Degrade as other devices than a CPU do."""
    return row._after_blur_together(row._blurred(hr), source)
