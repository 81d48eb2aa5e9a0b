from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from blindsr import images
from blindsr.inference import Upscaler

Run = Callable[..., Any]


def _picture(path: Path, seed: int, factor: float = 1.0) -> Path:
    path.parent.mkdir(exist_ok=True)
    pixels = factor * torch.rand(3, 20, 20, generator=torch.Generator().manual_seed(seed))
    images.write(images.Picture(pixels), path)
    return path


def test_what_was_found_out_once_is_used_for_others(blindsr: Run, tiny: Path, tmp_path: Path) -> None:
    dark = [_picture(tmp_path / "dark" / f"{i}.png", i, 0.2) for i in range(3)]
    photo = _picture(tmp_path / "photo.png", 9)
    stored = tmp_path / "camera.json"
    ended = blindsr("condition", tmp_path / "dark", "-o", stored, "-m", tiny)
    assert ended.code == 0, ended.err
    assert "3 images" in ended.out
    results = []
    for name, extra in (("own", ()), ("stored", ("--condition", stored)), ("again", ("--condition", stored))):
        ended = blindsr("upscale", photo, "-o", tmp_path / f"{name}.png", "-m", tiny, "--precision", "fp32", *extra)
        assert ended.code == 0, ended.err
        results.append((tmp_path / f"{name}.png").read_bytes())
    assert results[0] != results[1] == results[2]
    assert len(dark) == 3


def test_what_cannot_be_done_is_one_sentence(blindsr: Run, tiny: Path, learner: Path, tmp_path: Path) -> None:
    photo = _picture(tmp_path / "photo.png", 1)
    (tmp_path / "text.json").write_text("hello")
    for arguments, words in (
        (("condition", photo, "-o", tmp_path / "c.json", "-m", learner), "does not support stored conditions"),
        (("condition", tmp_path / "none.png", "-o", tmp_path / "c.json", "-m", tiny), "none.png"),
        (
            ("upscale", photo, "-o", tmp_path / "o.png", "-m", tiny, "--condition", tmp_path / "text.json"),
            "does not contain a condition",
        ),
        (("upscale", photo, "-o", tmp_path / "o.png", "-m", tiny, "--condition", tmp_path / "no.json"), "no.json"),
        (("upscale", photo, "-o", tmp_path / "o.png", "--condition", "c.json", "--denoise", "0"), "--condition cannot"),
    ):
        ended = blindsr(*arguments)
        assert ended.code == 2
        assert ended.err.count("\n") == 1
        assert words in ended.err
    assert not (tmp_path / "c.json").exists()


def test_a_damaged_photograph_is_left_out_of_the_average(blindsr: Run, tiny: Path, tmp_path: Path) -> None:
    good = [_picture(tmp_path / f"{i}.png", i) for i in range(2)]
    (tmp_path / "bad.png").write_text("hello")
    ended = blindsr("condition", good[0], tmp_path / "bad.png", good[1], "-o", tmp_path / "c.json", "-m", tiny)
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert "bad.png" in ended.err
    assert "2 images" in ended.out
    assert (tmp_path / "c.json").exists()


def test_what_cannot_be_kept_or_written_is_said_before_the_work(
    blindsr: Run, tiny: Path, learner: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = _picture(tmp_path / "photo.png", 1)
    monkeypatch.setattr(Upscaler, "estimate_condition", lambda *_: pytest.fail("looked at before"))
    for model, out, words in (
        (learner, "c.json", "does not support stored conditions"),
        (tiny, "no/c.json", "cannot write"),
    ):
        ended = blindsr("condition", photo, "-o", tmp_path / out, "-m", model)
        assert ended.code == 2
        assert words in ended.err


def test_an_existing_file_stays(blindsr: Run, tiny: Path, tmp_path: Path) -> None:
    photo = _picture(tmp_path / "photo.png", 1)
    before = photo.read_bytes()
    assert (
        "is used twice; choose another name" in blindsr("condition", photo, "-o", photo, "-m", tiny, "--overwrite").err
    )
    assert photo.read_bytes() == before
    (tmp_path / "c.json").write_text("mine")
    ended = blindsr("condition", photo, "-o", tmp_path / "c.json", "-m", tiny)
    assert (ended.code, (tmp_path / "c.json").read_text()) == (2, "mine")
    assert blindsr("condition", photo, "-o", tmp_path / "c.json", "-m", tiny, "--overwrite").code == 0
