from pathlib import Path

import numpy as np
import pytest
import torch

from blindsr import images, weights
from blindsr.analysis import choice
from blindsr.analysis.choice import Auto, Choice, describe, describe_choice, lies_in, recommendation
from blindsr.analysis.comparison import Comparison
from blindsr.analysis.native import shrink_factor
from blindsr.analysis.noise import Blur, Noise
from blindsr.analysis.report import Analysis, Compression
from blindsr.contract import Hints
from blindsr.degrade import resize
from blindsr.errors import BlindSRError, Code
from blindsr.images import Picture
from blindsr.inference import Bicubic, Upscaler
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.pipeline.batch import restore_all
from blindsr.pipeline.options import Options
from blindsr.pipeline.planning.plan import Job
from blindsr.weights.suits import Suitability, selectable

SUITS = {
    "narrow": Suitability(order=1, factor=2, blur=(0, 0.5)),
    "wide": Suitability(order=2, noise=(0, 30), blur=(0, 1)),
    "photo": Suitability(order=3, anything=True),
}


def analysis(
    noise: float = 0.0, *, blur: float = 0.1, sure: float = 0.9, jpeg: int | None = None, native: float = 1.0
) -> Analysis:
    found = Noise((noise, noise, noise), 0.8 * noise, noise, 0.1, noise, noise)
    compression = None if jpeg is None else Compression(jpeg, "pixels")
    return Analysis((48, 40), compression, found, Blur(blur, sure), native)


def bicubic(_: str) -> Upscaler:
    return Upscaler(Bicubic(4), device="cpu")


def ruinous(_: str) -> Upscaler:
    """What sharpens noise and moves brightness."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        method = CMDSR(CMDSRConfig(blocks=1, channels=8, support=2, patch=8, features=8))
    for parameter in method.parameters():
        parameter.data.normal_(0, 0.3, generator=torch.Generator().manual_seed(0))
    return Upscaler(method, device="cpu")


@pytest.mark.parametrize(
    ("found", "factor", "expected"),
    [
        (analysis(), 2.0, "narrow"),
        (analysis(), 4.0, "wide"),
        (analysis(noise=20), 2.0, "wide"),
        (analysis(noise=40), 2.0, "photo"),
        (analysis(jpeg=60), 2.0, "photo"),
        (analysis(jpeg=97), 2.0, "narrow"),
        (analysis(blur=3.0), 2.0, "photo"),
        (analysis(sure=0.3), 2.0, "photo"),
        (analysis(native=0.5), 2.0, "photo"),
        (Analysis((9, 9)), 2.0, "photo"),
    ],
)
def test_narrow_weights_are_for_what_surely_lies_in_their_family(found: Analysis, factor: float, expected: str) -> None:
    choice = Auto(bicubic, factor, SUITS).decide(found)
    assert choice.model == expected
    assert choice.native == shrink_factor(found.native)


def test_noise_that_is_not_white_is_another_family() -> None:
    white, grain = (Noise((10, 10, 10), 10, 10, share, 10, 10) for share in (0.05, 0.8))
    fits = [lies_in(Analysis((9, 9), noise=one, blur=Blur(0.1, 0.9)), SUITS["wide"], 4) for one in (white, grain)]
    assert fits == [True, False]


def test_what_does_harm_in_a_trial_is_not_taken() -> None:
    noise = 0.03 * torch.randn(3, 70, 90, generator=torch.Generator().manual_seed(0))
    picture = Picture((0.5 + noise).clamp(0, 1))
    harmless = Auto(bicubic, 4, SUITS).decide(analysis(), picture)
    assert harmless.model == "wide"
    harmful = Auto(ruinous, 4, SUITS).decide(analysis(), picture)
    assert harmful.model == "photo"
    assert "wide" in harmful.reason  # which was tried


def test_the_reasons_are_those_found() -> None:
    words = describe(analysis(noise=20, jpeg=60, native=0.5))
    for part in ("about 20 of 255", "quality 60", "50%"):
        assert part in words
    assert "cannot be measured" in describe(analysis(sure=0.2))
    assert "too small" in describe(Analysis((9, 9)))


def test_a_result_worse_than_bicubic_is_said_to_be() -> None:
    noise = 0.03 * torch.randn(3, 70, 90, generator=torch.Generator().manual_seed(0))
    lr = (0.5 + noise).clamp(0, 1)
    cubic = resize(lr[None], 4)[0].clamp(0, 1)
    sharpened = (cubic + 4 * (cubic - cubic.mean())).clamp(0, 1)
    choice = Choice("photo", "", noise=8.0)
    assert choice.check_result(Picture(lr), Picture(cubic)) is None
    assert "bicubic" in str(choice.check_result(Picture(lr), Picture(sharpened)))
    assert choice.check_result(Picture(lr), Picture(lr[:, :9, :9])) is None  # smaller than the photograph


def test_the_choice_refuses_hints_and_names_models_that_support_them() -> None:
    auto = Auto(lambda name: ruinous(name) if name == "wide" else bicubic(name), 4, SUITS)
    auto.check(Hints())
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
        auto.check(Hints(noise=3.0))
    assert auto.first_supporting(["support"]) == "wide"
    small = {"half": Suitability(order=0, anything=True, factor=2), **SUITS}
    assert Auto(ruinous, 4, small).first_supporting(["support"]) == "photo"
    assert Auto(ruinous, 2, small).first_supporting(["support"]) == "half"
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
        auto.first_supporting(["steps"])


def test_selected_weights_have_the_detail_of_the_list_and_trials_have_none() -> None:
    loaded: list[tuple[str, float | None]] = []

    def load(name: str, detail: float | None = None) -> Upscaler:
        loaded.append((name, detail))
        return ruinous(name)

    suits = {name: one.model_copy(update={"detail": 0.3 if one.anything else 0.0}) for name, one in SUITS.items()}
    picture = Picture(torch.rand(3, 70, 90, generator=torch.Generator().manual_seed(0)))
    auto = Auto(load, 4, suits)
    choice = auto.decide(analysis(), picture)
    assert (choice.model, choice.detail) == ("photo", 0.3)
    assert loaded == [("wide", None)]
    assert auto.default_choice()[1].detail == 0.3
    assert loaded[1:] == [("photo", 0.3)]
    assert recommendation(choice)["recommended_detail"] == describe_choice(choice)["detail"] == 0.3
    assert Auto(load, 4, suits, detail=0.0).decide(analysis(noise=70)).detail == 0
    assert Auto(load, 4, suits, detail=0.7).decide(analysis(noise=70)).detail == 0.7
    assert auto.detail_of("wide") == auto.detail_of("none of these") == 0


def test_the_package_has_weights_for_anything_and_knows_whom_its_others_suit() -> None:
    found = selectable()
    assert [suits.order for suits in found.values()] == sorted(suits.order for suits in found.values())
    assert found[Auto(bicubic).general_name].anything
    assert found[Auto(bicubic, 2.0).general_name].anything
    assert all(weights.partner_of(name) for name, suits in found.items() if suits.detail)


class Load:
    """Bicubic under any name, counting."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, name: str) -> Upscaler:
        self.names.append(name)
        return bicubic(name)


