import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from blindsr import images, weights
from blindsr.degrade import resize

Run = Callable[..., Any]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    small = torch.rand(1, 3, 20, 24, generator=torch.Generator().manual_seed(0))
    images.write(images.Picture(resize(small, 4)[0].clamp(0, 1)), tmp_path / "photo.png")
    return tmp_path / "photo.png"


def test_numbers_for_machines(blindsr: Run, learner: Path, photo: Path) -> None:
    ended = blindsr("analyze", photo, "-m", learner, "--json", "--device", "cpu")
    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    assert told["size"] == [96, 80]
    assert told["blur"]["along"] >= told["blur"]["across"] > 0
    assert 0 <= told["blur"]["confidence"] <= 1
    assert len(told["noise"]) == 3
    assert told["jpeg"] is None
    assert told["recommended"] in weights.available()
    assert told["because"]
    assert 0.25 <= told["native"] <= 1


def test_sentences_for_people_and_a_drawn_kernel(blindsr: Run, learner: Path, photo: Path, tmp_path: Path) -> None:
    with Image.open(photo) as image:
        image.save(tmp_path / "photo.jpg", quality=40)
    ended = blindsr("analyze", tmp_path / "photo.jpg", "-m", learner, "--plot", tmp_path / "kernel.png")
    assert ended.code == 0, ended.err
    for words in (
        "Size: 96x80",
        "JPEG: quality 40, from the file",
        "Warning: JPEG artefacts",
        "Recommended to enlarge",
    ):
        assert words in ended.out
    assert images.read(tmp_path / "kernel.png").width == 15 * 16


def test_a_photograph_is_looked_at_without_a_model(blindsr: Run, photo: Path) -> None:
    ended = blindsr("analyze", photo)
    assert ended.code == 0, ended.err
    assert "Kernel:" not in ended.out


def test_what_cannot_be_done_is_one_sentence(blindsr: Run, tiny: Path, learner: Path, photo: Path) -> None:
    for arguments, words in (
        ((photo, "-m", tiny), "CMDSR does not estimate"),
        (("none.png", "-m", learner), "file none.png does not exist"),
        ((photo, "-m", learner, "--plot", photo.parent / "no" / "k.png"), "no"),
        ((photo, "-m", learner, "--plot", photo, "--overwrite"), "is used twice; choose another name"),
    ):
        ended = blindsr("analyze", *arguments)
        assert ended.code == 2
        assert ended.err.count("\n") == 1
        assert words in ended.err
