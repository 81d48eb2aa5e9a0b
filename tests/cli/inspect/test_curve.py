import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from blindsr import images
from blindsr.degrade import resize
from blindsr.photos import Photos
from blindsr.train import recipe
from blindsr.train.loop import Options, train

Run = Callable[..., Any]


def test_one_command_measures_and_draws(blindsr: Run, learner: Path, tiny: Path, tmp_path: Path) -> None:
    small = torch.rand(1, 3, 12, 14, generator=torch.Generator().manual_seed(0))
    (tmp_path / "hr").mkdir()
    images.write(images.Picture(resize(small, 4)[0].clamp(0, 1)), tmp_path / "hr" / "a.png")
    out = tmp_path / "figure.png"
    ended = blindsr("inspect", "curve", "-m", learner, "--data", tmp_path / "hr", "--steps", "1,0", "-o", out, "--json")
    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    assert list(told["psnr"]) == ["0", "1"]
    assert out.is_file()
    ended = blindsr("inspect", "curve", "-m", learner, "--data", tmp_path / "hr", "--steps", "0")
    assert "dB after 0" in ended.out
    again = blindsr("inspect", "curve", "-m", learner, "--data", tmp_path / "hr", "--steps", "0", "-o", out)
    assert again.code == 2
    assert "already exists" in again.err
    again = blindsr(
        "inspect", "curve", "-m", learner, "--data", tmp_path / "hr", "--steps", "0", "-o", out, "--overwrite"
    )
    assert again.code == 0, again.err
    for arguments, words in (
        (("-m", tiny), "does not support gradient steps on images"),
        (("-m", learner, "--steps", "x"), "0,1,10"),
    ):
        ended = blindsr("inspect", "curve", *arguments, "--data", tmp_path / "hr")
        assert ended.code == 2
        assert ended.err.count("\n") == 1
        assert words in ended.err


def test_a_run_of_mrda_has_figure_9(blindsr: Run, tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(0)
    (tmp_path / "hr").mkdir()
    for number in range(2):
        images.write(images.Picture(torch.rand(3, 64, 64, generator=generator)), tmp_path / "hr" / f"{number}.png")
    small = {"model": {"scale": 2, "channels": 4, "blocks": 1, "mln": 4}, "held_out": 1}
    stage = {"steps": 1, "patch": 8, "batch": 1}
    chosen = recipe.parse_recipe(
        {
            "name": "m",
            "method": "mrda",
            "seed": 0,
            **small,
            "pretrain": stage,
            "meta": {"steps": 1, "patch": 8, "tasks": 1, "support": 1, "query": 1},
            "teacher": stage,
            "student": {**stage, "steps": 0},
        }
    )
    train(chosen, Photos.read([tmp_path / "hr"]), Options(tmp_path / "run", device="cpu", precision="fp32"))
    common = (
        "inspect",
        "curve",
        "--data",
        tmp_path / "hr",
        "-p",
        "mrda-gaussian8-x2",
        "--limit",
        "1",
        "--steps",
        "0,2",
    )
    ended = blindsr(*common, "--run", tmp_path / "run")
    assert ended.code == 0, ended.err
    assert "dB after 2" in ended.out
    assert "give weights with --model, or the folder of a training run with --run" in blindsr(*common).err
    assert "checkpoint" in blindsr(*common, "--run", tmp_path / "none").err
