"""Where networks compute: devices, and the number formats that they compute in."""

import torch

from blindsr.errors import BlindSRError


def find_device(name: str | torch.device) -> torch.device:
    """Return a device that computes here.

    Args:
        name: as torch names it; ``"auto"`` is CUDA where there is one, else the CPU.

    Raises:
        BlindSRError: there is no such device.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device).cpu()
    except (RuntimeError, AssertionError, NotImplementedError) as error:  # backends that were not built in differ
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BlindSRError(f"there is no device {str(name)!r} here ({reason}); use auto or cpu") from None
    return device


def computes_bf16(device: torch.device) -> bool:
    """Whether bf16 is computed in hardware, where it is faster than fp32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities() if device.type == "cpu" else {}
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
