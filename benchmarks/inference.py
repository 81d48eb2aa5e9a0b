"""Seconds for one photograph, x4, on this machine: `blindsr upscale`'s way against plain float32 eager.

    python benchmarks/inference.py [--hr PHOTO] [--json FILE]

Both run the same weights in the same process. With ``--hr`` the LR image is made from a clean photograph (CMDSR's
Middle degradation), so that the quality of both can be compared too.
"""

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from blindsr import weights
from blindsr.degrade import Degradation, kernels
from blindsr.evaluate import metrics
from blindsr.images import modcrop, read
from blindsr.inference import Upscaler

_EXAMPLE = Path(__file__).parent.parent / "examples" / "original.jpg"
_SIZE = (340, 510)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hr", type=Path, default=_EXAMPLE, help="a clean photograph")
    parser.add_argument("--model", default="cmdsr_x4.classic")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    result = measure(arguments.hr, arguments.model, arguments.runs)
    print(json.dumps(result, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def measure(hr_path: Path, model: str, runs: int) -> dict[str, object]:
    """Time both ways in turn, so that a busy moment hits both."""
    method = weights.load_weights(model).method
    hr, lr = photograph(hr_path)
    feature = method.condition(lr, generator=torch.Generator().manual_seed(0))

    def plain() -> Tensor:
        with torch.no_grad():
            method.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]  # torch's stub lacks it
            method.condition(lr, generator=torch.Generator().manual_seed(0))
            out: Tensor = method.restore(lr.contiguous(), feature).clamp(0, 1)
            return out

    def fast() -> Tensor:
        return Upscaler(method)(lr)

    timed = {"fp32 eager": plain, "precision auto": fast}
    seconds: dict[str, list[float]] = {name: [] for name in timed}
    for _ in range(runs + 1):
        for name, run in timed.items():
            seconds[name].append(clock(run))
    median = {name: statistics.median(values[1:]) for name, values in seconds.items()}  # the first run warms up
    psnr = {name: float(metrics.psnr(run(), hr, metrics.luma_convention(4))) for name, run in timed.items()}
    return {
        "input": f"{lr.shape[-1]}x{lr.shape[-2]}",
        "model": model,
        "seconds": median,
        "times faster": median["fp32 eager"] / median["precision auto"],
        "psnr": psnr,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "machine": platform.machine(),
    }


def photograph(path: Path) -> tuple[Tensor, Tensor]:
    """HR and LR; a photograph that is too small is continued by mirroring."""
    hr = modcrop(read(path).pixels[None], 4)
    height, width = (4 * side for side in _SIZE)
    while hr.shape[-2] < height:
        hr = torch.cat((hr, hr.flip(-2)), -2)
    while hr.shape[-1] < width:
        hr = torch.cat((hr, hr.flip(-1)), -1)
    hr = hr[..., :height, :width]
    one = torch.zeros(1, dtype=torch.int64)
    middle = Degradation(4, kernels.gaussian(7, 2.6)[None], torch.tensor([15.0]), one, one)
    return hr, middle.apply(hr)


def clock(run: Callable[[], Tensor]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
