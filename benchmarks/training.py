"""Patches a second of CMDSR's training step, against the same recipe with one forward pass per task in a loop.

    python benchmarks/training.py [--steps 10] [--json FILE]

"batched" is what ``blindsr train`` runs: all tasks in one pass, bf16 where it is native, channels-last. The loop adapts
the weights task by task as the paper writes it (Eq. 3), once in float32 and once in the same bf16 and memory format.
"""

import argparse
import json
import platform
import statistics
import time
from pathlib import Path

import torch
from torch import Tensor

from blindsr.methods.cmdsr.model import CMDSR
from blindsr.methods.cmdsr.training import Alternating
from blindsr.restore.upscaler import computes_bf16
from blindsr.train.memory import keep_freed_memory
from blindsr.train.recipe import Recipe, load


class TaskByTask(CMDSR):
    """The same network, restoring one task after the other by scaled weights."""

    def restore_tasks(self, lr: Tensor, features: Tensor) -> Tensor:
        """Adapt and run for each task by itself."""
        each = len(lr) // (len(lr) if features.shape[1] == 0 else len(features.unique(dim=0)))
        parts = zip(lr.split(each), features.split(each), strict=True)
        return torch.cat([self.restore(images, feature[:1]) for images, feature in parts])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    result = measure(arguments.steps)
    print(json.dumps(result, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def measure(steps: int) -> dict[str, object]:
    """Speed of each way and how they compare."""
    recipe = load("cmdsr_x4.classic")
    bf16 = computes_bf16(torch.device("cpu"))
    ways = {"loop, fp32": (TaskByTask, False), "loop, same precision": (TaskByTask, bf16)}
    speed = {name: patches_per_second(cls, recipe, steps, bf16=low) for name, (cls, low) in ways.items()}
    keep_freed_memory()  # as the training loop does; it cannot be undone, so the loops above are measured before
    speed["batched"] = patches_per_second(CMDSR, recipe, steps, bf16=bf16)
    return {
        "patches a second": speed,
        "times faster": {name: speed["batched"] / value for name, value in speed.items()},
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "machine": platform.machine(),
    }


def patches_per_second(cls: type[CMDSR], recipe: Recipe, steps: int, *, bf16: bool) -> float:
    """Restored patches a second, without the first two steps."""
    torch.default_generator.manual_seed(0)
    stage = Alternating(cls(recipe.model), recipe.stages["stage"])  # type: ignore[arg-type]  # schemas of this method
    if bf16:
        stage.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
    optimiser = torch.optim.Adam(stage.method.parameters(), 1e-4)
    count, size = stage.crops
    clean = torch.rand(count, 3, size, size)
    seconds = []
    for step in range(1, steps + 3):
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            losses = stage(clean, torch.Generator().manual_seed(step), step)
        losses["loss"].backward()
        optimiser.step()
        optimiser.zero_grad()
        seconds.append(time.perf_counter() - start)
    restored = stage.recipe.tasks * stage.recipe.restored
    return restored / statistics.mean(seconds[2:])


if __name__ == "__main__":
    main()
