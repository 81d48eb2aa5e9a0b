import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor

from blindsr import images
from blindsr.contract import Hints
from blindsr.degrade import Degradation, resize
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate import Folders, Protocol, Results, Row, data_sets, evaluate, metrics, protocol
from blindsr.evaluate.run import restore_with_hints
from blindsr.inference import Upscaler
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig


def _bicubic(lr: Tensor, _: Degradation) -> Tensor:
    return resize(lr, 4)


def _hr(path: Path) -> Tensor:
    return images.modcrop(images.read(path).pixels, 4)[None]


def _twice() -> Protocol:
    """Each image degraded in two ways."""
    weak, strong = protocol("cmdsr-simple-nf"), protocol("cmdsr-severe-nf")
    return dataclasses.replace(weak, degradations=lambda name: weak.degradations(name) + strong.degradations(name))


def test_scores_are_those_of_the_steps_taken_one_by_one(hr_folder: Path) -> None:
    middle = protocol("cmdsr-middle")
    seen: list[tuple[str, str]] = []

    def notice(data_set: str, row: Row) -> None:
        seen.append((data_set, row.image))

    scores = evaluate(
        lambda lr, _: resize(lr, 4) * 0.9, middle, data_sets(hr_folder), model="cmdsr_x4.classic", notice=notice
    )
    (column,) = scores.columns
    assert seen == [("Set5", "a"), ("Set5", "b")]
    for row in column.rows:
        hr = _hr(hr_folder / f"{row.image}.png")
        sr = resize(middle.degradations(row.image)[0].apply(hr), 4)
        assert row.bicubic.psnr == pytest.approx(metrics.psnr(sr, hr, metrics.luma_convention(4)).item())
        assert row.model.psnr == pytest.approx(metrics.psnr(sr * 0.9, hr, metrics.luma_convention(4)).item())
        assert row.model.ssim == pytest.approx(metrics.ssim(sr * 0.9, hr, metrics.luma_convention(4)).item())
    assert column.model.psnr == pytest.approx(sum(row.model.psnr for row in column.rows) / 2)
    assert column.paper == 27.10
    assert column.difference == pytest.approx(column.model.psnr - 27.10)


