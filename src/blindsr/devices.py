"""Devices and floating-point formats."""

import platform
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal

import torch

from blindsr.errors import BlindSRError, Code

Precision = Literal["auto", "fp32", "bf16"]

_ACCELERATORS = ("cuda", "xpu", "mps")
"""Kinds of devices that ``auto`` takes."""


def find_device(name: str | torch.device) -> torch.device:
    """Return a device that is available on this machine.

    Args:
        name: torch's name; ``"auto"`` is the accelerator that torch supports (CUDA, XPU or MPS), else the CPU.

    Raises:
        BlindSRError: the device is not available.
    """
    if name == "auto":
        kind = torch.accelerator.current_accelerator(check_available=True)
        return torch.device("cpu" if kind is None or kind.type not in _ACCELERATORS else kind.type)
    here = ["cpu", *accelerators()]
    try:
        device = torch.device(name)
    except RuntimeError:  # a kind that torch does not know; its message lists the known ones
        device = None
    accelerated = device is not None and str(torch.device(device.type, device.index or 0)) in here
    if device is None or not (accelerated or device.type == "cpu"):
        raise BlindSRError(
            f"device {str(name)!r} is not available; use auto or one of {', '.join(here)}", Code.DEVICE_UNAVAILABLE
        )
    try:
        torch.empty(1, device=device).cpu()
    except RuntimeError as error:  # it is there, but taken by another process, or too old
        raise BlindSRError(
            f"device {str(name)!r} cannot be used: {str(error).splitlines()[0]}", Code.DEVICE_UNAVAILABLE
        ) from None
    return device


def accelerators() -> list[str]:
    """Names of all accelerators of this machine; torch supports at most one kind at a time."""
    kind = torch.accelerator.current_accelerator(check_available=True)
    count = 0 if kind is None else torch.accelerator.device_count()
    return [f"{kind}:{index}" for index in range(count)]


def device_name(device: torch.device) -> str:
    """Name of a GPU's model, or kind of a CPU or another accelerator, such as ``"x86_64"``."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return platform.machine() if device.type == "cpu" else device.type


def computes_bf16(device: torch.device) -> bool:
    """Whether the hardware computes in bf16."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "xpu":
        return bool(torch.xpu.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities() if device.type == "cpu" else {}
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def resolve_precision(precision: Precision, device: torch.device) -> Literal["fp32", "bf16"]:
    """Replace ``"auto"`` by bf16 if the device supports it in hardware, else by fp32."""
    if precision != "auto":
        return precision
    return "bf16" if computes_bf16(device) else "fp32"


def cpu_by_default() -> AbstractContextManager[Any]:
    """Context in which new tensors are on the CPU unless a device is given; see `torch.set_default_device`."""
    # The context of a device takes time at every operator
    return nullcontext() if torch.get_default_device().type == "cpu" else torch.device("cpu")


def is_traced() -> bool:
    """Whether operators are being recorded as a graph for another runtime, which has no Python between them."""
    return bool(torch.jit.is_tracing())  # type: ignore[attr-defined, no-untyped-call]  # torch's stub lacks it
