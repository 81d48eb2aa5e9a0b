"""``blindsr train`` end to end: photographs to weights to a restored picture, and its refusals."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

Run = Callable[..., Any]
SMALL = [
    "model.blocks=1",
    "model.channels=8",
    "model.support=4",
    "model.patch=8",
    "model.features=8",
    "held_out=1",
]
STAGE = ["stage.tasks=2", "stage.crop=40", "stage.steps=3", "stage.validate_every=3"]


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    made = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        for i in range(2):
            noise = np.random.default_rng(i).integers(0, 256, (48, 64, 3), np.uint8)
            Image.fromarray(noise).save(folder / f"{i}.png")
        made.append(folder)
    (tmp_path / "one" / "torn.png").write_bytes(b"no image")
    return made


def test_train_export_upscale(blindsr: Run, tmp_path: Path, folders: list[Path]) -> None:
    sets = [part for value in SMALL + STAGE for part in ("--set", value)]
    run = tmp_path / "run"
    arguments = ["train", "cmdsr_x4.classic", "--data", *folders, "--out", run, "--device", "cpu", *sets]
    command = [sys.executable, "-m", "blindsr", *map(str, arguments)]
    trained = subprocess.run(command, capture_output=True, text=True, check=False)
    assert trained.returncode == 0, trained.stderr
    assert "torn.png" in trained.stderr
    assert "--export" in trained.stderr
    again = blindsr(*arguments)
    assert again.code == 2
    assert "--resume" in again.err
    exported = blindsr("train", "--export", run, "--out", tmp_path)
    path = Path(exported.out.strip())
    assert path == tmp_path / "cmdsr_x4.classic.safetensors"
    restored = blindsr("upscale", folders[1] / "0.png", "-o", tmp_path / "sr.png", "-s", "4", "-m", path)
    assert restored.code == 0, restored.err
    with Image.open(tmp_path / "sr.png") as image:
        assert image.size == (256, 192)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["cmdsr_x4.clasic", "--data", "one", "--out", "run"], "did you mean 'cmdsr_x4.classic'"),
        (["cmdsr_x4.classic", "--out", "run"], "--data"),
        (["cmdsr_x4.classic", "--data", "nowhere", "--out", "run"], "nowhere is not a folder"),
        (["cmdsr_x4.classic", "--data", "one", "--out", "run"], "no photographs of at least 320x320"),
        (["cmdsr_x4.classic", "--data", "one", "--out", "run", "--resume"], "no checkpoint"),
        (["cmdsr_x4.classic", "--data", "one", "--out", "run", "--time-limit", "soon"], "90m"),
        (["cmdsr_x4.classic", "--data", "one", "--out", "run", "--set", "stage.stpes=1"], "stage.steps"),
        (["--export", "nowhere"], "no checkpoint"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    blindsr: Run, folders: list[Path], arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folders[0].parent)
    if "--resume" in arguments:
        arguments = [*arguments, "--set", "stage.crop=40", "--set", "model.patch=8"]
    done = blindsr("train", *arguments)
    assert done.code == 2
    assert words in done.err
    assert not Path("run").exists()
