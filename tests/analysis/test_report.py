from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from blindsr import images
from blindsr.analysis.noise import Blur, Noise
from blindsr.analysis.report import Analysis, Compression, analyze, kernel_image
from blindsr.contract import Estimate, Hints
from blindsr.degrade import kernels
from blindsr.errors import BlindSRError, Code
from blindsr.images import Picture
from blindsr.inference import Bicubic, Upscaler
from blindsr.methods.dmsr.model import DMSR, DMSRConfig
from blindsr.methods.mzsr.model import MZSR, MZSRConfig

Photo = NDArray[np.uint8]
Change = Callable[[Photo, float], Photo]


def example(jpeg: int | None = None, native: float = 1.0) -> Analysis:
    kernel = kernels.gaussian(15, 2.0, torch.tensor([1.0]), torch.tensor([0.5]))[0]
    return Analysis(
        (20, 10),
        None if jpeg is None else Compression(jpeg, "file"),
        Noise((1.6, 2.0, 3.0), 1.8, 2.5, 0.7, 1.2, 2.4),
        Blur(0.6, 0.9),
        native,
        Estimate(kernel, torch.tensor([1.0, 0.0, 0.0]), 0.9, "bicubic"),
    )


def test_everything_is_told_to_machines_and_to_people() -> None:
    told = example(jpeg=50).to_dict()
    assert told["blur"] == {
        "width": 0.6,
        "confidence": 0.9,
        "along": 2.0,
        "across": 1.0,
        "angle": pytest.approx(28.6, abs=0.2),
    }
    assert told["noise"] == [1.6, 2.0, 3.0]
    assert told["noise in detail"] == {"luma": 1.8, "chroma": 2.5, "dark": 1.2, "bright": 2.4, "grain": 0.7}
    assert (told["jpeg quality"], told["jpeg"]["known from"]) == (50, "file")
    words = "\n".join(example(jpeg=50).sentences)
    for part in ("0.6 pixels", "90%", "1.6, 2.0, 3.0 of 255", "70% of it grain", "quality 50, from the file"):
        assert part in words


def test_what_is_doubtful_is_said() -> None:
    assert "JPEG" in example(jpeg=50).warnings[0]
    assert "fills only 50%" in example(native=0.5).warnings[0]
    assert "too small" in Analysis((9, 9)).warnings[0]
    assert example(jpeg=95).warnings == []


def test_compression_that_left_nothing_to_see_counts_as_none() -> None:
    told = example(jpeg=96).to_dict()
    assert told["jpeg quality"] is None
    assert told["jpeg"]["quality"] == 96


def test_a_grid_is_described_by_where_it_lies() -> None:
    assert "row 3 and column 5" in Compression(60, "pixels", 0.99, 8.0, (3, 5)).sentence
    resized = Compression(None, "pixels", 0.8, 6.4, None).sentence
    assert "80%" in resized
    assert "unknown" in resized
    whole = Compression(8, "pixels", 0.9, 8.01, None).sentence
    assert "blocks of 8 pixels" in whole
    assert "resized" not in whole


def test_a_photograph_is_looked_at_whatever_its_format(photos: list[Photo], compressed: Change, tmp_path: Path) -> None:
    worn = compressed(photos[0], 60)
    images.write(Picture.from_array(worn), tmp_path / "a.png")
    found = analyze(tmp_path / "a.png")
    assert found.compression is not None
    assert (found.compression.source, found.compression.quality) == ("pixels", 60)
    assert not found.clean
    told = analyze(worn, jpeg=40).compression
    assert told is not None
    assert (told.source, told.quality) == ("file", 40)
    saved_again = analyze(worn, jpeg=97).compression  # by a program that kept the grid
    assert saved_again is not None
    assert (saved_again.source, saved_again.quality) == ("pixels", 60)


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 200, 3), (31, 31, 3), (64, 20, 3)])
def test_images_of_any_size_are_analysed(shape: tuple[int, int, int]) -> None:
    found = analyze(np.random.default_rng(0).integers(0, 256, shape, np.uint8))
    assert found.size == (shape[1], shape[0])
    assert found.to_dict()
    assert found.sentences


def test_a_method_is_asked_for_its_kernel() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        method = DMSR(DMSRConfig(scale=2, groups=1, blocks=1, channels=4, reduction=2, extractor=4))
    found = analyze(torch.rand(30, 40, 3).numpy(), Upscaler(method, device="cpu"))
    assert found.estimate is not None
    assert found.estimate.kernel.shape == (15, 15)
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
        analyze(torch.rand(30, 40, 3).numpy(), Upscaler(Bicubic(2), device="cpu"))


def test_what_learns_from_an_image_is_not_made_to(monkeypatch: pytest.MonkeyPatch) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        upscaler = Upscaler(MZSR(MZSRConfig(layers=2, channels=4)), device="cpu")
    look, told = upscaler.estimate_condition, []

    def noted(picture: Picture, hints: Hints) -> object:
        told.append(hints)
        return look(picture, hints)

    monkeypatch.setattr(upscaler, "estimate_condition", noted)
    found = analyze(torch.rand(70, 80, 3).numpy(), upscaler)
    assert [hints.steps for hints in told] == [0]
    assert 0.25 <= found.native <= 1


def test_a_drawn_kernel_reaches_white() -> None:
    image = kernel_image(kernels.gaussian(9, 1.0))
    assert image.shape == (3, 9, 9)
    assert float(image.max()) == 1
