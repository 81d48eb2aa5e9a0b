import dataclasses
import io
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from blindsr.degrade import kernels, record, resize
from blindsr.degrade.realistic import RealisticDegradation
from blindsr.errors import BlindSRError


def picture(count: int = 1, seed: int = 0) -> Tensor:
    small = torch.rand(count, 3, 12, 16, generator=torch.Generator().manual_seed(seed))
    return resize(small, 4).clamp(0, 1)


def plain(**changes: Any) -> RealisticDegradation:
    """One row that only resizes, to a quarter by area."""
    one, zero, none = torch.ones(1), torch.zeros(1), torch.zeros(1, dtype=torch.long)
    values = {
        "scale": 4, "kernels": kernels.delta(21)[None], "noise": zero, "jpeg": none, "seeds": none + 5,
        "factor": one, "mode": none, "poisson": zero, "gray": zero, "kernels2": kernels.delta(21)[None], "factor2": one,
        "mode2": none, "noise2": zero, "poisson2": zero, "gray2": zero, "jpeg2": none, "mode3": none,
        "sinc": kernels.delta(21)[None], "jpeg3": none,
    }  # fmt: skip
    return RealisticDegradation(**{**values, **changes}).checked()


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
        factor=torch.tensor([0.5]), mode=chosen, factor2=torch.tensor([1.5]), mode2=torch.tensor([1]), mode3=chosen
    )
    torch.testing.assert_close(made.apply(hr), _eight_bit(last), atol=1.01 / 255, rtol=0)


def test_the_last_way_of_resizing_is_antialiased() -> None:
    hr = picture()
    made = plain(mode=torch.tensor([3]), factor=torch.tensor([0.25])).apply(hr)
    torch.testing.assert_close(made, _eight_bit(resize(hr, 0.25)))


@pytest.mark.parametrize("gray", [0.0, 1.0])
def test_white_noise(gray: float) -> None:
    hr = torch.full((1, 3, 64, 64), 0.5)
    row = plain(noise2=torch.tensor([20.0]), gray2=torch.tensor([gray]), scale=1, factor2=torch.ones(1))
    noise = row.apply(hr) - 0.5
    assert float(noise.std()) * 255 == pytest.approx(20, rel=0.08)
    spread = float((noise - noise.mean(1, keepdim=True)).abs().max())
    assert (spread < 1e-6) == bool(gray)


def test_photon_noise_grows_with_brightness() -> None:
    hr = torch.cat((torch.full((1, 3, 64, 64), 0.1), torch.full((1, 3, 64, 64), 0.5)), 3)
    hr = hr + torch.linspace(0, 0.05, 128)
    noise = plain(scale=1, poisson2=torch.tensor([0.3])).apply(hr) - hr
    assert 1.5 * float(noise[..., :64].std()) < float(noise[..., 64:].std())
    assert abs(float(noise.mean())) < 0.01


def test_compression_comes_before_or_after_the_last_resizing() -> None:
    hr, quality = picture(), torch.tensor([30])
    small = F.interpolate(hr, size=(12, 16), mode="area")
    last = plain(jpeg3=quality).apply(hr)
    torch.testing.assert_close(last, _jpeg(small, 30))
    before = plain(jpeg2=quality, factor2=torch.tensor([2.0])).apply(hr)
    middle = F.interpolate(hr, size=(24, 32), mode="area")
    expected = F.interpolate(_jpeg(middle, 30), size=(12, 16), mode="area")
    torch.testing.assert_close(before, _eight_bit(expected), atol=1.01 / 255, rtol=0)


def _jpeg(x: Tensor, quality: int) -> Tensor:
    buffer = io.BytesIO()
    array = (x[0] * 255).round().byte().permute(1, 2, 0).numpy()
    Image.fromarray(array).save(buffer, "JPEG", quality=quality, subsampling="4:2:0")
    return torch.from_numpy(np.array(Image.open(buffer))).permute(2, 0, 1)[None] / 255


def test_a_record_replays_to_the_bit() -> None:
    from blindsr.degrade.realesrgan import RealESRGAN

    drawn, hr = RealESRGAN(4, 21).sample(3, 7), picture(3)
    again = record.read(drawn.to_json())
    assert isinstance(again, RealisticDegradation)
    assert torch.equal(again.apply(hr), drawn.apply(hr))
    assert torch.equal(drawn[1:2].apply(hr[1:2]), drawn.apply(hr)[1:2])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"factor": [0.0]}, "factor"),
        ({"mode2": [4]}, "mode2"),
        ({"gray": [1.0, 0.0]}, "gray"),
        ({"sinc": [[1.0]]}, "sinc"),
        ({"sinc": [[[0.25, 0.25], [0.25, 0.25]]]}, "odd width"),
        ({"sinc": [[[float("nan")]]]}, "not finite"),
        ({"kernels2": [[[2.0]]]}, "sums to 2"),
        ({"jpeg3": [500]}, "quality"),
        ({"jpeg2": [-5]}, "quality"),
        ({"jpeg3": [90, 90]}, "jpeg3"),
        ({"noise2": [float("nan")]}, "noise level"),
        ({"poisson": [-1.0]}, "noise level"),
        ({"kind": "unheard of"}, "record"),
    ],
)
def test_records_that_make_no_sense_are_refused(change: dict[str, Any], words: str) -> None:
    import json

    with pytest.raises(BlindSRError, match=words):
        record.read(json.dumps({**plain().to_dict(), **change}))


def test_one_degradation_for_each_image() -> None:
    with pytest.raises(BlindSRError, match="one a row"):
        plain().apply(picture(2))
    assert len(dataclasses.replace(plain()).repeat_interleave(3)) == 3
