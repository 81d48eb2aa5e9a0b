"""Where the time of a training step goes; and a step against the same with a loop over tasks or pairs in Python.

    python benchmarks/training.py RECIPE [--stage NAME] [--set KEY=VALUE] [--device auto] [--steps 10] [--json FILE]
    python benchmarks/training.py cmdsr|mrda [--steps 10] [--processor] [--csv FILE]

The first prints clean crops degraded a second, steps a second (one part after the other, and with the next batch made
ahead as ``blindsr train`` has it), and the share of each part of a step.

The second prints patches restored a second on a CPU. "batched" is what ``blindsr train`` runs: all in one pass, bf16
where it is native, channels-last. The loop, once in float32 and channels-first and once in the same precision and
memory format, does what the paper writes: CMDSR scales the weights task by task (Eq. 3), the teacher of MRDA adapts MLN
pair by pair (Algorithm 2), and both enlarge layer by layer. On a busy machine, ``--processor`` with one thread
(``OMP_NUM_THREADS=1``) tells more.
"""

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F
from table import Row, show  # stands beside this file
from torch import Tensor
from torch.func import functional_call

from blindsr.benchmark.timing import hardware
from blindsr.contract import Batch, Stage
from blindsr.degrade.resample import resize_to
from blindsr.devices import computes_bf16, find_device
from blindsr.methods import registry
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.methods.cmdsr.training import Alternating
from blindsr.methods.mrda.model import MRDA, MRDAConfig
from blindsr.methods.mrda.training import Teacher
from blindsr.nn.adapt import Params, adapt
from blindsr.nn.subpixel import Upsampler
from blindsr.train.memory import keep_freed_memory, without_denormals
from blindsr.train.optimizer import optimizer_for
from blindsr.train.prefetch import Prefetcher
from blindsr.train.recipe import load_recipe


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

        *_, (params, _) = adapt(loss, self.mln.adaptable, rates)
        return params


def cmdsr(*, loop: bool) -> tuple[Stage, int]:
    """The stage and how many patches it restores in a step."""
    recipe = load_recipe("cmdsr_x4.classic")
    stage = Alternating((TaskByTask if loop else CMDSR)(recipe.model), recipe.stages["stage"])  # type: ignore[arg-type]
    return stage, stage.recipe.tasks * stage.recipe.restored


def mrda(*, loop: bool) -> tuple[Stage, int]:
    """The stage and how many patches it restores in a step."""
    recipe = load_recipe("mrda_x4.iso")
    stage = Teacher((PairByPair if loop else MRDA)(recipe.model), recipe.stages["teacher"])  # type: ignore[arg-type]
    return stage, stage.recipe.batch


