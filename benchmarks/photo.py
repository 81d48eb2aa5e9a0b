"""What the weights for photographs gain, and how they treat noise and conditions.

    python benchmarks/photo.py --data crops-a --data crops-b -m cmdsr_x4.photo -m mrda_x4.real

The folders are those that the weights were trained on; 16 of their photographs were held out and serve here.
"""

import argparse
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from blindsr import weights
from blindsr.contract import Hints, Method
from blindsr.degrade import kernels
from blindsr.degrade.process import Degradation
from blindsr.degrade.realworld.photo import PhotoFamily
from blindsr.degrade.resample import resize
from blindsr.evaluate import metrics
from blindsr.photos import Photos
from blindsr.pixels import quantise
from blindsr.train.validate import Validation

_FAMILIES = {
    "recipe": PhotoFamily(4),
    "strong": PhotoFamily(4, clean=0.1, mild=0.25, skew=1.2),
    "mild": PhotoFamily(4, clean=0, mild=1),
    "clean": PhotoFamily(4, clean=1, mild=0),
}
_SEEN = {"clean": (0.2, 0, 0), "noise": (0.2, 20, 0), "blur": (2.8, 0, 0), "jpeg": (0.2, 0, 35)}
"""Width, noise and JPEG quality."""


def condition(method: Method[Any], lr: Tensor, **hints: float) -> object:
    """The condition of an image, always by the same random choices."""
    return method.condition(lr, generator=torch.Generator().manual_seed(0), hints=Hints(**hints))  # type: ignore[arg-type]


def grain(method: Method[Any]) -> None:
    """Print what is left of noise 15 on flat gray, against what bicubic interpolation leaves."""
    noise = torch.randn(1, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    lr = quantise(0.5 + 15 / 255 * noise)
    left = {share: method.restore(lr, condition(method, lr, denoise=share)) for share in (0.0, 0.5, 1.0)}
    level = float(resize(lr, 4)[..., 40:-40, 40:-40].std())
    print("noise left", {share: f"{float(sr[..., 40:-40, 40:-40].std()) / level:.2f}" for share, sr in left.items()})


def swaps(method: Method[Any], photos: Photos) -> None:
    """Print what the condition of another degradation changes, dB."""
    table: dict[tuple[str, str], list[Tensor]] = {}
    for photo in photos.pixels[:6]:
        hr = photo[None, :, :320, :320].float() / 255
        lrs = {}
        for name, (width, noise, quality) in _SEEN.items():
            blur = kernels.gaussian(21, torch.tensor([width]))
            rows = torch.tensor([float(noise)]), torch.tensor([quality]), torch.tensor([7])
            lrs[name] = Degradation(4, blur, *rows).apply(hr)
        known = {name: condition(method, lr) for name, lr in lrs.items()}
        for of, lr in lrs.items():
            for by, other in known.items():
                score = metrics.psnr(method.restore(lr, other), hr, metrics.luma_convention(4))
                table.setdefault((of, by), []).append(score)
    for of in _SEEN:
        own = torch.cat(table[of, of]).mean()
        print(f"{of} under", {by: f"{float(torch.cat(table[of, by]).mean() - own):+.2f}" for by in _SEEN})


@torch.no_grad()
def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("-m", "--model", action="append", required=True)
    chosen = parser.parse_args()
    _, held_out = Photos.read(chosen.data).split(16)
    tests = {name: Validation.prepare(held_out, one, torch.device("cpu")) for name, one in _FAMILIES.items()}
    for name in chosen.model:
        method = weights.load_weights(name).method
        gains = {of: test.run(method, nullcontext())["psnr"] - test.bicubic for of, test in tests.items()}
        print(name, "over bicubic", {of: f"{gain:+.2f}" for of, gain in gains.items()})
        if "denoise" in method.supported_hints:
            grain(method)
            swaps(method, held_out)


if __name__ == "__main__":
    main()
