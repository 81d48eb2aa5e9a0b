"""How well `blindsr analyze` reads JPEG history and noise off photographs that were degraded by known amounts.

    python benchmarks/analysis.py --data BSD100 --json analysis.json

Prints the table of docs/analysis.md. JPEG is libjpeg's through Pillow, 4:2:0; the noise of three channels is
independent, blurred noise is scaled to its level after the blur, and the result is rounded to eight bits.
"""

import argparse
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from blindsr.analysis import noise
from blindsr.analysis.jpeg_history import find_grid
from blindsr.analysis.report import HARMLESS_QUALITY
from blindsr.analysis.windows import Planes

Photo = NDArray[np.uint8]
QUALITIES = (30, 50, 70, 80, 84, 90, 95)
FRACTIONS = (0.7, 0.8, 0.9, 1.1, 1.25, 1.5)
LEVELS = (0, 2, 5, 10, 20, 30)
WIDTHS = (0.0, 0.6, 1.0, 2.0)
FILTERS = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)
Row = dict[str, float | str]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True, help="folder of photographs")
    parser.add_argument("--limit", type=int, help="only so many of them")
    parser.add_argument("--only", choices=[one.__name__ for one in PARTS], help="one part of the table")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    paths = sorted(path for path in chosen.data.iterdir() if path.suffix in {".png", ".jpg"})[: chosen.limit]
    photos = [_opened(path) for path in paths]
    rows = []
    for part in PARTS:
        if chosen.only in (None, part.__name__):
            for row in part(photos):
                print({key: round(value, 3) if isinstance(value, float) else value for key, value in row.items()})
                rows.append(row)
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(rows, indent=2) + "\n")


def false_alarms(photos: list[Photo]) -> list[Row]:
    """How many photographs without JPEG's marks are said to have some: as they are, and reduced."""
    rows: list[Row] = []
    for name, change in (("as they are", lambda photo: photo), ("reduced to 45%", lambda photo: _resized(photo, 0.45))):
        found = [find_grid(_planes(change(photo))) for photo in photos]
        harmful = [
            grid for grid in found if grid is not None and (grid.quality is None or grid.quality < HARMLESS_QUALITY)
        ]
        traces = sum(grid is not None for grid in found)
        rows.append({"clean": name, "false alarms": len(harmful) / len(photos), "harmless traces": traces})
    return rows


def grids(photos: list[Photo]) -> list[Row]:
    """Grids of period 8, aligned and shifted by a crop."""
    rows: list[Row] = []
    for quality in QUALITIES:
        for name in ("aligned", "shifted"):
            rng = np.random.default_rng(quality)
            errors, phases, found = [], 0, 0
            for photo in photos:
                down, right = rng.integers(1, 8, 2) if name == "shifted" else (0, 0)
                grid = find_grid(_planes(_compressed(photo, quality)[down:, right:]))
                if grid is not None and grid.period == 8 and grid.quality is not None:
                    found += 1
                    errors.append(abs(grid.quality - quality))
                    phases += grid.phase == ((-down) % 8, (-right) % 8)
            rows.append(
                {
                    "jpeg": quality,
                    "grid": name,
                    "found": found / len(photos),
                    "phase right": phases / max(1, found),
                    "greatest error": float(max(errors, default=0)),
                }
            )
    return rows


def resized_grids(photos: list[Photo]) -> list[Row]:
    """Grids of other periods, each photograph with a filter of its own."""
    rows: list[Row] = []
    for quality in (50, 70, 80):
        for fraction in FRACTIONS:
            found, periods, errors = 0, 0, []
            for index, photo in enumerate(photos):
                worn = _resized(_compressed(photo, quality)[index % 8 :, index % 5 :], fraction, FILTERS[index % 3])
                grid = find_grid(_planes(worn))
                if grid is not None:
                    found += 1
                    periods += abs(grid.period / (8 * fraction) - 1) < 0.01
                    errors += [] if grid.quality is None else [abs(grid.quality - quality)]
            rows.append(
                {
                    "jpeg": quality,
                    "resized": fraction,
                    "found": found / len(photos),
                    "period right": periods / max(1, found),
                    "quality told": len(errors) / max(1, found),
                    "mean error": float(np.mean(errors)) if errors else float("nan"),
                }
            )
    return rows


def noises(photos: list[Photo]) -> list[Row]:
    """Noise of the three channels, by level and width of its blur."""
    rows: list[Row] = []
    for width in WIDTHS:
        for level in LEVELS if width == 0 else LEVELS[1:]:
            rng = np.random.default_rng(level)
            errors = [np.mean(_levels(_noisy(photo, level, width, rng.standard_normal))) - level for photo in photos]
            rows.append(
                {
                    "noise": level,
                    "blurred by": width,
                    "bias": float(np.mean(errors)),
                    "mean error": float(np.mean(np.abs(errors))),
                    "within 2": float(np.mean(np.abs(errors) <= 2)),
                }
            )
    return rows


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


PARTS = (false_alarms, grids, resized_grids, noises)

if __name__ == "__main__":
    main()
