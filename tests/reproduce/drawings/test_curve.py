from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from blindsr.contract import Hints
from blindsr.degrade import Degradation
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate import data_sets, protocol
from blindsr.evaluate.run import evaluate
from blindsr.inference import Bicubic, Upscaler
from blindsr.methods.mzsr.model import MZSR, MZSRConfig
from blindsr.reproduce.drawings.curve import Curve, curve, draw


def learner() -> Upscaler:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return Upscaler(MZSR(MZSRConfig(layers=3, channels=8, rates=(0.02,))), device="cpu", precision="fp32")


def test_points_are_what_evaluation_gives(hr_folder: Path) -> None:
    upscaler, chosen, (data, *_) = learner(), protocol("mzsr-g2.0-direct"), data_sets(hr_folder)
    made = curve("tiny", upscaler, chosen, data, [0, 3])
    for count, psnr in zip(made.steps, made.psnr, strict=True):

        def restore(lr: Tensor, degradation: Degradation, count: int = count) -> Tensor:
            return upscaler(lr, Hints(kernel=degradation.kernels[0], noise=0.0, steps=count))

        scores = evaluate(restore, chosen, [data], model="tiny")
        assert scores.columns[0].model.psnr == psnr
    assert made.psnr[0] != made.psnr[1]


def test_other_methods_have_none(hr_folder: Path) -> None:
    upscaler = Upscaler(Bicubic(2), device="cpu")
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
        curve("bicubic", upscaler, protocol("mzsr-bicubic"), data_sets(hr_folder)[0], [0])


def test_a_figure_is_drawn_whole_or_not_at_all(tmp_path: Path) -> None:
    curves = [Curve("one", (0, 1, 10), (28.0, 30.0, 31.0)), Curve("two", (0, 10), (29.0, 29.5))]
    draw(curves, "Set5", tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert image.width > 300
        assert len(image.convert("RGB").getcolors(10**6) or []) > 3
    with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        draw(curves, "Set5", tmp_path / "a.xyz")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
