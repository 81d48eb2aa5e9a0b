"""The training loop of all stages and methods, on one CPU, one GPU or many (Lightning Fabric)."""

import hashlib
import logging
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Literal, cast

import torch
import yaml
from lightning_fabric import Fabric
from torch import Tensor

from blindsr.contract import Batch, Method, Stage
from blindsr.devices import device_name
from blindsr.errors import BlindSRError, Code
from blindsr.methods import registry
from blindsr.photos import Photos
from blindsr.train import checkpoint
from blindsr.train.fabric import Mixed, open_fabric
from blindsr.train.log import RunLog
from blindsr.train.memory import keep_freed_memory, without_denormals
from blindsr.train.optimizer import MovingAverage, learning_rate_factor, optimizer_for, set_rate
from blindsr.train.planned import planned_stages
from blindsr.train.prefetch import Prefetcher
from blindsr.train.recipe import Recipe, parse_recipe
from blindsr.train.start import InitialWeights, fill_matching
from blindsr.train.validate import Validation, restore_for

_log = logging.getLogger(__name__)
_AGREE_EVERY = 10
"""Interval in steps at which several processes agree whether to stop, since this waits for the device."""
Ending = Literal["finished", "time", "signal"]
Compiling = Literal["none", "default", "reduce-overhead", "max-autotune"]
_GRAPHS = ("reduce-overhead", "max-autotune")


@dataclass
class Options:
    """Options of a run; of these, only the number of devices and the precision change the resulting weights."""

    run: Path
    device: str = "auto"
    devices: int = 1
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """``auto`` is bf16 if the hardware supports it."""
    time_limit: float | None = None
    """Seconds after which this call saves a checkpoint and returns."""
    save_every: int = 200
    """Steps between checkpoints."""
    log_every: int = 50
    partial: bool = False
    """Whether initial weights may fill less than half of the network."""
    ahead: bool | None = None
    """Whether a thread prepares the next batch during a step; by default, except with a single CPU thread."""
    compile: Compiling = "none"
    """Mode of ``torch.compile`` for the losses; ``reduce-overhead`` replays CUDA graphs."""
    watch: Callable[[Method[Any]], dict[str, float]] | None = None
    """Measures the averaged network at every validation, for the record only."""
    cudnn_benchmark: bool = True
    """Whether cuDNN measures its algorithms and uses the fastest; no effect on a CPU."""
    signals: list[int] = field(default_factory=list)
    """Signals that came during the run, also one during its last step, after which the run is finished."""


@dataclass
class _History:
    """State that is kept between stages, and between calls by the checkpoint."""

    start: float
    """Time at which this call started."""
    before: float = 0.0
    """Training time of earlier calls, seconds."""
    validations: list[dict[str, Any]] = field(default_factory=list)
    began: str | None = None
    """Name of the weights that the run started from, if any."""
    chain: checkpoint.Chain = field(default_factory=list)
    """Runs and files that those weights came from."""
    data: list[dict[str, Any]] = field(default_factory=list)
    """Training data and settings, in order."""

    @property
    def elapsed(self) -> float:
        """Seconds since this call started."""
        return time.monotonic() - self.start


