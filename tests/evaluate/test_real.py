import dataclasses
from pathlib import Path

import pytest
import torch
from torch import Tensor

from blindsr import images
from blindsr.degrade import resize
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate import Measure, Results, evaluate_real, metrics, real_protocols
from blindsr.evaluate.photographs import paired, unpaired

PAIRS, ALONE = real_protocols()["realsr"], real_protocols()["realsrset"]


def _write(path: Path, pixels: Tensor) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    images.write(images.Picture(pixels), path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pairs, LR 12x14."""
    for seed, name in enumerate(("a", "b")):
        generator = torch.Generator().manual_seed(seed)
        lr = torch.rand(3, 12, 14, generator=generator)
        noise = torch.randn(3, 48, 56, generator=generator) * 0.05
        _write(tmp_path / "RealSR" / "LR" / f"{name}.png", lr)
        _write(tmp_path / "RealSR" / "HR" / f"{name}.png", (resize(lr[None], 4)[0] + noise).clamp(0, 1))
    return tmp_path / "RealSR"


def _dark(path: Path) -> images.Picture:
    return images.Picture((0.9 * resize(images.read(path).pixels[None], 4)[0]).clamp(0, 1))


def _pixels(path: Path) -> Tensor:
    return images.read(path).pixels[None]


def test_scores_are_those_of_the_steps_taken_one_by_one(folder: Path) -> None:
    seen: list[tuple[str, str]] = []
    scores = evaluate_real(
        _dark,
        PAIRS,
        paired([folder]),
        model="dark",
        scale=4,
        notice=lambda name, row: seen.append((name, row.image)),
        more=[Measure("mean", "mean", 2, lambda compared: compared.results.mean((1, 2, 3)))],
    )
    assert seen == [("RealSR", "a"), ("RealSR", "b")]
    (column,) = scores.columns
    whole, border = metrics.Convention("y", 0, "sr"), metrics.luma_convention(4)
    for row in column.rows:
        hr, lr = (_pixels(folder / part / f"{row.image}.png") for part in ("HR", "LR"))
        sr, bicubic = _dark(folder / "LR" / f"{row.image}.png").pixels[None], resize(lr, 4).clamp(0, 1)
        assert list(row.model.values) == ["psnr", "ssim", "psnr_border4", "mean", "artefacts"]
        assert row.model.psnr == pytest.approx(float(metrics.psnr(sr, hr, whole)))
        assert row.model.ssim == pytest.approx(float(metrics.ssim(sr, hr, whole)))
        assert row.model.values["psnr_border4"] == pytest.approx(float(metrics.psnr(sr, hr, border)))
        assert row.model.values["mean"] == pytest.approx(float(sr.mean()))
        assert row.bicubic.psnr == pytest.approx(float(metrics.psnr(bicubic, hr, whole)))
        assert row.bicubic.values["artefacts"] == pytest.approx(1, abs=0.02)
    assert scores.protocol.scale == 4


def test_published_rows_stand_only_beside_the_set_that_they_are_of(folder: Path) -> None:
    rows = {"theirs": {"psnr": 26.0}}
    of_two = dataclasses.replace(PAIRS, published={("RealSR", 2, 4): rows})
    for limit, scale, expected in ((None, 4, rows), (1, 4, {})):
        data = paired([folder], limit=limit)
        assert evaluate_real(_dark, of_two, data, model="m", scale=scale).columns[0].published == expected


@pytest.mark.parametrize("name", ["{}.png", "{}_x4.png", "realsr/RealSR/{}.png"])
def test_results_of_other_programs_say_their_scale(folder: Path, tmp_path: Path, name: str) -> None:
    for path in (folder / "LR").iterdir():
        _write(tmp_path / "theirs" / name.format(path.stem), _dark(path).pixels)
    data = paired([folder])
    direct = evaluate_real(_dark, PAIRS, data, model="m", scale=4)
    theirs = evaluate_real(Results(tmp_path / "theirs"), PAIRS, data, model="m")
    assert theirs.protocol.scale == 4
    for mine, other in zip(direct.columns[0].rows, theirs.columns[0].rows, strict=True):
        assert (other.model.psnr, other.model.ssim) == pytest.approx((mine.model.psnr, mine.model.ssim))


def test_photographs_without_originals_at_any_scale(folder: Path, tmp_path: Path) -> None:
    for path in (folder / "LR").iterdir():
        _write(tmp_path / "theirs" / path.name, resize(_pixels(path), 3)[0].clamp(0, 1))
    scores = evaluate_real(Results(tmp_path / "theirs"), ALONE, unpaired([folder / "LR"]), model="m")
    assert scores.protocol.scale == 3
    assert [measure.name for measure in scores.measures] == ["artefacts"]
    assert scores.columns[0].model.values["artefacts"] == pytest.approx(1, abs=0.02)


def test_results_are_kept(folder: Path, tmp_path: Path) -> None:
    evaluate_real(_dark, PAIRS, paired([folder]), model="m", scale=4, save_sr=tmp_path / "sr")
    kept = images.read(tmp_path / "sr" / "realsr" / "RealSR" / "a.png").pixels
    torch.testing.assert_close(kept, _dark(folder / "LR" / "a.png").pixels, atol=0.6 / 255, rtol=0)


def test_sizes_that_do_not_belong_together(folder: Path, tmp_path: Path) -> None:
    data = paired([folder])
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        evaluate_real(_dark, PAIRS, data, model="m", scale=3)
    for path in (folder / "LR").iterdir():
        _write(tmp_path / "theirs" / path.name, torch.zeros(3, 40, 56))
        _write(tmp_path / "small" / path.name, torch.zeros(3, 3, 3))
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        evaluate_real(Results(tmp_path / "theirs"), PAIRS, data, model="m")
    with pytest.raises(BlindSRError, check=Code.TOO_SMALL.matches):
        evaluate_real(Results(tmp_path / "small"), PAIRS, data, model="m")
    _write(folder / "HR" / "a.png", torch.zeros(3, 40, 56))
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        evaluate_real(_dark, PAIRS, data, model="m", scale=4)


def test_images_too_small_to_be_measured(tmp_path: Path) -> None:
    _write(tmp_path / "s" / "LR" / "a.png", torch.zeros(3, 2, 2))
    _write(tmp_path / "s" / "HR" / "a.png", torch.zeros(3, 8, 8))
    with pytest.raises(BlindSRError, check=Code.TOO_SMALL.matches):
        evaluate_real(_dark, PAIRS, paired([tmp_path / "s"]), model="m", scale=4)
