"""How well `blindsr analyze` reads JPEG history, noise and blur off photographs that were degraded by known amounts.

    python benchmarks/analysis.py --data BSD100/ --only false_alarms --csv false-alarms.csv

Prints the tables of docs/analysis.md. JPEG is libjpeg's through Pillow, 4:2:0; the noise of three channels is
independent, blurred noise is scaled to its level after the blur, and the result is rounded to eight bits. For the
confidence of a blur, photographs are degraded at random as in fit_analysis.py.
"""

import argparse
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from fit_analysis import by_confidence, degraded, is_right  # stands beside this file, as does table
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from table import Row, show

from blindsr.analysis import noise
from blindsr.analysis.jpeg_history import Grid, find_grid
from blindsr.analysis.report import HARMLESS_QUALITY
from blindsr.analysis.windows import Planes

Photo = NDArray[np.uint8]
QUALITIES = (30, 50, 70, 80, 84, 90, 95)
FRACTIONS = (0.7, 0.8, 0.9, 1.1, 1.25, 1.5)
LEVELS = (0, 2, 5, 10, 20, 30)
WIDTHS = (0.0, 0.6, 1.0, 2.0)
FILTERS = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)
_DRAWS = 5
"""Random degradations of each photograph whose blur is measured."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True, help="folder of photographs")
    parser.add_argument("--limit", type=int, help="only so many of them")
    parser.add_argument("--only", choices=[one.__name__ for one in PARTS], help="one table")
    parser.add_argument("--csv", type=Path, help="write the table; needs --only")
    chosen = parser.parse_args()
    if chosen.csv and not chosen.only:
        parser.error("--csv needs --only")
    paths = sorted(path for path in chosen.data.iterdir() if path.suffix in {".png", ".jpg"})[: chosen.limit]
    photos = [_opened(path) for path in paths]
    for part in PARTS:
        if chosen.only in (None, part.__name__):
            show(part(photos), chosen.csv)


def false_alarms(photos: list[Photo]) -> list[Row]:
    """How many photographs without JPEG's marks are said to have some: as they are, and reduced."""
    rows: list[Row] = [("clean photographs", "false alarms", f"traces at quality {HARMLESS_QUALITY} or better")]
    for name, change in (("as they are", lambda photo: photo), ("reduced to 45%", lambda photo: _resized(photo, 0.45))):
        found = [grid for photo in photos if (grid := find_grid(_planes(change(photo)))) is not None]
        harmful = sum(grid.quality is None or grid.quality < HARMLESS_QUALITY for grid in found)
        rows.append((name, f"{harmful} of {len(photos)}", len(found) - harmful))
    return rows


def grids(photos: list[Photo]) -> list[Row]:
    """Grids of period 8, aligned and shifted by a crop."""
    rows: list[Row] = [("quality", "grid", "found", "phase right", "greatest error of the quality")]
    for quality in QUALITIES:
        for name in ("aligned", "shifted"):
            rng = np.random.default_rng(quality)
            errors, phases = [], 0
            for photo in photos:
                down, right = rng.integers(1, 8, 2) if name == "shifted" else (0, 0)
                grid = find_grid(_planes(_compressed(photo, quality)[down:, right:]))
                if grid is not None and grid.period == 8 and grid.quality is not None:
                    errors.append(abs(grid.quality - quality))
                    phases += grid.phase == ((-down) % 8, (-right) % 8)
            found = f"{len(errors)} of {len(photos)}"
            rows.append((quality, name, found, f"{phases} of {len(errors)}", max(errors, default=0)))
    return rows


