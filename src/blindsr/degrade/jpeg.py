"""JPEG compression by the codec itself (libjpeg), one quality per sample; not differentiable."""

import io

import numpy as np
import torch
from PIL import Image
from torch import Tensor


def compress(x: Tensor, quality: Tensor) -> Tensor:
    """Encode and decode each image as JPEG with 4:2:0 chroma subsampling.

    Args:
        x: ``(n, 3, h, w)`` in [0, 1].
        quality: ``(n,)`` integers from 1 to 100; 0 leaves the image as it is.

    Returns:
        ``(n, 3, h, w)`` on the device of ``x``; compressed images have values k / 255.
    """
    out = x.clone()
    for row, value in enumerate(quality.tolist()):
        if value:
            out[row] = _round_trip(x[row], int(value))
    return out


def _round_trip(x: Tensor, quality: int) -> Tensor:
    array = (x.detach().clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "JPEG", quality=quality, subsampling="4:2:0")
    with Image.open(buffer) as image:
        decoded = np.array(image.convert("RGB"))
    return torch.from_numpy(decoded).permute(2, 0, 1).to(x) / 255
