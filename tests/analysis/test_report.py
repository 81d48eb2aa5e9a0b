import pytest
import torch

from blindsr.analysis.report import Analysis, analyze, drawn
from blindsr.contract import Estimate, Hints
from blindsr.degrade import kernels
from blindsr.errors import BlindSRError
from blindsr.images import Picture
from blindsr.inference import Bicubic, Upscaler
from blindsr.methods.dmsr.model import DMSR, DMSRConfig
from blindsr.methods.mzsr.model import MZSR, MZSRConfig


def example(
    *, noise: float = 1.0, confidence: float | None = 0.9, jpeg: int | None = None, native: float = 1.0
) -> Analysis:
    kernel = kernels.gaussian(15, 2.0, torch.tensor([1.0]), torch.tensor([0.5]))[0]
    return Analysis(Estimate(kernel, torch.tensor([noise, 0.0, 0.0]), confidence, "bicubic"), jpeg, (20, 10), native)


def test_the_shape_of_the_kernel_is_told() -> None:
    told = example().to_dict()
    assert told["blur"] == {"along": 2.0, "across": 1.0, "angle": pytest.approx(28.6, abs=0.2), "confidence": 0.9}
    assert told["noise"] == [1.0, 0.0, 0.0]
    assert told["warnings"] == []


def test_what_is_doubtful_is_said() -> None:
    assert "disagree" in example(confidence=0.3).warnings[0]
    assert "stronger" in example(noise=90.0).warnings[0]
    assert "JPEG" in example(jpeg=50).warnings[0]
    assert "fills only 50%" in example(native=0.5).warnings[0]
    assert example(jpeg=95, confidence=None).warnings == []


def test_a_method_is_asked() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        method = DMSR(DMSRConfig(scale=2, groups=1, blocks=1, channels=4, reduction=2, extractor=4))
    found = analyze(torch.rand(30, 40, 3).numpy(), Upscaler(method, device="cpu"), jpeg=80)
    assert found.size == (40, 30)
    assert found.estimate.kernel.shape == (15, 15)
    assert found.jpeg == 80
    with pytest.raises(BlindSRError, match="Bicubic does not estimate"):
        analyze(torch.rand(30, 40, 3).numpy(), Upscaler(Bicubic(2), device="cpu"))


def test_what_learns_from_an_image_is_not_made_to(monkeypatch: pytest.MonkeyPatch) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        upscaler = Upscaler(MZSR(MZSRConfig(layers=2, channels=4)), device="cpu")
    look, told = upscaler.look, []

    def noted(picture: Picture, hints: Hints) -> object:
        told.append(hints)
        return look(picture, hints)

    monkeypatch.setattr(upscaler, "look", noted)
    found = analyze(torch.rand(70, 80, 3).numpy(), upscaler)
    assert [hints.steps for hints in told] == [0]
    assert 0.25 <= found.native <= 1


def test_a_drawn_kernel_reaches_white() -> None:
    image = drawn(kernels.gaussian(9, 1.0))
    assert image.shape == (3, 9, 9)
    assert float(image.max()) == 1