def train(
    recipe: Recipe, photos: Photos, options: Options, *, resume: bool = False, start: InitialWeights | None = None
) -> Ending:
    """Run a recipe's stages, from the beginning or from the run's checkpoint.

    Args:
        recipe: networks and stages.
        photos: clean photographs; the recipe states how many are held out for validation.
        options: folder, devices and time limit.
        resume: continue from the checkpoint in ``options.run``.
        start: initial weights instead of random ones; the depth or scale of their network may differ. When a run is
            resumed, only their name is compared.

    Raises:
        BlindSRError: the checkpoint is missing or belongs to another recipe or other initial weights, the weights do
            not fit, or no stage has steps.
    """
    keep_freed_memory()
    torch.backends.cudnn.benchmark = options.cudnn_benchmark
    fabric = open_fabric(options.device, options.devices, options.precision)
    fabric.launch()
    history = _History(time.monotonic())
    state = checkpoint.load_checkpoint(options.run) if resume else None
    if state is not None:
        # Keys that are newer than the checkpoint have their defaults in it
        _same_recipe(parse_recipe(state["recipe"]).to_dict(), recipe.to_dict())
        _resume_history(history, state, start)
    planned = planned_stages(recipe, state["stage"] if state is not None else 0)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(recipe.header.seed)  # initial weights come from torch's own initialisers
        model = registry.method_class(recipe.header.method)(recipe.model)
    if start is not None and state is None:
        fill_matching(start, model, partial=options.partial)
        history.began, history.chain = start.name, start.chain
    if fabric.is_global_zero:
        options.run.mkdir(parents=True, exist_ok=True)
        (options.run / "recipe.yaml").write_text(yaml.safe_dump(recipe.to_dict(), sort_keys=False), encoding="utf-8")
    stages = registry.training(recipe.header.method).stages(model, recipe.stages)
    for index, name in planned:
        runner = _Runner(fabric, recipe, photos, options, stages[index], index=index, name=name, history=history)
        if state is not None:
            runner.restore(state)
        ending = runner.run()
        if ending != "finished" and not (runner.complete() and (index, name) == planned[-1]):
            return ending
        # The next stage starts from the averaged weights, which are also the published ones.
        model.load_state_dict(runner.average.method.state_dict())
        state = None
    return "finished"


def _resume_history(history: _History, state: checkpoint.State, start: InitialWeights | None) -> None:
    """Set the history to that of a checkpoint; its initial weights must be ``start``, if given."""
    history.before, history.validations, history.began = state["seconds"], state["validations"], state["began"]
    history.data, history.chain = state["data"], state["chain"]
    if start is None:
        return
    if start.name != history.began:
        raise BlindSRError(
            f"the run started from {history.began or 'random weights'}, not from {start.name}", Code.INCOMPATIBLE
        )
    if any("unrecorded" in entry for entry in history.chain):  # an older version recorded only the name
        history.chain = start.chain


