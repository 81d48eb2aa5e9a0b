from pathlib import Path

import pytest

from blindsr.errors import BlindSRError, Code
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.methods.mzsr.model import MZSR, MZSRConfig
from blindsr.reproduce.runs import Trained, _rescaled


def test_a_training_in_a_sentence() -> None:
    run = Trained("k2", 1, Path("x"), "r", 40, 1000, 0.5, ((20, 25.0, 24.0), (40, 26.5, 24.0)))
    assert run.sentence() == (
        "k2 (seed 1): 40 steps of r in 0.50 hours (the paper's schedule: 1,000); held-out PSNR ▁█ 25.00 to 26.50 dB "
        "(+1.50 since the validation before; bicubic 24.00)"
    )
    assert Trained("k2", 0, Path("x"), "r", 40, 1000, 0.5).sentence().endswith("no validation")


def test_weights_serve_another_scale_where_the_network_knows_none() -> None:
    learner = MZSR(MZSRConfig(layers=3, channels=4))
    other = _rescaled(learner, 4)
    assert other.traits.scale == 4
    assert all((a == b).all() for a, b in zip(learner.parameters(), other.parameters(), strict=True))
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        _rescaled(CMDSR(CMDSRConfig(blocks=1, channels=4)), 2)