def resized_grids(photos: list[Photo]) -> list[Row]:
    """Grids of other periods, each photograph with a filter of its own: how many are found, and tell their quality."""
    first, *others = (f"{fraction:.0%}" for fraction in FRACTIONS)
    head = ("quality", f"found after resizing to {first}", *others, "quality found (110%)", "error of it")
    rows: list[Row] = [head]
    for quality in (50, 70, 80):
        found = {fraction: _found_resized(photos, quality, fraction) for fraction in FRACTIONS}
        cells = [f"{len(grids) / len(photos):.0%}" for grids in found.values()]
        told = [abs(grid.quality - quality) for grid in found[1.1] if grid.quality is not None]
        error = f"{np.mean(told):.1f}" if told else "-"
        rows.append((quality, *cells, f"{len(told) / max(1, len(found[1.1])):.0%}", error))
    return rows


def _found_resized(photos: list[Photo], quality: int, fraction: float) -> list[Grid]:
    """Grids of photographs that were compressed, cropped and resized, each with one of the filters in turn."""
    worn = [
        _resized(_compressed(photo, quality)[index % 8 :, index % 5 :], fraction, FILTERS[index % 3])
        for index, photo in enumerate(photos)
    ]
    return [grid for photo in worn if (grid := find_grid(_planes(photo))) is not None]


def noises(photos: list[Photo]) -> list[Row]:
    """Noise of the three channels by level: mean error and share within 2, for each width of its blur."""
    names = [f"blurred by {width:g} pixels" if width else "white" for width in WIDTHS]
    rows: list[Row] = [("noise (0..255)", *(f"{name}: bias / right to 2" for name in names))]
    for level in LEVELS:
        cells = []
        for width in WIDTHS:
            rng = np.random.default_rng(level)
            noisy = [_noisy(photo, level, width, rng.standard_normal) for photo in photos] if level or not width else []
            errors = np.array([np.mean(_levels(photo)) - level for photo in noisy])
            cells.append(f"{errors.mean():+.1f} / {np.mean(np.abs(errors) <= 2):.0%}" if noisy else "-")
        rows.append((level, *cells))
    return rows


def blurs(photos: list[Photo]) -> list[Row]:
    """How often blurs are right at each confidence; each photograph is degraded several times."""
    found: list[tuple[float, float, float]] = []
    for index, photo in enumerate(photos):
        rng = np.random.default_rng(index)
        for _ in range(_DRAWS):
            _, worn, blur = degraded(photo.astype(np.float32), rng)
            measured = noise.measure_noise_and_blur(_planes(worn))
            if measured is not None and np.isfinite(blur):
                found.append((measured[1].confidence, measured[1].width, blur))
    sure, width, blur = np.array(found, np.float32).T
    return by_confidence(sure, is_right(width, blur))


def _levels(photo: Photo) -> tuple[float, float, float]:
    measured = noise.measure_noise_and_blur(_planes(photo))
    assert measured is not None, "photographs are larger than a block"
    return measured[0].channels


def _noisy(photo: Photo, level: float, width: float, draw: Callable[[tuple[int, ...]], NDArray[np.float64]]) -> Photo:
    added = draw(photo.shape)
    if width:
        added = ndimage.gaussian_filter(added, (width, width, 0))
    noisy: Photo = np.clip(np.round(photo + level * added / added.std()), 0, 255).astype(np.uint8)
    return noisy


def _opened(path: Path) -> Photo:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def _planes(photo: Photo) -> Planes:
    return photo.transpose(2, 0, 1).astype(np.float32) / 255


def _compressed(photo: Photo, quality: int) -> Photo:
    buffer = io.BytesIO()
    Image.fromarray(photo).save(buffer, "JPEG", quality=quality)
    with Image.open(buffer) as decoded:
        return np.asarray(decoded)


def _resized(photo: Photo, fraction: float, resampling: Image.Resampling = Image.Resampling.BICUBIC) -> Photo:
    size = round(photo.shape[1] * fraction), round(photo.shape[0] * fraction)
    return np.asarray(Image.fromarray(photo).resize(size, resampling))


PARTS = (false_alarms, grids, resized_grids, noises, blurs)

if __name__ == "__main__":
    main()
