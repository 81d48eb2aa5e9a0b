"""What the engine adds to the time of a network: many thumbnails, and a photograph that is written in strips.

    OMP_NUM_THREADS=1 python benchmarks/overhead.py [--model cmdsr_x4.photo] [--count 100] [--megapixels 3] [--csv FILE]

Files are read, restored and written as ``blindsr upscale`` does. The time in the network is taken within the same run.
For thumbnails it is also taken for the images alone, without the border by which the engine continues them. With
``--processor``, times are the processor's, which tell more on a busy machine.
"""

import argparse
import math
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from table import Row, show  # stands beside this file
from torch import Tensor

from blindsr import images
from blindsr.benchmark.timing import hardware
from blindsr.contract import Method
from blindsr.degrade import resize
from blindsr.images import Picture
from blindsr.inference import Upscaler
from blindsr.pipeline.batch import restore_all
from blindsr.pipeline.options import Options
from blindsr.pipeline.planning.plan import Job
from blindsr.pipeline.restorer import Restorer

_SIDE = 128
"""Of a thumbnail."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="cmdsr_x4.photo")
    parser.add_argument("--count", type=int, default=100, help="thumbnails")
    parser.add_argument("--megapixels", type=float, default=3.0, help="of the photograph")
    parser.add_argument("--max-memory", default="2GB", help="limit within which the photograph is restored")
    parser.add_argument("--precision", choices=("fp32", "bf16"), nargs="+", default=["fp32", "bf16"])
    parser.add_argument("--processor", action="store_true", help="time of the processor instead of that of a clock")
    parser.add_argument("--csv", type=Path, help="write the table")
    chosen = parser.parse_args()
    now = time.process_time if chosen.processor else time.perf_counter
    rows = list[Row]()
    for precision in chosen.precision:
        options = Options(model=chosen.model, precision=precision)
        with tempfile.TemporaryDirectory() as folder:
            rows.append(_thumbnails(options, chosen.count, Path(folder), now))
            strips = replace(options, max_memory=chosen.max_memory)
            rows.append(_photograph(strips, chosen.megapixels, Path(folder), now))
    unit = "s of processor time" if chosen.processor else "s"
    where = f"`{chosen.model}`: {hardware()}, {torch.get_num_threads()} threads"
    show([(where, f"whole, {unit}", "in the network", "ratio", "network, images alone", "ratio"), *rows], chosen.csv)


def _thumbnails(options: Options, count: int, folder: Path, now: Callable[[], float]) -> Row:
    restorer = Restorer(options)
    assert isinstance(restorer.upscaler, Upscaler)
    jobs = [Job(folder / f"{number}.png", folder / f"{number}_x4.png") for number in range(count + 1)]
    pictures = [_scene(_SIDE, _SIDE, number) for number in range(count + 1)]
    for job, picture in zip(jobs, pictures, strict=True):
        images.write(Picture(picture[0]), Path(str(job.source)))
    _all(jobs[:1], restorer)  # prepares
    with _timed(restorer.upscaler.method, now) as inside:
        begin = now()
        _all(jobs[1:], restorer)
        whole = now() - begin
    condition = restorer.upscaler.condition(pictures[0])
    begin = now()
    with torch.no_grad(), restorer.upscaler.autocast():
        for picture in pictures[1:]:
            restorer.upscaler.method.restore(restorer.upscaler.to_device(picture), condition)
    return _row(f"{count} thumbnails of {_SIDE}x{_SIDE}, {options.precision}", whole, sum(inside), now() - begin)


def _photograph(options: Options, megapixels: float, folder: Path, now: Callable[[], float]) -> Row:
    width = round(math.sqrt(megapixels * 1.5e6))
    height = round(width / 1.5)
    images.write(Picture(_scene(height, width, 0)[0]), folder / "photo.png")
    restorer = Restorer(options)
    assert isinstance(restorer.upscaler, Upscaler)
    with _timed(restorer.upscaler.method, now) as inside:
        begin = now()
        _all([Job(folder / "photo.png", folder / "photo_x4.tif")], restorer)
        whole = now() - begin
    return _row(f"{width}x{height} to TIFF within {options.max_memory}, {options.precision}", whole, sum(inside), None)


def _all(jobs: list[Job], restorer: Restorer) -> None:
    for outcome in restore_all(jobs, restorer):
        if outcome.error is not None:
            raise outcome.error


@contextmanager
def _timed(method: Method[Any], now: Callable[[], float]) -> Iterator[list[float]]:
    """Notes the time of each call of a network."""
    real, seconds = method.restore, list[float]()

    def restore(lr: Tensor, condition: Any) -> Tensor:
        begin = now()
        made: Tensor = real(lr, condition)
        seconds.append(now() - begin)
        return made

    method.restore = restore  # type: ignore[method-assign]
    try:
        yield seconds
    finally:
        del method.restore


def _scene(height: int, width: int, seed: int) -> Tensor:
    """Detail of every size and some noise, ``(1, 3, height, width)``."""
    generator = torch.Generator().manual_seed(seed)
    total = torch.full((1, 3, height, width), 0.5)
    for factor in (2, 4, 16):
        small = torch.randn(1, 3, -(-height // factor), -(-width // factor), generator=generator)
        total += 0.06 * resize(small, factor)[..., :height, :width]
    return (total + 0.01 * torch.randn(total.shape, generator=generator)).clamp(0, 1)


def _row(what: str, whole: float, network: float, alone: float | None) -> Row:
    images_alone = ("", "") if alone is None else (f"{alone:.2f}", f"{whole / alone:.2f}")
    return (what, f"{whole:.2f}", f"{network:.2f}", f"{whole / network:.2f}", *images_alone)


if __name__ == "__main__":
    main()
