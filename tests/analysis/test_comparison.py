"""Two models are compared by what they make of a photograph, and `auto` selects by the comparison."""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from torch import Tensor

from blindsr.analysis import choice
from blindsr.analysis.artefacts import smoothed
from blindsr.analysis.choice import Auto, can_be_compared
from blindsr.analysis.comparison import LEAST, Comparison, compare, features
from blindsr.analysis.noise import Blur, Noise
from blindsr.analysis.report import Analysis, Compression
from blindsr.contract import Hints, Method, StrictModel, Traits
from blindsr.degrade.resample import resize
from blindsr.devices import Precision
from blindsr.images import Picture, read
from blindsr.inference import Bicubic, Upscaler
from blindsr.inference.load import load
from blindsr.weights.suits import Suitability


class Toy(Method[None]):
    """Makes something of the bicubic enlargement."""

    Config = StrictModel

    def __init__(self, make: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.config, self.make = StrictModel(), make

    @property
    def traits(self) -> Traits:
        return Traits(scale=4, margin=4)

    def condition(self, lr: Tensor, *, generator: torch.Generator, hints: Hints = Hints()) -> None:
        """Nothing to find out."""

    def restore(self, lr: Tensor, condition: None) -> Tensor:
        return self.make(resize(lr, 4))


def upscaler(make: Callable[[Tensor], Tensor]) -> Upscaler:
    return Upscaler(Toy(make), device="cpu", precision="fp32")


def photograph(side: int = 90) -> Picture:
    """Edges and flat parts with a little noise."""
    y, x = torch.meshgrid(torch.arange(float(side)), torch.arange(float(side)), indexing="ij")
    shapes = 0.3 + 0.4 * ((x // 17 + y // 23) % 2)
    noise = 0.03 * torch.randn(3, side, side, generator=torch.Generator().manual_seed(0))
    return Picture((shapes + noise).clamp(0, 1))


PLAIN = upscaler(lambda x: x)


def windows(make: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """A photograph, its bicubic enlargement, and what is made of that."""
    lr = photograph(64).pixels[None]
    enlarged = resize(lr, 4)
    return lr, enlarged, make(enlarged)


def test_equal_results_have_equal_levels_and_no_difference() -> None:
    found = features(*windows(lambda x: x))
    assert len(found) == 42
    for part in (found[:15], found[15:30]):
        first, second, difference = part[:9].reshape(3, 3).T  # by band
        np.testing.assert_array_equal(first, second)
        np.testing.assert_allclose(difference, math.log(0.3), atol=1e-5)
        np.testing.assert_array_equal(part[11:], 0)  # correlations


def test_features_show_what_one_result_lacks() -> None:
    plain, smooth = (features(*windows(make)) for make in (lambda x: x, lambda x: smoothed(x, 4.0)))
    for start in (0, 15):
        first, second, difference = smooth[start : start + 9].reshape(3, 3).T
        assert (second[:2] < first[:2]).all()
        assert (difference[:2] > math.log(0.4)).all()
        assert smooth[start + 12] > 0.5  # the difference is like the detail of the first
    for one in (slice(32, 34), slice(38, 40)):
        assert (smooth[one] > plain[one]).all()  # the second lacks detail of the photograph


def test_features_are_those_of_the_mirrored_images() -> None:
    images = windows(lambda x: smoothed(x, 3.0))
    np.testing.assert_allclose(features(*(one.flip(-1) for one in images)), features(*images), atol=0.02)


@pytest.mark.parametrize(("gain", "expected"), [(-1.0, 1), (0.0, 2)])
def test_the_second_window_is_restored_only_if_it_may_matter(
    gain: float, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blindsr.analysis.regression.predict", lambda name, found: gain)
    restored = list[Tensor]()

    def noted(x: Tensor) -> Tensor:
        restored.append(x)
        return x

    assert compare(upscaler(noted), PLAIN, photograph(200)).gain == gain
    assert len(restored) == expected


@pytest.mark.parametrize("side", [LEAST, 40, 300])
def test_pictures_of_any_size_can_be_compared(side: int) -> None:
    assert math.isfinite(compare(PLAIN, PLAIN, photograph(side)).gain)


def analysis(level: float = 0.0, grain: float = 0.0, *, blur: float = 0.1, native: float = 1.0) -> Analysis:
    noise = Noise((level, level, level), level, level, grain, level, level)
    return Analysis((90, 90), None, noise, Blur(blur, 0.4), native)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (analysis(), True),
        (analysis(15.0, 0.1, blur=0.9), True),
        (analysis(native=0.6), True),
        (analysis(native=0.4), False),
        (Analysis((LEAST, LEAST - 1)), False),
        (Analysis((90, 90), Compression(60, "pixels"), analysis().noise, analysis().blur), False),
        (Analysis((90, 90), Compression(95, "pixels"), analysis().noise, analysis().blur), True),
    ],
)
def test_what_was_compressed_or_enlarged_is_not_compared(found: Analysis, expected: bool) -> None:
    assert can_be_compared(found, Suitability(order=1, blur=(0, 0.4), compared=True), 4) is expected


@pytest.mark.parametrize("gain", [-1.0, 0.1, 1.0])
def test_the_comparison_decides_whatever_the_confidence(gain: float, monkeypatch: pytest.MonkeyPatch) -> None:
    suits = {
        "sharp": Suitability(order=1, blur=(0, 0.4), compared=True),
        "photo": Suitability(order=2, anything=True, enlarged=True),
    }
    models = {"sharp": PLAIN, "photo": PLAIN}
    monkeypatch.setattr(choice, "compare", lambda *_: Comparison(gain))
    auto = Auto(models.__getitem__, 4, suits)
    chosen = auto.decide(analysis(10.0, 0.5), photograph())
    assert (chosen.model, chosen.clean) == (("sharp", True) if gain == 1 else ("photo", False))
    assert auto.decide(analysis(), None).model == "photo"  # it is not sure, and nothing can be tried
    monkeypatch.setattr(choice, "compare", lambda *_: pytest.fail("models of two scales are not compared"))
    models["photo"] = Upscaler(Bicubic(2), device="cpu")
    assert Auto(models.__getitem__, 2, suits).decide(analysis(), photograph()).model == "photo"


@pytest.mark.slow
def test_a_comparison_does_not_depend_on_the_precision() -> None:
    picture = Picture(resize(read(Path(__file__).parents[2] / "examples" / "original.jpg").pixels[None], 1 / 4)[0])
    found = []
    for precision in get_args(Precision):
        narrow, general = (
            load(name, device="cpu", precision=precision) for name in ("cmdsr_x4.bicubic", "cmdsr_x4.photo")
        )
        found.append(compare(narrow, general, picture))
    assert found == found[:1] * 3


@pytest.mark.parametrize(("blur", "noise"), [(0.0, 0.0), (1.2, 0.0), (0.0, 8.0)])
def test_shipped_weights_tell_a_clean_photograph_from_others(blur: float, noise: float) -> None:
    source = read(Path(__file__).parents[2] / "examples" / "original.jpg").pixels[None]
    source = smoothed(source, 4 * blur) if blur else source
    lr = resize(source, 1 / 4)
    lr = lr + noise / 255 * torch.randn(lr.shape, generator=torch.Generator().manual_seed(0))
    picture = Picture((255 * lr[0]).round().div(255).clamp(0, 1))
    chosen = Auto(partial(load, device="cpu"), 4).choose(picture, None)[1]
    assert (chosen.model == "cmdsr_x4.bicubic") is (blur == noise == 0)
