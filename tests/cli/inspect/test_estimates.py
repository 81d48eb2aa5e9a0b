import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from blindsr import images
from blindsr.degrade import resize

Run = Callable[..., Any]


def test_a_table_and_its_numbers(blindsr: Run, learner: Path, tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "hr").mkdir()
    small = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    images.write(images.Picture(resize(small, 4)[0].clamp(0, 1)), tmp_path / "hr" / "a.png")
    numbers = tmp_path / "numbers.json"
    ended = blindsr(
        "inspect", "estimates", "-m", learner, "-p", "dmsr-1.3-15-x2", "--data", tmp_path / "hr", "--json", numbers
    )
    assert ended.code == 0, ended.err
    assert "dmsr-1.3-15-x2" in ended.out
    assert "…" not in ended.out  # everything fits into 80 columns
    (found,) = json.loads(numbers.read_text())
    assert found["noise"] == 15
    for arguments, words in (
        (("-m", learner, "-p", "dmsr-1.3-15-x4"), "needs x4"),
        (("-m", tiny, "-p", "cmdsr-simple"), "does not estimate"),
    ):
        ended = blindsr("inspect", "estimates", "--data", tmp_path / "hr", *arguments)
        assert ended.code == 2
        assert ended.err.count("\n") == 1
        assert words in ended.err
