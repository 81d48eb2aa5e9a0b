import pytest
import torch
from torch import Tensor

from blindsr.analysis.artefacts import smoothed
from blindsr.analysis.trial import judge, judge_model
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


class Sharpening(Bicubic):
    """Bicubic interpolation whose noise is made stronger."""

    def __init__(self, strength: float) -> None:
        super().__init__(4)
        self.strength = strength

    def restore(self, lr: Tensor, condition: None) -> Tensor:
        cubic = super().restore(lr, condition)
        return cubic + self.strength * (cubic - smoothed(cubic, 6.0))


def test_sharpened_noise_is_harm() -> None:
    picture = photograph()
    result = Upscaler(Sharpening(2), device="cpu").upscale(picture)
    assert "fine structure" in str(judge(picture, result).defect)


def test_a_model_is_refused_for_less_than_a_result_is_warned_of() -> None:
    upscaler, picture = Upscaler(Sharpening(0.6), device="cpu"), photograph()
    assert judge_model(upscaler, picture).defect is not None
    assert judge(picture, upscaler.upscale(picture)).defect is None


def test_another_brightness_is_harm_but_missing_noise_is_not() -> None:
    picture = photograph()
    cubic = resize(picture.pixels[None], 4)[0].clamp(0, 1)
    assert "differs" in str(judge(picture, Picture((0.8 * cubic).clamp(0, 1))).defect)
    assert judge(picture, Picture(cubic), noise=8).defect is None


def test_clean_photographs_may_gain_faint_detail() -> None:
    upscaler, picture = Upscaler(Sharpening(1.2), device="cpu"), photograph()
    result = upscaler.upscale(picture)
    assert judge_model(upscaler, picture, 8).defect is not None
    assert judge_model(upscaler, picture, 8, clean=True).defect is None
    assert judge(picture, result, 8).defect is not None
    assert judge(picture, result, 8, clean=True).defect is None


def test_results_of_other_sizes_are_judged_too() -> None:
    picture = photograph()
    larger = Picture(resize(picture.pixels[None], 2.5)[0].clamp(0, 1))
    assert judge(picture, larger).defect is None
    assert judge(picture, Picture(picture.pixels[:, ::2, ::2])).defect is None
