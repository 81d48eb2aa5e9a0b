"""Devices by name, and bf16."""

import pytest
import torch

from blindsr.devices import computes_bf16, find_device
from blindsr.errors import BlindSRError


def test_devices_by_name() -> None:
    assert find_device("cpu") == find_device(torch.device("cpu")) == torch.device("cpu")
    assert find_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize("name", ["toaster", "meta", "cpu:x", "cuda:99", "hpu", "vulkan", "cuda:-1", ""])
def test_what_is_no_device_here_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(BlindSRError, match=f"no device '{name}'") as caught:
        find_device(name)
    assert "\n" not in str(caught.value)


def test_another_kind_than_the_one_here_is_refused_in_one_line() -> None:
    here = torch.accelerator.current_accelerator()
    for name in {"mps", "xpu", "cuda"} - {here.type if here else ""}:
        with pytest.raises(BlindSRError, match=f"no device '{name}'") as caught:
            find_device(name)
        assert len(str(caught.value)) < 100


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is CUDA here")
def test_cuda_without_cuda_is_one_sentence() -> None:
    with pytest.raises(BlindSRError, match="no device 'cuda'") as caught:
        find_device("cuda")
    assert "\n" not in str(caught.value)


def test_bf16_is_a_matter_of_the_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    for capabilities, expected in (({}, False), ({"avx512_bf16": True}, True), ({"amx_bf16": True}, True)):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda found=capabilities: found)
        assert computes_bf16(torch.device("cpu")) is expected
    assert computes_bf16(torch.device("meta")) is False