class _Runner:
    """One stage of one run."""

    def __init__(
        self,
        fabric: Fabric,
        recipe: Recipe,
        photos: Photos,
        options: Options,
        stage: Stage,
        *,
        index: int,
        name: str,
        history: _History,
    ) -> None:
        self.fabric, self.recipe, self.options, self.history = fabric, recipe, options, history
        self.index, self.name = index, name
        self.photos, held_out = photos.split(recipe.header.held_out)
        self.crops = self.photos.resident(fabric.device)
        stage.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
        if options.compile != "none":
            stage.losses = torch.compile(stage.losses, mode=options.compile)  # type: ignore[method-assign]
        self.stage = stage
        self.groups = stage.groups()
        self.average = MovingAverage(stage.method, stage.recipe.ema)
        optimizers = [optimizer_for(group, stage.recipe.betas, stage.recipe.eps) for group in self.groups]
        self.module, *self.optimizers = fabric.setup(stage, *optimizers)
        self.average.method.to(fabric.device)
        self.validation = Validation.prepare(held_out, stage.validation_family, fabric.device, stage.oracle_hints)
        self.restore_held_out = restore_for(stage, last=(index, name) == planned_stages(recipe)[-1])
        self.done = 0
        self._note(
            {
                "folders": list(photos.folders),
                "photographs": len(self.photos),
                "names": hashlib.sha256("/".join(photos.names).encode()).hexdigest()[:16],
                "held_out": list(held_out.names),
                "devices": fabric.world_size,
                "precision": "bf16" if isinstance(fabric.strategy.precision, Mixed) else "fp32",
                "device": device_name(fabric.device),
                "torch": str(torch.__version__),
            }
        )

    def _note(self, data: dict[str, Any]) -> None:
        """Record the training data and settings; warn if a run is resumed with different ones."""
        known = self.history.data
        if known and known[-1] != data and self.fabric.is_global_zero:
            changed = ", ".join(key.replace("_", " ") for key in data if known[-1].get(key) != data[key])
            _log.warning(
                "the run is resumed with different %s: its weights will differ from those of an uninterrupted run",
                changed,
            )
        if not known or known[-1] != data:
            known.append(data)

    def complete(self) -> bool:
        """Whether this stage has taken all its steps."""
        return self.done >= self.stage.recipe.steps

    def restore(self, state: checkpoint.State) -> None:
        """Continue where a checkpoint stopped."""
        checkpoint.fill_weights(self.stage.method, state["model"])
        checkpoint.fill_weights(self.average.method, state["average"])
        for optimizer, values in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(values)
        self.done = state["step"]

    def run(self) -> Ending:
        """Train to the end of the stage, the time limit or a signal, and save."""
        with _caught_signals(self.options.signals), without_denormals(), ExitStack() as stack:
            log = None
            if self.fabric.is_global_zero:
                log = stack.enter_context(RunLog(self.options.run, self.name, self.stage.recipe.steps, self.done))
            window = _Window(self.stage.crops[0] * self.fabric.world_size)
            batches = stack.enter_context(self._batches())
            while not self.complete():
                step = self.done + 1
                window.add(self._step(step, *batches.batch(step)))
                self.done += 1
                self._report(log, window)
                ending = None if self.complete() else self._ending()
                if ending is not None or self.complete() or self.done % self.options.save_every == 0:
                    self.save()
                if ending is not None:
                    return ending
            # A signal may also arrive during the last steps or while the checkpoint is written
            return self._ending() or "finished"

    def save(self) -> None:
        """Write the checkpoint from one process; the others wait, since the first one to exit ends all of them."""
        self._check_weights()
        if self.fabric.is_global_zero:
            checkpoint.save_checkpoint(self.options.run, self._state())
        self.fabric.barrier()

    def _state(self) -> checkpoint.State:
        return {
            "recipe": self.recipe.to_dict(),
            "stage": self.index,
            "step": self.done,
            "seconds": self.history.before + self.history.elapsed,
            "model": self.stage.method.state_dict(),
            "average": self.average.method.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "validations": self.history.validations,
            "began": self.history.began,
            "chain": self.history.chain,
            "data": self.history.data,
        }

    def _batches(self) -> Prefetcher[tuple[Batch, torch.Generator]]:
        device = self.fabric.device
        threaded = self.options.ahead
        if threaded is None:
            threaded = device.type != "cpu" or torch.get_num_threads() > 1
        return Prefetcher(self._prepare, self.stage.recipe.steps, device, threaded=threaded)

    def _prepare(self, step: int) -> tuple[Batch, torch.Generator]:
        """Prepare the batch of a step, which depends only on the step; return it with its generator."""
        where = (self.recipe.header.seed, self.index, self.fabric.global_rank, step)
        count, size = self.stage.crops
        clean = self.crops(count, size, torch.Generator().manual_seed(_mix(*where, 0)))
        generator = torch.Generator(device=self.fabric.device).manual_seed(_mix(*where, 1))
        with torch.no_grad():
            return self.stage.prepare(clean, generator, step), generator

    def _step(self, step: int, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        graphs = self.options.compile in _GRAPHS and self.fabric.device.type == "cuda"
        if graphs:
            torch.compiler.cudagraph_mark_step_begin()
        losses = cast("dict[str, Tensor]", self.module(batch, generator, step))
        self.fabric.backward(losses["loss"])
        rate = learning_rate_factor(step, self.stage.recipe)
        for group, optimizer in zip(self.groups, self.optimizers, strict=True):
            if step > group.after and step % group.every == 0:
                set_rate(optimizer, rate)
                if self.stage.recipe.clip is not None:
                    clip = self.stage.recipe.clip
                    self.fabric.clip_gradients(self.module, optimizer, max_norm=clip, error_if_nonfinite=False)
                optimizer.step()
            optimizer.zero_grad()
        self.average.update(self.stage.method, step)
        # The next replay of the graph overwrites the memory of these losses
        return {name: value.detach().clone() if graphs else value.detach() for name, value in losses.items()}

    def _report(self, log: RunLog | None, window: "_Window") -> None:
        recipe = self.stage.recipe
        if self.done % self.options.log_every == 0 or self.complete():
            self._check_weights()
            values, speed, each = window.close()
            if log is not None:
                log.step(self.done, values, speed, each * (recipe.steps - self.done))
        reported = time.monotonic()
        due = self.done % recipe.validate_every == 0 or self.complete()
        if log is not None and due and self.restore_held_out is not None:
            values = self.validation.run(self.average.method, self.fabric.autocast(), self.restore_held_out)
            values |= self.options.watch(self.average.method) if self.options.watch is not None else {}
            self.history.validations.append({"stage": self.name, "step": self.done, **values})
            log.validation(self.done, values)
        window.leave_out(time.monotonic() - reported)

    def _check_weights(self) -> None:
        # All processes have the same weights, so all of them raise the error, before the checkpoint is overwritten.
        if not bool(torch.isfinite(torch.nn.utils.get_total_norm(list(self.stage.method.parameters())))):
            raise BlindSRError(
                f"the weights are not finite at step {self.done} of {self.name} and were not saved; "
                "start again with lower learning rates",
                Code.DIVERGED,
            )

    def _ending(self) -> Ending | None:
        """Return the reason to stop now, if any; the same one in all processes."""
        limit = self.options.time_limit
        asked, late = bool(self.options.signals), limit is not None and self.history.elapsed > limit
        if self.fabric.world_size > 1:
            # All processes must stop at the same step; otherwise the remaining ones would wait forever.
            if self.done % _AGREE_EVERY and not self.complete():
                return None
            flags = torch.tensor([float(asked), float(late)], device=self.fabric.device)
            asked, late = (bool(n > 0) for n in cast("Tensor", self.fabric.all_reduce(flags, reduce_op="sum")))
        if asked:
            return "signal"
        return "time" if late else None


class _Window:
    """Losses and time since the last line of the log."""

    def __init__(self, crops: int) -> None:
        self._crops = crops
        self._rows: list[dict[str, Tensor]] = []
        self._start = time.monotonic()

    def add(self, losses: dict[str, Tensor]) -> None:
        self._rows.append(losses)

    def close(self) -> tuple[dict[str, float], float, float]:
        """Return the mean of each loss over the steps that had it, crops per second, and seconds per step."""
        names = dict.fromkeys(name for row in self._rows for name in row)
        means = {name: torch.stack([row[name] for row in self._rows if name in row]).mean().item() for name in names}
        each = (time.monotonic() - self._start) / len(self._rows)
        self._rows, self._start = [], time.monotonic()
        return means, self._crops / each, each

    def leave_out(self, seconds: float) -> None:
        """Exclude time that was not spent on steps."""
        self._start += seconds


@contextmanager
def _caught_signals(received: list[int]) -> Iterator[None]:
    """Collect SIGINT, SIGTERM and SIGHUP in a list, so that they do not end the process during a step."""

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    numbers = [signal.SIGINT, signal.SIGTERM]
    # Windows has no SIGHUP; nohup ignores it, so that a run continues without its terminal
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _mix(*parts: int) -> int:
    """Return a 63-bit seed for some numbers; unlike their sum, it differs for different positions."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def _same_recipe(before: dict[str, Any], now: dict[str, Any], prefix: str = "") -> None:
    for key in before.keys() | now.keys():
        old, new = before.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            _same_recipe(old, new, f"{prefix}{key}.")
        elif old != new:
            message = f"the run was started with {prefix}{key}={old}, not {new}; resume with the same recipe"
            raise BlindSRError(message, Code.INCOMPATIBLE)