def test_each_photograph_gets_its_own_and_each_model_is_loaded_once(tmp_path: Path) -> None:
    load, jobs = Load(), []
    smooth = resize(torch.rand(1, 3, 10, 12, generator=torch.Generator().manual_seed(9)), 8)[0].clamp(0, 1)
    for index, level in enumerate((0.0, 0.3, 0.3)):
        noise = level * torch.randn(3, 80, 96, generator=torch.Generator().manual_seed(index))
        source = tmp_path / f"{index}.png"
        images.write(Picture((smooth + noise).clamp(0, 1)), source)
        jobs.append(Job(source, tmp_path / "out" / f"{index}.png"))
    suits = {
        "calm": Suitability(order=1, noise=(0, 10), grain=1, blur=(0, 9)),
        "photo": Suitability(order=2, anything=True),
    }
    auto = Auto(load, 2.0, suits)
    outcomes = list(restore_all(jobs, Options(model=auto)))
    assert [outcome.error for outcome in outcomes] == [None] * 3
    assert [outcome.findings["model"] for outcome in outcomes[1:]] == ["photo"] * 2
    assert all("noise" in outcome.findings["because"] for outcome in outcomes)
    assert {(images.read(job.target).width, images.read(job.target).height) for job in jobs} == {(192, 160)}
    assert len(load.names) == len(set(load.names))


def test_arrays_are_chosen_for_like_files() -> None:
    array = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    assert Auto(bicubic, 4, SUITS).choose(array, None)[1].model == "photo"


def test_weights_that_learned_from_enlarged_images_get_them_whole() -> None:
    found = analysis(native=0.4)
    for enlarged in (False, True):
        suits = {"photo": Suitability(order=1, anything=True, enlarged=enlarged)}
        choice = Auto(lambda _: pytest.fail("nothing is tried"), among=suits).decide(found)
        assert choice.native == (1.0 if enlarged else shrink_factor(0.4))
    assert shrink_factor(0.4) < 1


def test_weights_are_compared_with_general_ones_of_their_own_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    suits = {
        "sharp": Suitability(order=1, blur=(0, 0.1), compared=True),
        "half": Suitability(order=2, anything=True, factor=2),
        "photo": Suitability(order=3, anything=True),
    }
    picture = Picture(resize(torch.rand(1, 3, 40, 48, generator=torch.Generator().manual_seed(9)), 2)[0].clamp(0, 1))

    def load(name: str) -> Upscaler:
        return Upscaler(Bicubic(2 if name == "half" else 4), device="cpu")

    def compare(narrow: Upscaler, general: Upscaler, _: Picture) -> Comparison:
        assert narrow.scale == general.scale
        return Comparison(gain=1.0)

    monkeypatch.setattr(choice, "compare", compare)
    auto = Auto(load, 2.0, suits)
    assert auto.general_name == "half"
    assert auto.decide(analysis(), picture).model == "sharp"
    del suits["photo"]
    assert Auto(load, 2.0, suits).decide(analysis(), picture).model == "half"
