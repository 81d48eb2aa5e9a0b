"""Every model in every runtime and precision on this machine, beside its limit and what others use.

    python benchmarks/runtimes.py [--side 160] [--models cmdsr_x4.photo ...] [--csv FILE]
    OMP_NUM_THREADS=1 python benchmarks/runtimes.py --processor    # on a busy machine: time of the processor

One row for each: seconds of the restoring network alone (the least of three runs, all runtimes in turn, so
that a busy moment hits all), seconds of a whole call with condition and corrections, megapixels of result a second,
GFLOPS, their share of the peak of this machine, a 3x3 convolution of 64 channels in torch, and megabytes of the
activations. Networks of other
authors have random weights, which do for speed; spandrel makes them.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import torch
import torch.nn.functional as F
from table import Row, show  # stands beside this file
from torch.utils.flop_counter import FlopCounterMode

from blindsr import weights
from blindsr.benchmark.timing import hardware
from blindsr.contract import Hints, Method
from blindsr.devices import computes_bf16
from blindsr.inference import Upscaler
from blindsr.inference.community import Community
from blindsr.inference.named import load_method
from blindsr.runtimes import session
from blindsr.runtimes.compiled import compiled

Clock: TypeAlias = Callable[[], float]

_RUNS = 3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=160, help="of the square LR image")
    parser.add_argument("--models", nargs="*", default=list(weights.available()))
    parser.add_argument("--processor", action="store_true", help="time of the processor instead of that of a clock")
    parser.add_argument("--csv", type=Path, help="write the table")
    arguments = parser.parse_args()
    now = time.process_time if arguments.processor else time.perf_counter
    lr = torch.rand(1, 3, arguments.side, arguments.side, generator=torch.Generator().manual_seed(0))
    peaks = {precision: peak(precision, now) for precision in precisions()}
    where = f"{hardware()}, {torch.get_num_threads()} threads, torch {torch.__version__.partition('+')[0]}"
    rows: list[Row] = [
        (where, "runtime", "precision", "network, s", "whole, s", "MP/s", "GFLOPS", "of peak", "activations, MB"),
        *(("the peak", "torch", name, "", "", "", f"{value:.0f}", "1.00", "") for name, value in peaks.items()),
    ]
    makers: dict[str, Callable[[], Method[Any]]] = {name: partial(load_method, name) for name in arguments.models}
    for name, make in {**makers, **others()}.items():
        print(name, flush=True)
        rows += measure(name, make, lr, peaks, now)
    show(rows, arguments.csv)


def precisions() -> list[str]:
    """What torch computes in here."""
    return ["fp32", "bf16"] if computes_bf16(torch.device("cpu")) else ["fp32"]


def peak(precision: str, now: Clock, side: int = 256) -> float:
    """GFLOPS of a 3x3 convolution of 64 channels."""
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    x = torch.rand(1, 64, side, side, dtype=kind).contiguous(memory_format=torch.channels_last)
    weight = torch.rand(64, 64, 3, 3, dtype=kind).contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        return 2 * 9 * 64 * 64 * side**2 / least(lambda: F.conv2d(x, weight, padding=1), now) / 1e9


def others() -> dict[str, Callable[[], Method[Any]]]:
    """Networks that people use now, with random weights; none without spandrel."""
    try:
        from spandrel import MAIN_REGISTRY
        from spandrel.architectures.Compact import Compact
        from spandrel.architectures.ESRGAN import ESRGAN
    except ImportError:
        return {}
    return {
        "Real-ESRGAN x4plus": lambda: Community(MAIN_REGISTRY.load(ESRGAN().state_dict())),
        "Real-ESRGAN general-x4v3": lambda: Community(MAIN_REGISTRY.load(Compact(num_conv=32).state_dict())),
    }


def measure(
    name: str, make: Callable[[], Method[Any]], lr: torch.Tensor, peaks: dict[str, float], now: Clock
) -> list[Row]:
    """A row for each runtime and precision."""
    ways = [("torch", precision) for precision in peaks]
    ways += [(runtime, "fp32") for runtime in session.OTHERS if session.installed(runtime)]
    hints = Hints(steps=1) if "steps" in make().supported_hints else Hints()
    prepared = []
    for runtime, precision in ways:
        upscaler = Upscaler(compiled(make(), runtime), device="cpu", precision=precision, guard=False)  # type: ignore[arg-type]  # literals
        prepared.append((runtime, precision, upscaler, upscaler.condition(lr, hints)))
    method, condition = make().eval(), prepared[0][3]
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        method.restore(lr, condition)
    gflop = counter.get_total_flops() / 1e9
    network = {index: float("inf") for index in range(len(prepared))}
    for _ in range(_RUNS + 1):  # the first one prepares
        for index, (_, _, upscaler, known) in enumerate(prepared):
            network[index] = min(network[index], clock(partial(_network, upscaler, lr, known), now))
    rows: list[Row] = []
    for index, (runtime, precision, upscaler, _) in enumerate(prepared):
        whole = least(partial(upscaler, lr, hints), now)
        seconds = min(network[index], whole)  # threads of another runtime may have been busy in each of its turns
        speed = gflop / seconds
        megapixels = lr[0, 0].numel() * method.traits.scale**2 / 1e6
        rows.append(
            (
                f"`{name}`" if name in weights.available() else name,
                runtime,
                precision,
                f"{seconds:.3f}",
                f"{whole:.3f}",
                f"{megapixels / seconds:.2f}",
                f"{speed:.0f}",
                f"{speed / peaks[precision]:.2f}",
                f"{method.traits.features(*lr.shape[-2:]) / 1e6:.0f}",
            )
        )
    return rows


def _network(upscaler: Upscaler, lr: torch.Tensor, condition: Any) -> torch.Tensor:
    with torch.no_grad(), upscaler.autocast():
        made: torch.Tensor = upscaler.method.restore(lr.contiguous(memory_format=torch.channels_last), condition)
        return made


def least(run: Callable[[], Any], now: Clock) -> float:
    """The least seconds of some calls, after one that prepares."""
    run()
    return min(clock(run, now) for _ in range(_RUNS))


def clock(run: Callable[[], Any], now: Clock) -> float:
    """Seconds of one call."""
    begin = now()
    run()
    return now() - begin


if __name__ == "__main__":
    main()
