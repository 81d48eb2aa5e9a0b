"""Small networks, and their graphs, made once."""

from functools import lru_cache
from typing import Any

import pytest
import torch

from blindsr.contract import Method
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.methods.dmsr.model import DMSR, DMSRConfig
from blindsr.methods.mrda.model import MRDA, MRDAConfig
from blindsr.methods.mzsr.model import MZSR, MZSRConfig
from blindsr.runtimes.compiled import example
from blindsr.runtimes.graph import Restorer, restoring_graph


@lru_cache
def _method(name: str) -> Method[Any]:
    small: dict[str, Any] = {"scale": 2, "blocks": 1, "channels": 8, "support": 2, "patch": 8, "features": 6}
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        made: dict[str, Method[Any]] = {
            "cmdsr": CMDSR(CMDSRConfig(**small, denoise=30)),
            "cmdsr none": CMDSR(CMDSRConfig(**small, base="span", modulation="none")),
            "cmdsr sft": CMDSR(CMDSRConfig(**small, modulation="sft")),
            "cmdsr vdsr": CMDSR(CMDSRConfig(**small, base="vdsr")),
            "cmdsr idn": CMDSR(CMDSRConfig(**small, base="idn")),
            "mrda": MRDA(MRDAConfig(scale=3, channels=8, blocks=1, mln=4)),
            "mrda channel": MRDA(MRDAConfig(scale=4, channels=8, blocks=1, mln=4, modulation="channel")),
            "dmsr": DMSR(DMSRConfig(scale=2, groups=1, blocks=2, channels=8, extractor=8)),
            "dmsr sigma": DMSR(DMSRConfig(scale=4, groups=1, blocks=1, channels=8, extractor=8, noise="sigma")),
            "dmsr none": DMSR(DMSRConfig(scale=3, groups=1, blocks=1, channels=8, extractor=8, noise="none")),
            "mzsr": MZSR(MZSRConfig(layers=3, channels=8)),
        }
    return made[name].eval()


@lru_cache
def _graph(name: str) -> bytes:
    return restoring_graph(Restorer(_method(name), example(_method(name))))


@pytest.fixture
def method() -> Any:
    """A small method by its name."""
    return _method


@pytest.fixture
def graph() -> Any:
    """The graph of a small method by its name."""
    pytest.importorskip("onnx", reason="needs the extra onnx")
    return _graph
