"""Devices by name, and bf16."""

import pytest
import torch

from blindsr.devices import accelerators, computes_bf16, find_device, is_traced
from blindsr.errors import BlindSRError, Code


def test_devices_by_name() -> None:
    assert find_device("cpu") == find_device(torch.device("cpu")) == torch.device("cpu")
    here = torch.accelerator.current_accelerator(check_available=True)
    assert find_device("auto").type == (here.type if here else "cpu")


@pytest.mark.parametrize("kind", ["cuda", "xpu", "mps", "hpu"])
def test_auto_is_the_accelerator(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda **_: torch.device(kind))
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: 2)
    assert find_device("auto").type == (kind if kind != "hpu" else "cpu")
    assert accelerators() == [f"{kind}:0", f"{kind}:1"]


@pytest.mark.parametrize("name", ["toaster", "meta", "cpu:x", "cuda:99", "hpu", "vulkan", "cuda:-1", ""])
def test_what_is_no_device_here_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(BlindSRError, check=Code.DEVICE_UNAVAILABLE.matches) as caught:
        find_device(name)
    assert repr(name) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_another_kind_than_the_one_here_is_refused_in_one_line() -> None:
    here = torch.accelerator.current_accelerator()
    for name in {"mps", "xpu", "cuda"} - {here.type if here else ""}:
        with pytest.raises(BlindSRError, check=Code.DEVICE_UNAVAILABLE.matches) as caught:
            find_device(name)
        assert len(str(caught.value)) < 100


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is CUDA here")
def test_cuda_without_cuda_is_one_sentence() -> None:
    with pytest.raises(BlindSRError, check=Code.DEVICE_UNAVAILABLE.matches) as caught:
        find_device("cuda")
    assert "\n" not in str(caught.value)


def test_bf16_is_a_matter_of_the_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    for capabilities, expected in (({}, False), ({"avx512_bf16": True}, True), ({"amx_bf16": True}, True)):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda found=capabilities: found)
        assert computes_bf16(torch.device("cpu")) is expected
    assert computes_bf16(torch.device("meta")) is False
    monkeypatch.setattr(torch.xpu, "is_bf16_supported", lambda **_: True)
    assert computes_bf16(torch.device("xpu")) is True


@pytest.mark.filterwarnings("ignore:`torch.jit.trace` is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:`torch.jit.trace` is not supported:FutureWarning")  # Python 3.14
def test_tracing_is_noticed() -> None:
    told: list[bool] = []

    def network(x: torch.Tensor) -> torch.Tensor:
        told.append(is_traced())
        return x + 1

    network(torch.zeros(1))
    torch.jit.trace(network, torch.zeros(1), check_trace=False)
    assert told == [False, True]
