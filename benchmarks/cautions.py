"""How often a finished result is said to be maybe worse than bicubic interpolation, rightly and wrongly.

    OMP_NUM_THREADS=1 python benchmarks/cautions.py --data photos/ -m cmdsr_x4.photo -m cmdsr_x4.bicubic [--every 11]

Photographs are degraded at random as in training of `cmdsr_x4.photo`. For each limit of the fine structure in flat
parts, the table counts the results above it, among those that are worse than bicubic interpolation by 0.1 dB and among
the others. Images that are certainly clean, which have a limit of their own, are left out.
"""

import argparse
from pathlib import Path

import torch
from table import Row, show  # stands beside this file

from blindsr import weights
from blindsr.analysis.report import analyze
from blindsr.analysis.trial import judge
from blindsr.degrade import resize
from blindsr.degrade.realworld.photo import PhotoFamily
from blindsr.evaluate import metrics
from blindsr.images import Picture, modcrop
from blindsr.inference import Upscaler
from blindsr.photos import Photos

_SCALE, _SIDE = 4, 448
_LIMITS = (1.0, 1.25, 1.5, 2.0, 2.5)
_WORSE = -0.1
"""Decibels."""


def measure(upscaler: Upscaler, photos: Photos, every: int) -> list[tuple[float, float]]:
    """Fine structure of each result, and its PSNR less that of bicubic interpolation."""
    family, convention, found = PhotoFamily(_SCALE), metrics.luma_convention(_SCALE), []
    for number in range(3, len(photos), every):
        hr = modcrop(photos.pixels[number][None, :, :_SIDE, :_SIDE].float() / 255, _SCALE)
        picture = Picture(family.sample(1, 5000 + number).apply(hr)[0])
        analysis = analyze(picture)
        if analysis.clean:
            continue
        noise = 0.0 if analysis.noise is None else analysis.noise.level
        result = upscaler.upscale(picture)
        scores = [
            metrics.psnr(sr, hr, convention) for sr in (result.pixels[None], resize(picture.pixels[None], _SCALE))
        ]
        found.append((judge(picture, result, noise).fine, float(scores[0] - scores[1])))
    return found


@torch.no_grad()
def main() -> None:
    """Print a row for each model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, action="append", required=True, help="folder of photographs; repeatable")
    parser.add_argument("-m", "--model", action="append", required=True)
    parser.add_argument("--every", type=int, default=11, help="take every Nth photograph")
    parser.add_argument("--csv", type=Path)
    chosen = parser.parse_args()
    photos = Photos.read(chosen.data)
    rows: list[Row] = [("model", "results", *(f"above {limit:g}" for limit in _LIMITS))]
    for name in chosen.model:
        found = measure(Upscaler(weights.load_weights(name).method), photos, chosen.every)
        for kind, group in (
            ("worse", [fine for fine, gain in found if gain < _WORSE]),
            ("others", [fine for fine, gain in found if gain >= _WORSE]),
        ):
            counts = (sum(fine > limit for fine in group) for limit in _LIMITS)
            rows.append((f"`{name}`", kind, *(f"{count} of {len(group)}" for count in counts)))
    show(rows, chosen.csv)


if __name__ == "__main__":
    main()
