from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from blindsr import images
from blindsr.degrade import resize

Run = Callable[..., Any]


def test_a_sentence_with_the_accuracy(blindsr: Run, tiny: Path, learner: Path, tmp_path: Path) -> None:
    (tmp_path / "hr").mkdir()
    for seed in range(3):
        small = torch.rand(1, 3, 12, 14, generator=torch.Generator().manual_seed(seed))
        images.write(images.Picture(resize(small, 4)[0].clamp(0, 1)), tmp_path / "hr" / f"{seed}.png")
    ended = blindsr(
        "inspect", "representations", "-m", tiny, "--data", tmp_path / "hr", "--widths", "0.4,3", "--neighbours", "2"
    )
    assert ended.code == 0, ended.err
    assert "of 6 representations" in ended.out
    assert "chance is 50.0%" in ended.out
    for arguments, words in (
        (("-m", learner), "does not support stored conditions"),
        (("-m", tiny, "--widths", "1"), "two blur widths"),
        (("-m", tiny, "-o", tmp_path / "no" / "plot.png"), "cannot write"),
        (("-m", tiny, "-o", tmp_path / "hr" / "0.png"), "already exists"),
        (("-m", tiny, "--widths", "a,b"), "two blur widths"),
    ):
        ended = blindsr("inspect", "representations", "--data", tmp_path / "hr", *arguments)
        assert ended.code == 2
        assert ended.err.count("\n") == 1
        assert words in ended.err