def test_the_same_scores_each_time(hr_folder: Path) -> None:
    runs = [
        evaluate(_bicubic, protocol("cmdsr-severe"), data_sets(hr_folder), model="bicubic").columns for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert runs[0][0].rows[0].model == runs[0][0].rows[0].bicubic


def test_a_protocol_with_several_degradations_gives_a_row_for_each(hr_folder: Path, tmp_path: Path) -> None:
    sets = data_sets(hr_folder)
    (column,) = evaluate(_bicubic, _twice(), sets, model="bicubic", save=Folders(lr=tmp_path / "lr")).columns
    assert [row.image for row in column.rows] == ["a-1", "a-2", "b-1", "b-2"]
    assert column.rows[0].model.psnr > column.rows[1].model.psnr
    assert column.model.psnr == pytest.approx(sum(row.model.psnr for row in column.rows) / 4)
    assert len(list((tmp_path / "lr").rglob("*.png"))) == 4


def test_results_made_from_the_saved_lr_score_as_the_model_does(hr_folder: Path, tmp_path: Path) -> None:
    middle, sets = protocol("cmdsr-middle"), data_sets(hr_folder)
    save = Folders(lr=tmp_path / "lr", sr=tmp_path / "sr")
    direct = evaluate(_bicubic, middle, sets, model="bicubic", save=save)
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    for path in (tmp_path / "lr" / "cmdsr-middle" / "Set5").glob("*.png"):
        images.write(images.Picture(resize(images.read(path).pixels[None], 4)[0]), theirs / path.name)
    for folder in (theirs, tmp_path / "sr"):
        assert evaluate(Results(folder), middle, sets, model="theirs").columns == direct.columns


def test_the_record_beside_a_saved_lr_image_replays_it(hr_folder: Path, tmp_path: Path) -> None:
    evaluate(
        _bicubic, protocol("cmdsr-severe"), data_sets(hr_folder), model="bicubic", save=Folders(lr=tmp_path / "lr")
    )
    place = tmp_path / "lr" / "cmdsr-severe" / "Set5"
    record = Degradation.from_json((place / "a.json").read_text(encoding="utf-8"))
    assert torch.equal(record.apply(_hr(hr_folder / "a.png"))[0], images.read(place / "a.png").pixels)


def test_perfect_results_have_infinite_psnr(hr_folder: Path, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        images.write(images.Picture(_hr(hr_folder / name)[0]), tmp_path / name)
    (column,) = evaluate(Results(tmp_path), protocol("cmdsr-simple"), data_sets(hr_folder), model="hr").columns
    assert column.model.psnr == math.inf
    assert column.model.ssim == pytest.approx(1)
    assert column.difference == math.inf


def test_a_result_of_another_size(hr_folder: Path, tmp_path: Path) -> None:
    images.write(images.Picture(torch.zeros(3, 41, 46)), tmp_path / "a.png")
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        evaluate(Results(tmp_path), protocol("cmdsr-simple"), data_sets(hr_folder), model="theirs")


def test_a_damaged_image(hr_folder: Path) -> None:
    path = hr_folder / "a.png"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(BlindSRError, check=Code.CANNOT_DECODE.matches):
        evaluate(_bicubic, protocol("cmdsr-simple"), data_sets(hr_folder), model="bicubic")


def test_an_image_too_small_to_be_measured(tmp_path: Path) -> None:
    images.write(images.Picture(torch.zeros(3, 18, 60)), tmp_path / "small.png")
    with pytest.raises(BlindSRError, check=Code.TOO_SMALL.matches):
        evaluate(_bicubic, protocol("cmdsr-simple"), data_sets(tmp_path), model="bicubic")


def test_sixteen_bit_originals_are_measured_as_8_bit(tmp_path: Path) -> None:
    deep, flat = tmp_path / "deep", tmp_path / "flat"
    pixels = torch.rand(3, 40, 40, generator=torch.Generator().manual_seed(0))
    for folder, bits in ((deep, 16), (flat, 8)):
        folder.mkdir()
        rounded = images.quantise(pixels)
        images.write(images.Picture(rounded, metadata=images.Metadata(bits=bits)), folder / "a.png")
    rows = [evaluate(_bicubic, protocol("cmdsr-simple"), data_sets(f), model="b").columns[0].rows for f in (deep, flat)]
    assert rows[0] == rows[1]


def test_a_folder_that_cannot_be_made(hr_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        evaluate(
            _bicubic,
            protocol("cmdsr-simple"),
            data_sets(hr_folder),
            model="bicubic",
            save=Folders(sr=tmp_path / "file"),
        )


def test_support_images_are_degraded_alike(hr_folder: Path) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        net = CMDSR(CMDSRConfig(blocks=1, channels=4, support=2, patch=8, features=8, sets=1))
    upscaler, chosen = Upscaler(net, device="cpu", precision="fp32"), protocol("cmdsr-middle")
    seen: list[Sequence[Tensor] | None] = []
    condition = net.condition

    def note(lr: Tensor, *, generator: torch.Generator, hints: Hints) -> Tensor:
        seen.append(hints.support)
        return condition(lr, generator=generator, hints=hints)

    net.condition = note  # type: ignore[method-assign,assignment]
    restore = restore_with_hints(upscaler, chosen, support=[hr_folder / "b.png"])
    (truth,) = chosen.degradations("a")
    hr = _hr(hr_folder / "a.png")
    restore(truth.apply(hr), truth)
    assert seen[0] is not None
    (support,) = seen[0]
    other = _hr(hr_folder / "b.png")
    expected = truth.apply(other)
    assert support.shape == expected.shape
    assert not torch.equal(support, expected)  # its noise is its own
    assert float((support - expected).abs().mean()) < 0.15
