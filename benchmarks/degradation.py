"""How fast images are degraded: JPEG and blur in each of their two ways, and whole degradations by family.

    python benchmarks/degradation.py [--device auto] [--repeats 5] [--json FILE]

Times are the shortest of some repeats, for batches of 16 images.
"""

import argparse
import json
import platform
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from blindsr.degrade import jpeg
from blindsr.degrade.families import Anisotropic, Family, Isotropic
from blindsr.degrade.realworld.photo import PhotoFamily
from blindsr.degrade.realworld.realesrgan import RealESRGAN
from blindsr.degrade.resample import resize_to
from blindsr.devices import find_device
from blindsr.train.memory import keep_freed_memory

blur: Any = import_module("blindsr.degrade.blur")  # the package exports the function of the same name
COUNT = 16
SIDES = (64, 320)
FAMILIES: dict[str, Family] = {
    "isotropic": Isotropic(4, 15, noise=(0, 75), std=(0.2, 4.0), step=0.1),
    "anisotropic": Anisotropic(4, 21, noise=(0, 25), std=(0.2, 4.0)),
    "real-esrgan": RealESRGAN(4, 21),
    "photo": PhotoFamily(4),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    keep_freed_memory()
    device, repeats = find_device(arguments.device), arguments.repeats
    result = {
        "JPEG, ms": {f"{side}x{side}": compression(device, side, repeats) for side in SIDES},
        "blur, ms": {
            f"{side}x{side}, {k}x{k}": blurring(device, side, k, repeats) for side in SIDES for k in (7, 15, 21)
        },
        "256x256 crops degraded a second": {
            name: COUNT / seconds(partial(degraded, family, device), device, repeats)
            for name, family in FAMILIES.items()
        },
        "torch": torch.__version__,
        "device": str(device),
        "threads": torch.get_num_threads(),
        "machine": platform.machine(),
    }
    print(json.dumps(result, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def pictures(device: torch.device, side: int) -> Tensor:
    """Smooth images with a little noise ``(16, 3, side, side)``."""
    source = torch.Generator().manual_seed(0)
    small = torch.rand(COUNT, 3, side // 8, side // 8, generator=source)
    noise = 0.02 * torch.randn(COUNT, 3, side, side, generator=source)
    return (resize_to(small, (side, side)) + noise).clamp(0, 1).to(device)


def compression(device: torch.device, side: int, repeats: int) -> dict[str, float]:
    """Milliseconds of a batch by libjpeg and by tensors."""
    x, quality = pictures(device, side), torch.randint(30, 96, (COUNT,), generator=torch.Generator().manual_seed(0))
    ways = {"libjpeg": jpeg.compress_by_libjpeg, "tensors": jpeg.compress_by_tensors}
    return {name: 1000 * seconds(partial(way, x, quality), device, repeats) for name, way in ways.items()}


def blurring(device: torch.device, side: int, kernel: int, repeats: int) -> dict[str, float]:
    """Milliseconds of a batch by products, by transforms, and as it is chosen."""
    x = pictures(device, side)
    kernels = torch.rand(COUNT, kernel, kernel, generator=torch.Generator().manual_seed(0)).to(device)
    chosen, times = blur._fourier_is_cheaper, {}
    for name, way in (("products", _never), ("transforms", _always), ("chosen", chosen)):
        blur._fourier_is_cheaper = way
        times[name] = 1000 * seconds(lambda: blur.blur(x, kernels, "reflect"), device, repeats)
    blur._fourier_is_cheaper = chosen
    return times


def _never(*_: object) -> bool:
    return False


def _always(*_: object) -> bool:
    return True


def degraded(family: Family, device: torch.device) -> Tensor:
    """A batch of crops after degradations of their own."""
    generator = torch.Generator(device=device).manual_seed(0)
    return family.sample(COUNT, generator).apply(pictures(device, 256), generator)


def seconds(work: Callable[[], object], device: torch.device, repeats: int) -> float:
    """The shortest time that some work takes, after it was done once."""
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - start)
    return min(times[1:])


if __name__ == "__main__":
    main()
