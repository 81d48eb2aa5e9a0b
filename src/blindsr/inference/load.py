"""Loading of models by name."""

from pathlib import Path
from typing import Literal

import torch

from blindsr.devices import Precision
from blindsr.inference.ensemble import Ensemble
from blindsr.inference.named import load_method
from blindsr.inference.upscaler import Upscaler
from blindsr.runtimes.compiled import compiled
from blindsr.runtimes.session import Runtime


def load(
    name: str | Path,
    *,
    device: str | torch.device = "auto",
    precision: Precision = "auto",
    tile: int | Literal["auto"] = "auto",
    seed: int = 0,
    ensemble: bool = False,
    detail: float | None = None,
    runtime: Runtime = "auto",
) -> Upscaler:
    """Load a model by name.

    Args:
        name: name of weights in the package, such as ``cmdsr_x4.classic``; the path of a weights file; or ``bicubic``
            (x4; ``bicubic_x2`` and so on for other scales).
        device: see `Upscaler`.
        precision: see `Upscaler`.
        tile: see `Upscaler`.
        seed: see `Upscaler`.
        ensemble: eight-fold self-ensemble over flips and rotations.
        detail: from 0, weights for fidelity, to 1, weights of the same network for perceptual quality.
        runtime: library that runs the restoration network: ``torch``, ``onnxruntime`` or ``openvino`` (CPU only);
            ``auto`` is the fastest by ``blindsr doctor --tune``, else torch.

    Raises:
        BlindSRError: unknown weights, runtime, device, precision or tile, or no support for the self-ensemble.

    Examples:
        >>> import blindsr
        >>> blindsr.load("cmdsr_x4.photo").scale
        4
        >>> upscaler = blindsr.load("cmdsr_x4.photo", detail=0.5, device="cpu", precision="fp32")
    """
    method = compiled(load_method(name, detail), runtime, device)
    return Upscaler(Ensemble(method) if ensemble else method, device=device, precision=precision, tile=tile, seed=seed)
