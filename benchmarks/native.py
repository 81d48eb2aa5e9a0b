"""What `--native auto` gains on photographs that were enlarged before, by a known factor.

    python benchmarks/native.py --data Set14/ --data Set5/ [--model cmdsr_x4.classic] [--csv native.csv]

Each clean photograph is shrunk four times and enlarged again by a factor (1 leaves it small); the result is enlarged to
the clean one's size, as it is and at the resolution that is found. PSNR is on Y, border 4 pixels, rounded to 8 bit.
"""

import argparse
from pathlib import Path
from statistics import fmean, median

from table import Row, show  # stands beside this file

from blindsr.analysis.native import resolve_native, shrink
from blindsr.degrade.resample import resize, resize_to
from blindsr.evaluate import metrics
from blindsr.evaluate.folder import data_sets_of
from blindsr.images import Picture, modcrop, quantise, read
from blindsr.inference.load import load
from blindsr.inference.size import Size
from blindsr.inference.upscaler import Upscaler

_FACTORS = (1.0, 1.5, 2.0, 3.0)
_SHRUNK = 4


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, action="append", required=True, help="a folder of clean photographs")
    parser.add_argument("--model", default="cmdsr_x4.classic")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--csv", type=Path, help="write the table")
    arguments = parser.parse_args()
    upscaler = load(arguments.model)
    sets = data_sets_of(arguments.data, arguments.limit)
    rows: list[Row] = [
        ("enlarged by", "shrunk to (median)", *(f"{one.name}: {way}" for one in sets for way in ("off", "auto")))
    ]
    for factor in _FACTORS:
        scores = [[measure(upscaler, path, factor) for path in one.paths] for one in sets]
        fractions = [fraction for one in scores for fraction, _, _ in one]
        means = [f"{fmean(row[way] for row in one):.2f}" for one in scores for way in (1, 2)]
        rows.append((f"{factor:g}", f"{median(fractions):.2f}", *means))
    show(rows, arguments.csv)


def measure(upscaler: Upscaler, path: Path, factor: float) -> tuple[float, float, float]:
    """What it is shrunk to, and the PSNR without and with it."""
    hr = modcrop(quantise(read(path).pixels), _SHRUNK)[None]
    small = resize(hr, 1 / _SHRUNK)
    size = round(small.shape[-2] * factor), round(small.shape[-1] * factor)
    given = Picture(quantise(resize_to(small, size)[0].clamp(0, 1)))
    fraction = resolve_native("auto", given.pixels)
    exact = Size(exact=(hr.shape[-1], hr.shape[-2]))
    scores = [
        float(metrics.psnr(upscaler.upscale(one, size=exact).pixels[None], hr, metrics.luma_convention(_SHRUNK)))
        for one in (given, shrink(given, fraction))
    ]
    return fraction, scores[0], scores[1]


if __name__ == "__main__":
    main()
