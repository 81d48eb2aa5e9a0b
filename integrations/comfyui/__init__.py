"""Nodes of ComfyUI that restore images with blindsr."""

from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

import blindsr
from blindsr import weights
from blindsr.inference.load import load


class BlindSR:
    """Restore every image of a batch: estimate its degradation, then enlarge it."""

    CATEGORY: ClassVar[str] = "image/upscaling"
    FUNCTION: ClassVar[str] = "restore"
    RETURN_TYPES: ClassVar[tuple[str, ...]] = ("IMAGE",)
    _loaded: ClassVar[dict[str, blindsr.Upscaler]] = {}

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802  # ComfyUI's name
        """Return the inputs of the node, in the format of ComfyUI."""
        names = [*weights.available(), *weights.in_folder()]
        strength = ("FLOAT", {"default": 1.0, "min": 0.0, "max": 1.0, "step": 0.05})
        return {"required": {"image": ("IMAGE",), "model": (names,), "strength": strength}}

    def restore(self, image: Tensor, model: str, strength: float) -> tuple[Tensor]:
        """Restore images ``(n, h, w, 3)`` in [0, 1] to ``(n, s*h, s*w, 3)``; alpha channels are ignored."""
        if model not in self._loaded:
            self._loaded.clear()  # one model stays in memory
            self._loaded[model] = load(model)
        upscaler = self._loaded[model]
        pictures = (blindsr.Picture(one[..., :3].permute(2, 0, 1).contiguous()) for one in image.cpu())
        made = [upscaler.upscale(picture, strength=strength).pixels.permute(1, 2, 0) for picture in pictures]
        return (torch.stack(made),)


class BlindSRFile:
    """Restore a file to a file, and keep bit depth, transparency and metadata; also animations."""

    CATEGORY: ClassVar[str] = "image/upscaling"
    FUNCTION: ClassVar[str] = "restore"
    RETURN_TYPES: ClassVar[tuple[str, ...]] = ("STRING",)
    OUTPUT_NODE: ClassVar[bool] = True

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802  # ComfyUI's name
        """Return the inputs of the node, in the format of ComfyUI."""
        names = ["auto", *weights.available(), *weights.in_folder()]
        return {"required": {"source": ("STRING", {}), "target": ("STRING", {}), "model": (names,)}}

    def restore(self, source: str, target: str, model: str) -> tuple[str]:
        """Restore a file; return the path of the result. An existing file is replaced."""
        options = blindsr.Options(model=model, overwrite=True)
        blindsr.restore_file(Path(source), Path(target), options)
        return (target,)


NODE_CLASS_MAPPINGS = {"BlindSR": BlindSR, "BlindSRFile": BlindSRFile}
NODE_DISPLAY_NAME_MAPPINGS = {"BlindSR": "Restore (blindsr)", "BlindSRFile": "Restore a file (blindsr)"}
