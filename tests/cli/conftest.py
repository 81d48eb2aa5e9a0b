"""Running the program as a user does, with a network that is quick."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from blindsr import weights
from blindsr.cli.main import run
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.methods.mrda.model import MRDA, MRDAConfig
from blindsr.methods.mzsr.model import MZSR, MZSRConfig


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def blindsr(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    def call(*arguments: str | Path) -> Ended:
        with pytest.raises(SystemExit) as caught:
            run([str(argument) for argument in arguments])
        text = capfd.readouterr()
        code = caught.value.code
        assert code is None or isinstance(code, int)
        return Ended(code or 0, text.out, text.err)

    return call


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """Weights of a small CMDSR."""
    method = CMDSR(CMDSRConfig(blocks=1, channels=8, support=2, patch=8, features=8))
    with torch.no_grad():
        for parameter in method.parameters():
            # Wide enough that another condition is another image even in 8 bits.
            parameter.normal_(0, 0.3, generator=torch.Generator().manual_seed(parameter.numel()))
    config = method.config.model_dump(mode="json")
    card = weights.Card(
        name="cmdsr_x4.tiny", method="cmdsr", config=config, recipe={"seed": 3}, provenance={"steps": 123}
    )
    path = tmp_path / "weights" / "cmdsr_x4.tiny.safetensors"
    weights.save_weights(path, method, card)
    return path


@pytest.fixture
def learner(tmp_path: Path) -> Path:
    """Weights of a small MZSR."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        method = MZSR(MZSRConfig(layers=3, channels=8))
    card = weights.Card(
        name="mzsr_x2.tiny", method="mzsr", config=method.config.model_dump(mode="json"), recipe={}, provenance={}
    )
    path = tmp_path / "weights" / "mzsr_x2.tiny.safetensors"
    weights.save_weights(path, method, card)
    return path


@pytest.fixture
def modulated(tmp_path: Path) -> Path:
    """Weights of a small MRDA."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        method = MRDA(MRDAConfig(scale=2, channels=4, blocks=1, mln=4))
    card = weights.Card(
        name="mrda_x2.tiny", method="mrda", config=method.config.model_dump(mode="json"), recipe={}, provenance={}
    )
    path = tmp_path / "weights" / "mrda_x2.tiny.safetensors"
    weights.save_weights(path, method, card)
    return path
