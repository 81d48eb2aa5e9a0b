"""What parts of shipped weights are worth: MRDA's modulation maps, DMSR's noise map, and MZSR's back-projection.

    python benchmarks/parts.py --data Set5/ --only maps --csv maps.csv
    python benchmarks/parts.py --data Set5/ --only noise --csv noise.csv
    python benchmarks/parts.py --data Set5/ --only rounds --csv rounds.csv

Maps are replaced by constants: 0.5 everywhere, or the mean of each layer's map over the image. The noise map that DMSR
estimates is replaced by zeros, or by the noise that was added. MZSR takes ten steps. PSNR in dB under the protocol's
convention, of the network alone, without what the upscaler corrects in its results.
"""

import argparse
import copy
import csv
import itertools
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import cast

import torch
from torch import Tensor

from blindsr import weights
from blindsr.contract import Hints
from blindsr.degrade import Degradation
from blindsr.evaluate import data_sets, evaluate
from blindsr.evaluate.folder import DataSet
from blindsr.evaluate.protocols import protocol
from blindsr.methods.dmsr.extractor import kernel_of
from blindsr.methods.dmsr.model import DMSR
from blindsr.methods.mrda.model import MRDA
from blindsr.methods.mzsr.model import MZSR

_MAPS = (("mrda_x4.iso", "mrda-width-2.4-x4"), ("mrda_x4.aniso", "mrda-aniso4-10"), ("mrda_x4.real", "mrda-aniso4-10"))
_NOISE = tuple(
    (model, f"dmsr-1.3-{noise}-{scale}")
    for (model, scale), noise in itertools.product((("dmsr_x4.light", "x4"), ("dmsr_x2.light", "x2")), (15, 50))
)
_PROJECTED = (
    ("mzsr_x2.direct", "mzsr-g2.0-direct"),
    ("mzsr_x2.direct", "mzsr-g0.2-direct"),
    ("mzsr_x2.bicubic", "mzsr-g1.3-bicubic"),
    ("mzsr_x2.bicubic", "mzsr-bicubic"),
    ("mzsr_x4.direct", "mzsr-g2.0-direct-x4"),
)
_ROUNDS = (0, 4, 8)
Row = list[str]


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a folder of clean photographs")
    parser.add_argument("--only", choices=_MEASURES, required=True)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--csv", type=Path, required=True)
    arguments = parser.parse_args()
    data = data_sets(arguments.data, arguments.limit)
    rows = _MEASURES[arguments.only](data)
    with arguments.csv.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        for row in rows:
            print(*row, sep="  ")
            writer.writerow(row)


def maps(data: list[DataSet]) -> Iterable[Row]:
    """Yield the spread of the maps within an image, and PSNR with them and with constants in their place."""
    yield ["weights", "LR images", "standard deviation within an image", "least to largest", "PSNR", "0.5", "means"]
    for name, tested in _MAPS:
        method = cast("MRDA", weights.load_weights(name).method)
        seen: list[Tensor] = []
        restored = (
            partial(with_maps, method, seen),
            partial(flat, method, mean=False),
            partial(flat, method, mean=True),
        )
        scores = [f"{psnr(one, tested, data):.2f}" for one in restored]
        spread, least, largest = torch.stack(seen).unbind(1)
        limits = f"{float(least.min()):.2f} to {float(largest.max()):.2f}"
        yield [f"`{name}`", f"`{tested}`", f"{float(spread.mean()):.3f}", limits, *scores]


def with_maps(method: MRDA, seen: list[Tensor], lr: Tensor, _: Degradation) -> Tensor:
    """Restore, and note the spread, the least and the largest value of the maps."""
    found = condition(method, lr)
    layers = method.modulation_maps(lr, found)
    assert layers is not None
    seen.append(torch.stack((layers.std((1, 2)).mean(), layers.min(), layers.max())))
    return method.restore(lr, found)


def flat(method: MRDA, lr: Tensor, _: Degradation, *, mean: bool) -> Tensor:
    """Restore with constant maps."""
    found = condition(method, lr)
    layers = method.modulation_maps(lr, found)
    assert layers is not None
    constant = copy.deepcopy(method)
    for layer, one in zip(constant.rdan.regions(), layers, strict=True):
        assert layer.bias is not None
        layer.weight.zero_()
        layer.bias.fill_(float(torch.logit(one.mean())) if mean else 0.0)
    return constant.restore(lr, found)


def noise(data: list[DataSet]) -> Iterable[Row]:
    """Yield PSNR with the estimated noise map, with zeros, and with the noise that was added."""
    yield ["weights", "LR images", "estimated map", "zeros", "the noise itself"]
    for name, tested in _NOISE:
        method = cast("DMSR", weights.load_weights(name).method)
        scores = [f"{psnr(partial(by_map, method, kind), tested, data):.2f}" for kind in ("estimated", "zeros", "true")]
        yield [f"`{name}`", f"`{tested}`", *scores]


def by_map(method: DMSR, kind: str, lr: Tensor, degradation: Degradation) -> Tensor:
    """Restore a whole image with a noise map of a kind; the kernel is the estimated one."""
    if kind == "estimated":
        noise_map = method.extractor.noise_map(lr)
    else:
        noise_map = degradation.draw_noise(tuple(lr.shape), lr) if kind == "true" else torch.zeros_like(lr)
    kernel = kernel_of(method.extractor.scores(method.extractor.features(lr)))
    sr: Tensor = method.net(lr, noise_map, kernel)
    return sr


def rounds(data: list[DataSet]) -> Iterable[Row]:
    """Yield PSNR after numbers of rounds of back-projection, with the kernel given and estimated."""
    yield ["weights", "LR images", "kernel", *(f"{count} rounds" for count in _ROUNDS)]
    for (name, tested), given in itertools.product(_PROJECTED, (True, False)):
        method = cast("MZSR", weights.load_weights(name).method)
        scores = [f"{psnr(partial(projected, method, count, given=given), tested, data):.2f}" for count in _ROUNDS]
        yield [f"`{name}`", f"`{tested}`", "given" if given else "estimated", *scores]


def projected(method: MZSR, count: int, lr: Tensor, degradation: Degradation, *, given: bool) -> Tensor:
    """Adapt to an image and restore it with a number of rounds."""
    method.config = method.config.model_copy(update={"back_projection": count})
    hints = Hints(steps=10, kernel=degradation.kernels[0] if given else None)
    return method.restore(lr, method.condition(lr, generator=torch.Generator().manual_seed(0), hints=hints))


def condition(method: MRDA, lr: Tensor) -> Tensor:
    """The representation of an image."""
    return method.condition(lr, generator=torch.Generator().manual_seed(0))


def psnr(restore: Callable[[Tensor, Degradation], Tensor], name: str, data: list[DataSet]) -> float:
    """Mean over all images."""
    with torch.no_grad():
        scores = evaluate(restore, protocol(name), data, model="parts")
    return fmean(row.model.psnr for column in scores.columns for row in column.rows)


_MEASURES = {"maps": maps, "noise": noise, "rounds": rounds}

if __name__ == "__main__":
    main()
