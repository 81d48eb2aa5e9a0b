"""``blindsr degrade`` writes an image and the record that makes it again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from blindsr import images
from blindsr.degrade import Degradation, kernels

Run = Callable[..., Any]


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    pixels = torch.rand(3, 50, 43, generator=torch.Generator().manual_seed(0))
    images.write(images.Picture(pixels), tmp_path / "clean.png")
    return tmp_path / "clean.png"


def test_record_replays_bit_for_bit(blindsr: Run, clean: Path, tmp_path: Path) -> None:
    out, again = tmp_path / "lr.png", tmp_path / "again.png"
    ended = blindsr(
        "degrade", clean, "-o", out, "--scale", "4", "--blur", "2.6", "--noise", "15", "--jpeg", "80", "--seed", "3"
    )
    assert (ended.code, ended.err) == (0, "")
    record = tmp_path / "lr.png.json"
    assert blindsr("degrade", clean, "-o", again, "--from", record).code == 0
    assert again.read_bytes() == out.read_bytes()
    assert (tmp_path / "again.png.json").read_bytes() == record.read_bytes()
    picture = images.read(out)
    assert (picture.height, picture.width, picture.metadata.bits) == (12, 10, 8)

    degradation = Degradation.from_json(record.read_text(encoding="utf-8"))
    assert (degradation.scale, degradation.jpeg.tolist(), degradation.seeds.tolist()) == (4, [80], [3])
    assert torch.equal(degradation.kernels[0], kernels.gaussian(21, 2.6))
    expected = degradation.apply(images.modcrop(images.read(clean).pixels, 4)[None])[0]
    assert torch.equal(picture.pixels, images.quantise(expected))


def test_settings_reach_the_record(blindsr: Run, clean: Path, tmp_path: Path) -> None:
    def record(*settings: str | Path) -> Degradation:
        assert blindsr("degrade", clean, "-o", tmp_path / "lr.png", "--overwrite", *settings).code == 0
        return Degradation.from_json((tmp_path / "lr.png.json").read_text(encoding="utf-8"))

    plain = record()
    assert (plain.scale, plain.noise.item(), plain.jpeg.item(), plain.kernels.flatten().tolist()) == (4, 0, 0, [1])
    turned = record("--blur", "3", "--blur2", "1", "--angle", "90", "--kernel-size", "15")
    assert torch.allclose(turned.kernels[0], kernels.gaussian(15, 1.0, 3.0), atol=1e-7)
    other = record("--down", "direct", "--border", "wrap", "--scale", "3")
    assert (other.down, other.border, other.scale) == ("direct", "wrap", 3)
    np.save(tmp_path / "k.npy", np.array([[0, 0, 0], [0, 1, 1], [0, 0, 0]]))
    assert record("--kernel", tmp_path / "k.npy").kernels[0, 1].tolist() == [0, 0.5, 0.5]


def test_kernels_wider_than_the_image(blindsr: Run, tmp_path: Path) -> None:
    images.write(images.Picture(torch.rand(3, 5, 4)), tmp_path / "small.png")
    assert blindsr("degrade", tmp_path / "small.png", "-o", tmp_path / "lr.png", "--blur", "2").code == 0
    assert tuple(images.read(tmp_path / "lr.png").pixels.shape) == (3, 1, 1)


def test_gray_and_transparent_pictures(blindsr: Run, tmp_path: Path) -> None:
    gray = images.Picture.from_array(np.full((8, 8, 2), 40000, np.uint16))
    images.write(gray, tmp_path / "gray.png")
    assert blindsr("degrade", tmp_path / "gray.png", "-o", tmp_path / "lr.png", "--noise", "20").code == 0
    picture = images.read(tmp_path / "lr.png")
    assert (picture.metadata.gray, picture.metadata.bits, picture.alpha) == (False, 8, None)


@pytest.mark.parametrize(
    "settings",
    [
        ("--scale", "0"), ("--scale", "64"), ("--blur", "-1"), ("--blur", "0"), ("--blur", "nan"), ("--noise", "-1"),
        ("--noise", "nan"), ("--jpeg", "101"), ("--jpeg", "-5"), ("--border", "odd"), ("--down", "lanczos"),
        ("--blur2", "2"), ("--blur", "2", "--kernel-size", "4"), ("--blur", "2", "--angle", "inf"),
        ("--kernel", "none.npy"), ("--kernel", "k.npy", "--blur", "2"), ("--from", "none.json"),
        ("--from", "none.json", "--seed", "1"),
    ],
)  # fmt: skip
def test_bad_values_are_one_sentence(blindsr: Run, clean: Path, tmp_path: Path, settings: tuple[str, ...]) -> None:
    ended = blindsr("degrade", clean, "-o", tmp_path / "lr.png", *settings)
    assert ended.code == 2
    assert ended.err.count("\n") == 1, ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["clean.png"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1}', "\udcff"])
def test_records_that_are_none(blindsr: Run, clean: Path, tmp_path: Path, text: str) -> None:
    record = tmp_path / "record.json"
    record.write_bytes(text.encode("utf-8", "surrogateescape"))
    ended = blindsr("degrade", clean, "-o", tmp_path / "lr.png", "--from", record)
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "record.json" in ended.err


def test_a_record_of_several_images(blindsr: Run, clean: Path, tmp_path: Path) -> None:
    zeros = torch.zeros(2)
    two = Degradation(4, torch.ones(2, 1, 1), zeros, zeros.long(), zeros.long())
    (tmp_path / "two.json").write_text(two.to_json(), encoding="utf-8")
    ended = blindsr("degrade", clean, "-o", tmp_path / "lr.png", "--from", tmp_path / "two.json")
    assert (ended.code, "describes 2 images" in ended.err) == (2, True)


def test_what_is_not_written(blindsr: Run, clean: Path, tmp_path: Path) -> None:
    before = clean.read_bytes()
    for out in (clean, tmp_path / "lr.jpg", tmp_path / "none" / "lr.png"):
        ended = blindsr("degrade", clean, "-o", out)
        assert ended.code == 2
        assert ended.err.count("\n") == 1
    assert clean.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["clean.png"]
