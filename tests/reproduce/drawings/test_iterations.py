"""Figure 9, beside the teacher's own training step."""

from pathlib import Path

import pytest
import torch

from blindsr.errors import BlindSRError, Code
from blindsr.evaluate import data_sets, metrics, protocol
from blindsr.images import modcrop, quantise, read
from blindsr.inference import Bicubic
from blindsr.methods.mrda.model import MRDA, MRDAConfig
from blindsr.methods.mrda.networks import DEN
from blindsr.reproduce.drawings.iterations import iterations

NAME = "mrda-gaussian8-x2"


def tiny(**config: object) -> MRDA:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return MRDA(MRDAConfig.model_validate({"scale": 2, "channels": 4, "blocks": 1, "mln": 4, **config}))


def test_points_are_the_mean_of_what_the_teacher_restores(hr_folder: Path) -> None:
    method, chosen, (data, *_) = tiny(), protocol(NAME), data_sets(hr_folder, 1)
    with torch.no_grad():  # so that another representation is another image
        for layer in (*method.rdan.modules(), method.teacher):
            if isinstance(layer, torch.nn.Linear | DEN):
                for parameter in layer.parameters():
                    parameter.mul_(4)
    made, itself = iterations("run", method, chosen, data, rates=[50.0, 25.0], counts=[0, 3])
    assert made.steps == itself.steps == (0, 3)
    assert made.psnr[0] != made.psnr[1]
    teacher = method.teacher
    assert isinstance(teacher, DEN)
    found, mln = [], []
    for path in data.paths:
        hr = modcrop(quantise(read(path).pixels), 2)[None]
        for degradation in chosen.degradations(path.stem):
            lr = degradation.apply(hr)
            with torch.no_grad():
                features = method.specific_features(lr, method.specific(lr, hr, [50.0, 25.0, 25.0]))
                sr = method.rdan(lr, teacher.represent(teacher.pooled(features))).clamp(0, 1)
                unadapted = method.mln(lr).clamp(0, 1)
            found.append(float(metrics.psnr(sr, hr, chosen.convention)))
            mln.append(float(metrics.psnr(unadapted, hr, chosen.convention)))
    assert len(found) == 8
    assert made.psnr[1] == pytest.approx(sum(found) / len(found))
    assert itself.psnr[0] == pytest.approx(sum(mln) / len(mln))
    assert itself.psnr[0] != itself.psnr[1]


def test_another_scale_than_the_protocols_gets_one_sentence(hr_folder: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        iterations("run", tiny(), protocol("mzsr-g2.0-direct-x4"), data_sets(hr_folder)[0], rates=[0.1], counts=[0])


@pytest.mark.parametrize("source", ["", "lr", "oracle"])
def test_without_such_a_teacher_there_is_no_curve(source: str, hr_folder: Path) -> None:
    method = tiny(source=source) if source else Bicubic(2)
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
        iterations("run", method, protocol(NAME), data_sets(hr_folder)[0], rates=[0.1], counts=[0])
