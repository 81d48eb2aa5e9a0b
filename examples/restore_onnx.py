"""Restore an image by the files that ``blindsr export`` writes, without blindsr and torch.

    blindsr export cmdsr_x4.photo -o exported/
    python restore_onnx.py exported/cmdsr_x4.photo.json photo.jpg photo_x4.png

It needs numpy and onnxruntime, and Pillow to read and write files.
"""

import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

TILE = 192
"""Side of a tile without its context, pixels of the image."""


def patches(image: np.ndarray, shape: list[int], seed: int = 0) -> np.ndarray:
    """Random patches of an image ``(1, 3, h, w)``, in sets: ``(sets, count, 3, side, side)``."""
    sets, count, _, side, _ = shape
    missing = [max(0, side - length) for length in image.shape[2:]]
    image = np.pad(image, ((0, 0), (0, 0), (0, missing[0]), (0, missing[1])), mode="symmetric")
    random = np.random.default_rng(seed)
    rows, columns = (random.integers(0, length - side + 1, sets * count) for length in image.shape[2:])
    taken = [image[0, :, y : y + side, x : x + side] for y, x in zip(rows, columns, strict=True)]
    return np.stack(taken).reshape(shape)


def windows(image: np.ndarray, side: int, count: int) -> np.ndarray:
    """An image ``(1, 3, h, w)``, or windows spread evenly over a large one: ``(n, 3, side, side)``."""
    height, width = image.shape[2:]
    if height * width <= count * side**2:
        return image
    tall, wide = min(side, height), min(side, width)
    rows = 1 if height < side else count if width < side else math.isqrt(count)
    tops = [round((height - tall) * (i + 0.5) / rows) for i in range(rows)]
    lefts = [round((width - wide) * (i + 0.5) / (count // rows)) for i in range(count // rows)]
    return np.concatenate([image[..., y : y + tall, x : x + wide] for y in tops for x in lefts])


def find_condition(about: dict[str, Any], folder: Path, image: np.ndarray) -> dict[str, np.ndarray]:
    """What the second graph finds out about an image; nothing where the condition is a part of the first."""
    takes = about["encoder_input"]
    if takes is None:
        return {}
    own = takes["kind"] == "patches"
    encoder_input = patches(image, takes["shape"]) if own else windows(image, takes["side"], takes["count"])
    session = onnxruntime.InferenceSession(folder / f"{about['name']}.condition.onnx")
    return dict(zip(about["condition"], session.run(None, {"encoder_input": encoder_input}), strict=True))


def restore(about: dict[str, Any], folder: Path, image: np.ndarray) -> np.ndarray:
    """Restore ``(1, 3, h, w)`` in [0, 1], RGB, tile by tile under one condition: ``(1, 3, s*h, s*w)``."""
    condition = find_condition(about, folder, image)
    session = onnxruntime.InferenceSession(folder / f"{about['name']}.onnx")
    scale, margin, (height, width) = about["scale"], about["margin"], image.shape[2:]
    result = np.empty((1, 3, scale * height, scale * width), np.float32)
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            bottom, right = min(height, top + TILE), min(width, left + TILE)
            first, start = max(0, top - margin), max(0, left - margin)
            seen = image[..., first : bottom + margin, start : right + margin]
            (made,) = session.run(None, {"lr": np.ascontiguousarray(seen), **condition})
            y, x = scale * (top - first), scale * (left - start)
            part = made[..., y : y + scale * (bottom - top), x : x + scale * (right - left)]
            result[..., scale * top : scale * bottom, scale * left : scale * right] = part
    return result.clip(0, 1)


def main(description: str, source: str, target: str) -> None:
    """Restore a file."""
    from PIL import Image

    about = json.loads(Path(description).read_text(encoding="utf-8"))
    pixels = np.asarray(Image.open(source).convert("RGB"), np.float32) / 255
    result = restore(about, Path(description).parent, np.ascontiguousarray(pixels.transpose(2, 0, 1)[None]))
    Image.fromarray((255 * result[0].transpose(1, 2, 0)).round().astype(np.uint8)).save(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
