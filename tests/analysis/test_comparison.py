"""Clean, sharp photographs are told from others by what two models make of them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import get_args

import pytest
import torch
from torch import Tensor

from blindsr.analysis import choice
from blindsr.analysis.artefacts import smoothed
from blindsr.analysis.choice import Auto, may_lie_in
from blindsr.analysis.noise import Blur, Noise
from blindsr.analysis.report import Analysis, Compression
from blindsr.analysis.trial import Comparison, compare
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


def sharpened(x: Tensor) -> Tensor:
    return x + 2 * (x - smoothed(x, 3.0))


PLAIN = upscaler(lambda x: x)


def test_alike_results_leave_no_doubt() -> None:
    found = compare(PLAIN, upscaler(lambda x: x), photograph())
    assert found == Comparison(0.0, 1.0)
    assert found.objection is None


def test_a_model_that_smooths_flat_parts_finds_noise_and_one_that_sharpens_finds_blur() -> None:
    smoothing, sharpening = upscaler(lambda x: smoothed(x, 4.0)), upscaler(sharpened)
    assert "noise" in str(compare(PLAIN, smoothing, photograph()).objection)
    found = compare(PLAIN, sharpening, photograph())
    assert found.noisier < 1
    assert "blur" in str(found.objection)


@pytest.mark.parametrize("side", [1, 3, 40, 300])
def test_pictures_of_any_size_can_be_compared(side: int) -> None:
    assert compare(PLAIN, PLAIN, photograph(side)).objection is None


def analysis(level: float = 0.0, grain: float = 0.0, *, blur: float = 0.1, native: float = 1.0) -> Analysis:
    noise = Noise((level, level, level), level, level, grain, level, level)
    return Analysis((90, 90), None, noise, Blur(blur, 0.4), native)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (analysis(), True),
        (analysis(10.0, 0.5), True),
        (analysis(15.0, 0.1), False),
        (analysis(blur=0.6), True),
        (analysis(blur=0.9), False),
        (analysis(native=0.85), True),
        (analysis(native=0.7), False),
        (Analysis((9, 9)), False),
        (Analysis((90, 90), Compression(60, "pixels"), analysis().noise, analysis().blur), False),
    ],
)
def test_only_what_may_be_clean_and_sharp_is_compared(found: Analysis, expected: bool) -> None:
    assert may_lie_in(found, Suitability(order=1, blur=(0, 0.4), compared=True), 4) is expected


def test_the_comparison_decides_whatever_the_confidence(monkeypatch: pytest.MonkeyPatch) -> None:
    suits = {
        "sharp": Suitability(order=1, blur=(0, 0.4), compared=True),
        "photo": Suitability(order=2, anything=True, enlarged=True),
    }
    models = {"sharp": PLAIN, "photo": PLAIN}
    auto = Auto(models.__getitem__, 4, suits)
    chosen = auto.decide(analysis(10.0, 0.5), photograph())
    assert (chosen.model, chosen.clean, chosen.noise) == ("sharp", True, 0.0)
    assert auto.decide(analysis(), None).model == "photo"  # it is not sure, and nothing can be tried
    models["photo"] = upscaler(lambda x: smoothed(x, 4.0))
    assert Auto(models.__getitem__, 4, suits).decide(analysis(), photograph()).model == "photo"
    models["photo"] = Upscaler(Bicubic(2), device="cpu")
    monkeypatch.setattr(choice, "compare", lambda *_: pytest.fail("models of two scales are not compared"))
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
