import pytest
import torch

from blindsr.analysis.trial import Trial, judge, judge_model
from blindsr.degrade import resize
from blindsr.images import Picture
from blindsr.inference import Bicubic, Upscaler


def photograph(height: int = 150, width: int = 200) -> Picture:
    generator = torch.Generator().manual_seed(0)
    smooth = resize(torch.rand(1, 3, height // 10, width // 10, generator=generator), 10)[0].clamp(0, 1)
    noise = 0.03 * torch.randn(smooth.shape, generator=generator)
    return Picture((smooth + noise).clamp(0, 1))


@pytest.mark.parametrize("size", [(150, 200), (500, 300), (20, 30), (10, 10)])
def test_bicubic_does_no_harm(size: tuple[int, int]) -> None:
    found = judge_model(Upscaler(Bicubic(4), device="cpu"), photograph(*size))
    assert found.fine == pytest.approx(1, abs=0.1)
    assert found.drift < 0.5
    assert found.defect is None


def test_sharpened_noise_is_harm() -> None:
    picture = photograph()
    cubic = resize(picture.pixels[None], 4)[0]
    smooth = resize(resize(picture.pixels[None], 0.2), 20)[0][:, : cubic.shape[1], : cubic.shape[2]]
    result = Picture((cubic + 2 * (cubic - smooth)).clamp(0, 1))
    assert "fine structure" in str(judge(picture, result).defect)


def test_another_brightness_is_harm_but_missing_noise_is_not() -> None:
    picture = photograph()
    cubic = resize(picture.pixels[None], 4)[0].clamp(0, 1)
    assert "departs" in str(judge(picture, Picture((0.8 * cubic).clamp(0, 1))).defect)
    assert judge(picture, Picture(cubic), noise=8).defect is None


def test_clean_photographs_may_gain_faint_detail() -> None:
    assert Trial(1.8, 0.1).defect is not None
    assert Trial(1.8, 0.1, clean=True).defect is None
    assert Trial(4.0, 0.1, clean=True).defect is not None


def test_results_of_other_sizes_are_judged_too() -> None:
    picture = photograph()
    larger = Picture(resize(picture.pixels[None], 2.5)[0].clamp(0, 1))
    assert judge(picture, larger).defect is None
    assert judge(picture, Picture(picture.pixels[:, ::2, ::2])).defect is None
