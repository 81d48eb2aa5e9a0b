import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from blindsr import images
from blindsr.benchmark.suite import combined_digest, digest, parse_suite

Run = Callable[..., Any]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A suite of one case and one image, and that image."""
    data = hashlib.shake_256(b"x").digest(3 * 48 * 64)
    hr = torch.tensor(list(data), dtype=torch.uint8).view(3, 48, 64)
    (tmp_path / "data").mkdir()
    images.write(images.Picture(hr.float() / 255), tmp_path / "data" / "anything.png")
    values: dict[str, Any] = {
        "format": "blindsr-suite",
        "version": 1,
        "name": "one-1",
        "title": "one image",
        "data_sets": {"One": {"img": {"size": [64, 48], "sha256": digest(hr)}}},
        "kernels": {},
        "cases": [
            {
                "name": "small",
                "title": "bicubic x4",
                "source": "none",
                "scale": 4,
                "measured": {"channel": "y", "border": 4, "rounding": "sr"},
                "core": True,
                "steps": [{"step": "reduce", "scale": 4}, {"step": "quantise"}],
                "sha256": {"One": ""},
            }
        ],
    }
    suite = parse_suite(json.dumps(values), "one-1")
    values["cases"][0]["sha256"]["One"] = combined_digest([digest(suite.degrade(suite.cases[0], "One", "img", hr))])
    (tmp_path / "one.json").write_text(json.dumps(values))
    return tmp_path


def test_from_a_suite_to_a_leaderboard(blindsr: Run, place: Path) -> None:
    suite, lr, sr = place / "one.json", place / "lr", place / "sr"
    assert "small" in blindsr("benchmark", "list", suite).out
    ended = blindsr("benchmark", "prepare", suite, "--data", place / "data", "-o", lr)
    assert (ended.code, ended.err) == (0, "")
    assert "1 LR images of 1 cases" in ended.out

    program = "import PIL.Image as I, sys; I.open(sys.argv[1]).resize((64, 48)).save(sys.argv[2])"
    (sr / "small" / "One").mkdir(parents=True)
    paths = (lr / "small" / "One" / "img.png", sr / "small" / "One" / "img.png")
    command = ("--", sys.executable, "-c", program, *paths)
    ended = blindsr("benchmark", "time", "--results", sr, "--lr", lr, *command)
    assert ended.code == 0, ended.err

    scores = ("benchmark", "score", suite, "--results", sr, "--data", place / "data", "--name", "Pillow")
    out = place / "board" / "pillow.json"
    out.parent.mkdir()
    ended = blindsr(*scores, "-o", out, "--page", place / "page", "--parameters", 0)
    assert ended.code == 0, ended.err
    assert "small" in ended.out
    found = json.loads(out.read_text())
    assert found["program"]["name"] == "Pillow"
    assert found["run"]["megapixels"] == pytest.approx(16 * 12 / 1e6)
    assert found["run"]["seconds"] > 0
    assert (place / "page" / "index.html").is_file()

    ended = blindsr(*scores, "-o", out)
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "already exists" in ended.err


def test_the_suites_of_the_package_are_listed(blindsr: Run) -> None:
    ended = blindsr("benchmark", "list", "--json")
    assert list(json.loads(ended.out)) == ["blind-classic-1", "blind-real-1"]
    assert "blind-real-1" in blindsr("benchmark", "list").out


def test_a_leaderboard_is_a_page(blindsr: Run, tmp_path: Path) -> None:
    result = {"case": "jpeg-40", "data_set": "Set5", "count": 5, "means": {"psnr": {"mean": 25.0}}}
    for name in ("a", "b"):
        values = {"suite": "blind-real-1", "program": {"name": name}, "measures": {"psnr": "PSNR"}, "results": [result]}
        (tmp_path / f"{name}.json").write_text(json.dumps(values))
    ended = blindsr("benchmark", "leaderboard", tmp_path, "-o", tmp_path / "page.html")
    assert ended.code == 0, ended.err
    assert "jpeg-40, Set5" in (tmp_path / "page.html").read_text()


def test_mistakes_get_one_sentence(blindsr: Run, place: Path) -> None:
    for arguments, words in (
        (("prepare", "blind-clasic-1", "--data", place, "-o", place / "x"), "did you mean 'blind-classic-1'"),
        (("prepare", "blind-real-1", "--data", place / "data", "-o", place / "x"), "has the pixels of"),
        (("score", place / "one.json", "--data", place / "data", "--results", place / "x"), "does not exist"),
        (("time", "--results", place, "--", place / "missing"), "cannot be started"),
        (("leaderboard", place / "data", "-o", place / "x.html"), "contains no submissions"),
    ):
        ended = blindsr("benchmark", *arguments)
        assert (ended.code, ended.err.count("\n")) == (2, 1), ended.err
        assert words in ended.err
