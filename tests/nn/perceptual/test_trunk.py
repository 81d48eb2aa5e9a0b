from pathlib import Path

import pytest
import torch
from torch import nn

from blindsr.errors import BlindSRError, Code
from blindsr.nn.perceptual.trunk import fill_weights, read_weights


def test_tensors_are_copied_by_name_and_the_network_is_frozen(tmp_path: Path) -> None:
    net = nn.Conv2d(1, 2, 1)
    torch.save({"w": torch.tensor([1.0, 2.0]).half(), "b": torch.tensor([3.0, 4.0])}, tmp_path / "net.pth")
    fill_weights(
        net, read_weights(tmp_path / "net.pth"), {"weight": "w", "bias": "b"}, tmp_path / "net.pth", "a network"
    )
    assert net.weight.flatten().tolist() == [1.0, 2.0]
    assert net.weight.dtype == torch.float32
    assert not any(p.requires_grad for p in net.parameters())


@pytest.mark.parametrize("tensors", [{"w": torch.zeros(2)}, {"w": torch.zeros(3), "b": torch.zeros(2)}])
def test_missing_tensors_and_other_sizes_change_nothing(tensors: dict[str, torch.Tensor], tmp_path: Path) -> None:
    net = nn.Conv2d(1, 2, 1)
    before = net.weight.clone()
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        fill_weights(net, tensors, {"weight": "w", "bias": "b"}, tmp_path / "net.pth", "a network")
    assert torch.equal(net.weight, before)
