import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from blindsr import images
from blindsr.degrade import resize

Run = Callable[..., Any]


def test_one_command_measures_and_draws(blindsr: Run, learner: Path, tiny: Path, tmp_path: Path) -> None:
    small = torch.rand(1, 3, 12, 14, generator=torch.Generator().manual_seed(0))
    (tmp_path / "hr").mkdir()
    images.write(images.Picture(resize(small, 4)[0].clamp(0, 1)), tmp_path / "hr" / "a.png")
    out = tmp_path / "figure.png"
    ended = blindsr("curve", "-m", learner, "--data", tmp_path / "hr", "--steps", "1,0", "-o", out, "--json")
    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    assert list(told["psnr"]) == ["0", "1"]
    assert out.is_file()
    ended = blindsr("curve", "-m", learner, "--data", tmp_path / "hr", "--steps", "0")
    assert "dB after 0" in ended.out
    for arguments, words in ((("-m", tiny), "takes no gradient steps"), (("-m", learner, "--steps", "x"), "0,1,10")):
        ended = blindsr("curve", *arguments, "--data", tmp_path / "hr")
        assert ended.code == 2
        assert ended.err.count("\n") == 1
        assert words in ended.err
