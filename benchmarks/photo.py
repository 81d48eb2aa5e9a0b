"""What the weights for photographs gain, and how they treat noise and conditions.

    python benchmarks/photo.py --data crops-a --data crops-b -m cmdsr_x4.photo -m cmdsr_x4.vivid
    python benchmarks/photo.py --data crops-a --data crops-b -m cmdsr_x4.photo --only swaps --csv swaps.csv
    python benchmarks/photo.py --data crops-a --data crops-b -m cmdsr_x4.photo --only details --lpips lpips.safetensors

The folders are those that the weights were trained on; 16 of their photographs were held out and serve here.
"""

import argparse
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from table import Row, show  # stands beside this file
from torch import Tensor

from blindsr import Upscaler, weights
from blindsr.analysis.artefacts import fine_structure
from blindsr.contract import Hints, Method
from blindsr.degrade import kernels
from blindsr.degrade.process import Degradation
from blindsr.degrade.realworld.photo import PhotoFamily
from blindsr.degrade.resample import resize
from blindsr.evaluate import metrics
from blindsr.nn.perceptual.lpips import LPIPS
from blindsr.photos import Photos
from blindsr.pixels import quantise
from blindsr.train.validate import Validation

_FAMILIES = {
    "recipe": PhotoFamily(4),
    "strong": PhotoFamily(4, clean=0.1, mild=0.25, skew=1.2),
    "mild": PhotoFamily(4, clean=0, mild=1),
    "clean": PhotoFamily(4, clean=1, mild=0),
}
_SEEN = {"clean": (0.2, 0, 0), "noise 20": (0.2, 20, 0), "blur 2.8": (2.8, 0, 0), "JPEG 35": (0.2, 0, 35)}
"""Width, noise and JPEG quality."""
_SHARES = (0.0, 0.5, 1.0)
"""Of the noise that is to be removed."""
_DETAILS = (0.0, 0.2, 0.3, 0.4, 0.6, 1.0)
"""Positions between weights for fidelity and for perceptual quality."""


def condition(method: Method[Any], lr: Tensor, **hints: float) -> object:
    """The condition of an image, always by the same random choices."""
    return method.condition(lr, generator=torch.Generator().manual_seed(0), hints=Hints(**hints))  # type: ignore[arg-type]


def grain(methods: dict[str, Method[Any]], _: Photos) -> list[Row]:
    """What is left of noise 15 on flat gray, against what bicubic interpolation leaves."""
    noise = torch.randn(1, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    lr = quantise(0.5 + 15 / 255 * noise)
    level = float(resize(lr, 4)[..., 40:-40, 40:-40].std())
    rows: list[Row] = [("noise left of bicubic interpolation's", *(f"`--denoise {one:g}`" for one in _SHARES))]
    for name, method in methods.items():
        results = [method.restore(lr, condition(method, lr, denoise=share)) for share in _SHARES]
        rows.append((f"`{name}`", *(f"{float(sr[..., 40:-40, 40:-40].std()) / level:.0%}" for sr in results)))
    return rows


def swaps(methods: dict[str, Method[Any]], held_out: Photos) -> list[Row]:
    """PSNR under the condition of another degradation, against that under the image's own, in dB."""
    rows: list[Row] = [("model", "image", *(f"condition of {name}" for name in _SEEN))]
    for model, method in methods.items():
        table: dict[tuple[str, str], list[Tensor]] = {}
        for photo in held_out.pixels[:6]:
            hr = photo[None, :, :320, :320].float() / 255
            lrs = {name: _degraded(hr, *seen) for name, seen in _SEEN.items()}
            known = {name: condition(method, lr) for name, lr in lrs.items()}
            for of, lr in lrs.items():
                for by, other in known.items():
                    score = metrics.psnr(method.restore(lr, other), hr, metrics.luma_convention(4))
                    table.setdefault((of, by), []).append(score)
        mean = {pair: float(torch.cat(scores).mean()) for pair, scores in table.items()}
        for of in _SEEN:
            lost = {by: round(mean[of, by] - mean[of, of], 2) + 0.0 for by in _SEEN}  # + 0.0: no negative zero
            cells = ["0" if by == of else f"{lost[by]:+.2f}" for by in _SEEN]
            rows.append((f"`{model}`", of, *cells))
    return rows


def _degraded(hr: Tensor, width: float, noise: float, quality: int) -> Tensor:
    """The LR image, with noise of a fixed seed."""
    rows = torch.tensor([noise], dtype=torch.float32), torch.tensor([quality]), torch.tensor([7])
    return Degradation(4, kernels.gaussian(21, torch.tensor([width])), *rows).apply(hr)


def gains(methods: dict[str, Method[Any]], held_out: Photos) -> list[Row]:
    """PSNR over that of bicubic interpolation, in dB."""
    tests = {name: Validation.prepare(held_out, one, torch.device("cpu")) for name, one in _FAMILIES.items()}
    rows: list[Row] = [("gain over bicubic interpolation, dB", *tests)]
    for name, method in methods.items():
        found = [test.run(method, nullcontext())["psnr"] - test.bicubic for test in tests.values()]
        rows.append((f"`{name}`", *(f"{gain:+.2f}" for gain in found)))
    return rows


def details(methods: dict[str, Method[Any]], held_out: Photos, lpips: LPIPS) -> list[Row]:
    """PSNR, LPIPS and artefacts between weights for fidelity and those for perceptual quality."""
    pairs = Validation.prepare(held_out, _FAMILIES["recipe"], torch.device("cpu")).pairs
    rows: list[Row] = [("model", "PSNR", "LPIPS", "artefacts")]
    for name in methods:
        for detail in _DETAILS:
            upscaler = Upscaler(weights.load_with_detail(name, detail).method, device="cpu", precision="fp32")
            results = [(one.lr, quantise(upscaler(one.lr)), one.hr) for one in pairs]
            psnr = fmean(float(metrics.psnr(sr, hr, metrics.luma_convention(4))) for _, sr, hr in results)
            distance = fmean(float(lpips(sr, hr)) for _, sr, hr in results)
            artefacts = fmean(fine_structure(lr, sr) for lr, sr, _ in results)
            rows.append((f"`-m {name} --detail {detail:g}`", f"{psnr:.2f}", f"{distance:.3f}", f"{artefacts:.2f}"))
    return rows


@torch.no_grad()
def main() -> None:
    """Print the tables, or one of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("-m", "--model", action="append", required=True)
    parser.add_argument("--only", choices=("gains", "grain", "swaps", "details"), help="one table")
    parser.add_argument("--lpips", type=Path, help="weights of LPIPS on AlexNet, for the table of details")
    parser.add_argument("--csv", type=Path, help="write the table; needs --only")
    chosen = parser.parse_args()
    if chosen.csv and not chosen.only:
        parser.error("--csv needs --only")
    if chosen.only == "details" and not chosen.lpips:
        parser.error("--only details needs --lpips")
    _, held_out = Photos.read(chosen.data).split(16)
    methods = {name: weights.load_weights(name).method for name in chosen.model}
    parts: dict[str, Callable[[dict[str, Method[Any]], Photos], list[Row]]]
    parts = {"gains": gains, "grain": grain, "swaps": swaps}
    if chosen.lpips:
        parts["details"] = partial(details, lpips=LPIPS.from_file(chosen.lpips))
    for name, part in parts.items():
        if chosen.only in (None, name):
            show(part(methods, held_out), chosen.csv)


if __name__ == "__main__":
    main()
