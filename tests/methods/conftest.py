"""Networks of losses that several methods train with."""

from pathlib import Path

import pytest
import torch

from blindsr.nn.perceptual import LPIPS


@pytest.fixture
def lpips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """LPIPS with random weights in place of a file of them."""
    torch.default_generator.manual_seed(0)
    net = LPIPS("alex")
    for head in net.heads:
        head.data.fill_(0.1)
    monkeypatch.setattr(LPIPS, "from_file", lambda _path: net)
    path = tmp_path / "lpips.safetensors"
    path.touch()
    return path
