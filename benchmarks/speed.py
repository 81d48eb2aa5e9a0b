"""How long a photograph of 510x340 takes by default, beside a network as large as Real-ESRGAN's general-x4v3.

    OMP_NUM_THREADS=2 python benchmarks/speed.py photo.jpg [--csv speed.csv]

All are timed in turn and in one precision, so that a shared machine slows them alike; the least of several rounds is
printed. On a busy machine, ``--processor`` with one thread tells more.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from table import Row, show  # stands beside this file
from torch import Tensor, nn

from blindsr.analysis.choice import Auto
from blindsr.analysis.report import analyze
from blindsr.benchmark.timing import hardware
from blindsr.images import Picture, read
from blindsr.inference.load import load

_HEIGHT, _WIDTH = 340, 510


class General(nn.Module):
    """A network as large as Real-ESRGAN's general-x4v3: 34 convolutions of 64 channels with PReLU."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, 64, 3, padding=1), nn.PReLU(64)]
        for _ in range(32):
            layers += [nn.Conv2d(64, 64, 3, padding=1), nn.PReLU(64)]
        self.body = nn.Sequential(*layers, nn.Conv2d(64, 48, 3, padding=1), nn.PixelShuffle(4))

    def forward(self, x: Tensor) -> Tensor:
        enlarged: Tensor = self.body(x) + F.interpolate(x, scale_factor=4)
        return enlarged


def photograph(path: Path) -> Picture:
    """A part of a photograph, which is repeated where it is too small."""
    pixels = read(path).pixels
    down, right = (-(-side // length) for side, length in zip((_HEIGHT, _WIDTH), pixels.shape[1:], strict=True))
    return Picture(pixels.repeat(1, down, right)[:, :_HEIGHT, :_WIDTH].contiguous())


@torch.no_grad()
def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("photo", type=Path)
    parser.add_argument("--model", "-m", default="cmdsr_x4.photo")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--precision", choices=("auto", "fp32", "bf16"), default="auto")
    parser.add_argument("--csv", type=Path, help="write the table")
    parser.add_argument("--processor", action="store_true", help="time of the processor instead of that of a clock")
    chosen = parser.parse_args()
    now = time.process_time if chosen.processor else time.perf_counter
    picture = photograph(chosen.photo)
    opened = partial(load, device="cpu", precision=chosen.precision)
    general, one = General().eval().to(memory_format=torch.channels_last), opened(chosen.model)  # type: ignore[call-overload]
    auto = Auto(opened)
    lr = picture.pixels[None].contiguous(memory_format=torch.channels_last)
    known = one.estimate_condition(picture)
    runs: dict[str, Callable[[], object]] = {
        "a network of the size of Real-ESRGAN's general-x4v3": one.autocast()(lambda: general(lr)),
        f"`{chosen.model}`: the network": one.autocast()(lambda: one.method.restore(lr, known)),
        f"`{chosen.model}`: with the condition, tiles and corrections": lambda: one.upscale(picture),
        "`auto`: looking": lambda: analyze(picture),
        "`auto`: looking and comparing": lambda: auto.choose(picture, None),
        "`auto`: all": lambda: auto.choose(picture, None)[0].upscale(picture),
    }
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(chosen.rounds):
        for name, run in runs.items():
            start = now()
            run()
            best[name] = min(best[name], now() - start)
    unit = "s of processor time" if chosen.processor else "s"
    first = next(iter(best.values()))
    where = f"{hardware()}, {torch.get_num_threads()} threads, {one.precision}"
    rows: list[Row] = [(f"510x340 photograph, x4: {where}", unit, "times as fast as the first")]
    rows += [(name, f"{seconds:.2f}", f"{first / seconds:.1f}") for name, seconds in best.items()]
    show(rows, chosen.csv)


if __name__ == "__main__":
    main()
