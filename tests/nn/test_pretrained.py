from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from blindsr.errors import BlindSRError, Code
from blindsr.nn.pretrained import read_tensors


def test_both_kinds_of_files(tmp_path: Path) -> None:
    tensors = {"a.weight": torch.arange(6.0).view(2, 3)}
    torch.save(tensors, tmp_path / "a.pth")
    save_file(tensors, tmp_path / "a.safetensors")
    for name in ("a.pth", "a.safetensors"):
        assert torch.equal(read_tensors(tmp_path / name)["a.weight"], tensors["a.weight"])


def test_what_cannot_be_read_gives_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.CANNOT_READ.matches):
        read_tensors(tmp_path / "none.pth")
    for name in ("bad.pth", "bad.safetensors"):
        (tmp_path / name).write_bytes(b"nonsense")
        with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
            read_tensors(tmp_path / name)
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        read_tensors(tmp_path / "list.pth")
    torch.save({"code": Path("x")}, tmp_path / "code.pth")
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        read_tensors(tmp_path / "code.pth")