STAGES: dict[str, Callable[..., tuple[Stage, int]]] = {"cmdsr": cmdsr, "mrda": mrda}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", nargs="?", default="cmdsr", help="a recipe, or cmdsr or mrda for the loops")
    parser.add_argument("--stage", help="by default the last one that has steps")
    parser.add_argument("--set", action="append", default=[], help="change the recipe: stage.tasks=2")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--json", type=Path, help="write what is printed of a recipe")
    parser.add_argument("--csv", type=Path, help="write the table of cmdsr or mrda")
    parser.add_argument(
        "--processor", action="store_true", help="for cmdsr or mrda: time of the processor instead of that of a clock"
    )
    arguments = parser.parse_args()
    if arguments.recipe in STAGES:
        now = time.process_time if arguments.processor else time.perf_counter
        show(measure(arguments.recipe, arguments.steps, now), arguments.csv)
        return
    stage = stage_of(arguments.recipe, arguments.set, arguments.stage)
    with without_denormals():
        result = shares(stage, find_device(arguments.device), arguments.steps)
    print(json.dumps(result, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def stage_of(name: str, settings: Sequence[str], stage: str | None) -> Stage:
    """A stage of a recipe with random weights."""
    recipe = load_recipe(name, settings)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        model = registry.method_class(recipe.header.method)(recipe.model)
    built = dict(zip(recipe.stages, registry.training(recipe.header.method).stages(model, recipe.stages), strict=True))
    return built[stage or [key for key, value in recipe.stages.items() if value.steps][-1]]


class Parts:
    """One step in its parts, as the training loop takes it."""

    def __init__(self, stage: Stage, device: torch.device) -> None:
        stage.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
        self.stage, self.device, self.groups = stage, device, stage.groups()
        self.optimizers = [optimizer_for(group, stage.recipe.betas, stage.recipe.eps) for group in self.groups]
        count, size = stage.crops
        small = torch.rand(count, 3, -(-size // 8), -(-size // 8), generator=torch.Generator().manual_seed(0))
        self.clean = resize_to(small, (size, size)).clamp(0, 1).to(device)
        self.bf16 = computes_bf16(device)

    def prepare(self, step: int) -> tuple[Batch, torch.Generator]:
        """The batch of a step."""
        generator = torch.Generator(device=self.device).manual_seed(step)
        with torch.no_grad():
            return self.stage.prepare(self.clean, generator, step), generator

    def forward(self, made: tuple[Batch, torch.Generator], step: int) -> Tensor:
        """The loss."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            loss: Tensor = self.stage(*made, step)["loss"]
        return loss

    def update(self, step: int) -> None:
        """All optimisers that are due."""
        for group, optimizer in zip(self.groups, self.optimizers, strict=True):
            if step > group.after and step % group.every == 0:
                optimizer.step()
            optimizer.zero_grad()

    def finish(self) -> float:
        """The time when the device has done all that it was given."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter()


def shares(stage: Stage, device: torch.device, steps: int) -> dict[str, object]:
    """Time of the parts of a step, without the first two."""
    keep_freed_memory()
    parts = Parts(stage, device)
    seconds: dict[str, list[float]] = {name: [] for name in ("degradation", "forward", "backward", "optimisers")}
    for step in range(1, steps + 3):
        at = [parts.finish()]
        made = parts.prepare(step)
        at.append(parts.finish())
        loss = parts.forward(made, step)
        at.append(parts.finish())
        loss.backward()
        at.append(parts.finish())
        parts.update(step)
        at.append(parts.finish())
        for name, (start, end) in zip(seconds, pairwise(at), strict=True):
            seconds[name].append(end - start)
    mean = {name: statistics.mean(values[2:]) for name, values in seconds.items()}
    total = sum(mean.values())
    return {
        "degraded crops a second": stage.crops[0] / mean["degradation"],
        "steps a second": 1 / total,
        "steps a second, batches made ahead": steps_ahead(parts, steps),
        "shares": {name: value / total for name, value in mean.items()},
        "torch": torch.__version__,
        "device": str(device),
        "threads": torch.get_num_threads(),
        "machine": platform.machine(),
    }


def steps_ahead(parts: Parts, steps: int) -> float:
    """Steps a second while another thread makes the next batch, without the first two."""
    with Prefetcher(parts.prepare, steps + 2, parts.device, threaded=True) as batches:
        start = 0.0
        for step in range(1, steps + 3):
            if step == 3:
                start = parts.finish()
            parts.forward(batches.batch(step), step).backward()
            parts.update(step)
        return steps / (parts.finish() - start)


def measure(name: str, steps: int, now: Callable[[], float]) -> list[Row]:
    """Speed of each way and how they compare, by a clock."""
    build = STAGES[name]
    bf16 = computes_bf16(torch.device("cpu"))
    precision = "bf16" if bf16 else "fp32"
    speed = {
        "loop, fp32": patches_per_second(*build(loop=True), steps, now, bf16=False, channels_last=False),
        f"loop, {precision}": patches_per_second(*build(loop=True), steps, now, bf16=bf16),
    }
    keep_freed_memory()  # as the training loop does; it cannot be undone, so the loops above are measured before
    speed[f"loop, {precision}, freed memory kept"] = patches_per_second(*build(loop=True), steps, now, bf16=bf16)
    speed["as `blindsr train` runs it"] = last = patches_per_second(*build(loop=False), steps, now, bf16=bf16)
    where = f"{hardware()}, {torch.get_num_threads()} threads"
    unit = "patches a second of processor time" if now is time.process_time else "patches a second"
    rows: list[Row] = [(f"{name}: {where}", unit, "times as slow as the last")]
    return rows + [(way, f"{value:.1f}", f"{last / value:.1f}") for way, value in speed.items()]


def patches_per_second(
    stage: Stage, patches: int, steps: int, now: Callable[[], float], *, bf16: bool, channels_last: bool = True
) -> float:
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
        start = now()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            losses = stage(clean, torch.Generator().manual_seed(step), step)
        losses["loss"].backward()
        optimiser.step()
        optimiser.zero_grad()
        seconds.append(now() - start)
    return patches / statistics.mean(seconds[2:])


if __name__ == "__main__":
    main()
