"""Set-up of Lightning Fabric: one CPU, one GPU or many, in float32 or with layers in bf16."""

from typing import Any, Literal

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.precision import MixedPrecision, Precision
from lightning_fabric.strategies.ddp import DDPStrategy
from lightning_fabric.strategies.strategy import Strategy

from blindsr.devices import resolve_precision
from blindsr.errors import BlindSRError, Code


class _Plain(Precision):
    """Precision plugin for float32. Fabric's own also copies inputs of layers, and refuses unknown types."""

    def convert_input(self, data: Any) -> Any:
        return data


class Mixed(MixedPrecision):
    """Precision plugin with layers in bf16. Fabric's own also rounds the photographs."""

    def convert_input(self, data: Any) -> Any:
        return data


def open_fabric(device: str, devices: int, precision: Literal["auto", "bf16", "fp32"]) -> Fabric:
    """Create a Fabric for some devices; ``auto`` precision is bf16 if the hardware supports it.

    Raises:
        BlindSRError: the devices are not available.
    """
    # Alternating stages leave some parameters without a gradient at some steps.
    strategy: str | Strategy = DDPStrategy(find_unused_parameters=True) if devices > 1 else "auto"
    kind = "cuda" if device in ("auto", "cuda", "gpu") and torch.cuda.is_available() else "cpu"
    bf16 = resolve_precision(precision, torch.device(kind)) == "bf16"
    plugin = Mixed("bf16-mixed", kind) if bf16 else _Plain()
    try:
        return Fabric(accelerator=device, devices=devices, strategy=strategy, plugins=plugin)
    except (RuntimeError, ValueError, ImportError) as error:
        raise BlindSRError(f"cannot train on {devices} x {device}: {error}", Code.DEVICE_UNAVAILABLE) from None
