from pathlib import Path

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from blindsr import images
from blindsr.benchmark.originals import Originals, Source, read_levels
from blindsr.benchmark.score import Subject, available_cases, evaluate_results
from blindsr.benchmark.submission import Program, Run
from blindsr.benchmark.suite import Suite
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate.measures import artefacts


@pytest.fixture
def results(suite: Suite, data: Path, tmp_path: Path) -> Path:
    """Originals that were made darker and noisy."""
    source = Source(suite, Originals.find([data]))
    for name in ("blurred", "halved"):
        case = next(case for case in suite.cases if case.name == name)
        for item in source.items(case, "Two"):
            hr = source.hr(item)[0]
            noise = torch.randn(hr.shape, generator=torch.Generator().manual_seed(1))
            place = tmp_path / "sr" / name / "Two"
            place.mkdir(parents=True, exist_ok=True)
            images.write(images.Picture((hr * 0.9 + 0.03 * noise).clamp(0, 1)), place / f"{item.image}_x4.png")
    return tmp_path / "sr"


def test_numbers_are_those_of_scikit_image(suite: Suite, data: Path, results: Path) -> None:
    source = Source(suite, Originals.find([data]))
    subject = Subject(results, Program(name="p"), Run())
    chosen = available_cases(suite.select(["blurred"]), results)
    (result,) = evaluate_results(source, chosen, subject, more=[]).results
    for item in source.items(suite.cases[0], "Two"):
        sr = luma(read_levels(results / "blurred" / "Two" / f"{item.image}_x4.png").numpy())
        hr = luma((source.hr(item)[0] * 255).round().numpy())
        wanted = peak_signal_noise_ratio(hr, sr, data_range=255)  # type: ignore[no-untyped-call]
        alike = structural_similarity(  # type: ignore[no-untyped-call]
            hr, sr, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
        )[1][5:-5, 5:-5].mean()
        assert result.images[item.image]["psnr"] == pytest.approx(wanted, abs=1e-4)
        assert result.images[item.image]["ssim"] == pytest.approx(alike, abs=1e-5)
    values = [one["psnr"] for one in result.images.values()]
    assert result.means["psnr"].mean == pytest.approx(np.mean(values))


def luma(levels: np.ndarray) -> np.ndarray:
    red, green, blue = levels.astype(np.float64)[:, 4:-4, 4:-4]
    result: np.ndarray = 16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255
    return result


def test_all_that_is_there_is_measured(suite: Suite, data: Path, results: Path) -> None:
    chosen = available_cases(suite.select(), results)
    assert [case.name for case, _ in chosen] == ["blurred", "halved"]
    told: list[str] = []
    subject = Subject(results, Program(name="p"), Run(seconds=2.0))
    made = evaluate_results(
        Source(suite, Originals.find([data])), chosen, subject, notice=lambda result: told.append(result.case)
    )
    assert told == ["blurred", "halved"]
    assert (made.suite, made.run.seconds) == ("small-1", 2.0)
    assert made.measures == {"psnr": "PSNR", "ssim": "SSIM"}


def test_equal_images_reach_the_most(suite: Suite, data: Path, tmp_path: Path) -> None:
    source = Source(suite, Originals.find([data]))
    for item in source.items(suite.cases[0], "Two"):
        path = tmp_path / "sr" / "blurred" / "Two" / f"{item.image}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        images.write(images.Picture(source.hr(item)[0]), path)
    chosen = available_cases(suite.select(), tmp_path / "sr")
    made = evaluate_results(source, chosen, Subject(tmp_path / "sr", Program(name="p"), Run()))
    assert made.results[0].means["psnr"].mean == 100
    assert "Infinity" not in made.to_json()


def test_what_is_missing_is_named(suite: Suite, data: Path, results: Path) -> None:
    source = Source(suite, Originals.find([data]))
    subject = Subject(results, Program(name="p"), Run())
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        available_cases(suite.select(["posted"]), results)
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        available_cases(suite.select(), results / "nowhere")
    path = results / "halved" / "Two" / "second_x4.png"
    images.write(images.Picture(torch.zeros(3, 4, 4)), path, overwrite=True)
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        evaluate_results(source, available_cases(suite.select(["halved"]), results), subject)
    path.unlink()
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        evaluate_results(source, available_cases(suite.select(["halved"]), results), subject, more=[artefacts()])
