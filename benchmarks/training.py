"""Patches a second of a training step, against the same recipe with a loop over tasks or pairs in Python.

    python benchmarks/training.py [cmdsr|mrda] [--steps 10] [--json FILE]

"batched" is what ``blindsr train`` runs: all in one pass, bf16 where it is native, channels-last. The loop, once in
float32 and channels-first and once in the same precision and memory format, does what the paper writes: CMDSR scales
the weights task by task (Eq. 3), the teacher of MRDA adapts MLN pair by pair (Algorithm 2), and both enlarge layer by
layer.
"""

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import functional_call

from blindsr.contract import Stage
from blindsr.devices import computes_bf16
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.methods.cmdsr.training import Alternating
from blindsr.methods.mrda.model import MRDA, MRDAConfig
from blindsr.methods.mrda.training import Teacher
from blindsr.nn.adapt import Params, adapt
from blindsr.nn.subpixel import Upsampler
from blindsr.train.memory import keep_freed_memory
from blindsr.train.recipe import load


class LayerByLayer(Upsampler):
    """The same enlargement, layer after layer."""

    def forward(self, features: Tensor) -> Tensor:
        """As the papers write it."""
        sr: Tensor = self.layers(features)
        return sr


class TaskByTask(CMDSR):
    """The same network, restoring one task after the other by scaled weights."""

    def __init__(self, config: CMDSRConfig) -> None:
        super().__init__(config)
        self.base.upscaler.__class__ = LayerByLayer

    def restore_tasks(self, lr: Tensor, features: Tensor) -> Tensor:
        """Adapt and run for each task by itself."""
        each = len(lr) // (len(lr) if features.shape[1] == 0 else len(features.unique(dim=0)))
        parts = zip(lr.split(each), features.split(each), strict=True)
        return torch.cat([self.restore(images, feature[:1]) for images, feature in parts])


class PairByPair(MRDA):
    """The same networks, adapting to one pair after the other."""

    def __init__(self, config: MRDAConfig) -> None:
        super().__init__(config)
        for net in (self.mln, self.rdan):
            net.upscaler.__class__ = LayerByLayer

    @torch.no_grad()
    def specific(self, lr: Tensor, hr: Tensor, rates: Sequence[float]) -> Params:
        """Algorithm 2, lines 4 to 9."""
        each = [self._one(*pair, rates) for pair in zip(lr.split(1), hr.split(1), strict=True)]
        return {name: torch.stack([params[name] for params in each]) for name in each[0]}

    @torch.no_grad()
    def specific_features(self, lr: Tensor, params: Params) -> Tensor:
        """Line 10."""
        own = ({name: values[row] for name, values in params.items()} for row in range(len(lr)))
        return torch.cat([self.mln.features(*pair) for pair in zip(lr.split(1), own, strict=True)])

    def _one(self, lr: Tensor, hr: Tensor, rates: Sequence[float]) -> Params:
        fixed = {f"upscaler.{name}": values for name, values in self.mln.upscaler.named_parameters()}

        def loss(params: Params) -> Tensor:
            named = {f"body.{name}": values for name, values in params.items()}
            return F.l1_loss(functional_call(self.mln, {**named, **fixed}, (lr,), strict=True), hr)

        *_, (params, _) = adapt(loss, self.mln.plastic, rates)
        return params


def cmdsr(*, loop: bool) -> tuple[Stage, int]:
    """The stage and how many patches it restores in a step."""
    recipe = load("cmdsr_x4.classic")
    stage = Alternating((TaskByTask if loop else CMDSR)(recipe.model), recipe.stages["stage"])  # type: ignore[arg-type]
    return stage, stage.recipe.tasks * stage.recipe.restored


def mrda(*, loop: bool) -> tuple[Stage, int]:
    """The stage and how many patches it restores in a step."""
    recipe = load("mrda_x4.iso")
    stage = Teacher((PairByPair if loop else MRDA)(recipe.model), recipe.stages["teacher"])  # type: ignore[arg-type]
    return stage, stage.recipe.batch


STAGES: dict[str, Callable[..., tuple[Stage, int]]] = {"cmdsr": cmdsr, "mrda": mrda}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("method", nargs="?", choices=STAGES, default="cmdsr")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    result = measure(STAGES[arguments.method], arguments.steps)
    print(json.dumps(result, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def measure(build: Callable[..., tuple[Stage, int]], steps: int) -> dict[str, object]:
    """Speed of each way and how they compare."""
    bf16 = computes_bf16(torch.device("cpu"))
    speed = {
        "loop, fp32": patches_per_second(*build(loop=True), steps, bf16=False, channels_last=False),
        "loop, same precision": patches_per_second(*build(loop=True), steps, bf16=bf16),
    }
    keep_freed_memory()  # as the training loop does; it cannot be undone, so the loops above are measured before
    speed["loop, same precision and memory"] = patches_per_second(*build(loop=True), steps, bf16=bf16)
    speed["batched"] = patches_per_second(*build(loop=False), steps, bf16=bf16)
    return {
        "patches a second": speed,
        "times faster": {name: speed["batched"] / value for name, value in speed.items()},
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "machine": platform.machine(),
    }


def patches_per_second(stage: Stage, patches: int, steps: int, *, bf16: bool, channels_last: bool = True) -> float:
    """Restored patches a second, without the first two steps."""
    torch.default_generator.manual_seed(0)
    if channels_last:
        stage.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
    trained = [parameter for group in stage.groups() for parameter in group.parameters]
    optimiser = torch.optim.Adam(trained, 1e-4)
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
    return patches / statistics.mean(seconds[2:])


if __name__ == "__main__":
    main()
