"""The loop: resumed runs are the unbroken run, bit for bit, however they were stopped."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
import torch

from blindsr.errors import BlindSRError, Code
from blindsr.methods import registry
from blindsr.methods.cmdsr.training import Alternating
from blindsr.photos import Photos
from blindsr.train import checkpoint, recipe
from blindsr.train.loop import Options, _mix, train
from blindsr.train.optimizer import learning_rate_factor


def options(run: Path, **changes: Any) -> Options:
    return Options(run, **{"device": "cpu", "precision": "fp32", "save_every": 5, "log_every": 5, **changes})


def same(a: Path, b: Path) -> bool:
    """Whether two runs hold the same weights, averages and optimiser states, to the bit."""
    first, second = checkpoint.load_checkpoint(a), checkpoint.load_checkpoint(b)
    assert first["step"] == second["step"]
    tensors = [flat(s["model"]) + flat(s["average"]) + flat(s["optimizers"]) for s in (first, second)]
    assert len(tensors[0]) == len(tensors[1]) > 50
    return all(torch.equal(x, y) for x, y in zip(*tensors, strict=True))


def flat(values: Any) -> list[torch.Tensor]:
    if isinstance(values, torch.Tensor):
        return [values]
    children = values.values() if isinstance(values, dict) else values if isinstance(values, list) else ()
    return [tensor for child in children for tensor in flat(child)]


@pytest.mark.parametrize("more", [[], ["stage.muon=0.003", "model.channels=32"]])
def test_ten_steps_and_ten_more_are_twenty(
    tmp_path: Path, settings: list[str], more: list[str], photographs: Path
) -> None:
    photos, whole = Photos.read([photographs]), recipe.load_recipe("cmdsr_x4.classic", [*settings, *more])
    assert train(whole, photos, options(tmp_path / "unbroken")) == "finished"
    stops = iter([False] * 9 + [True])
    broken = options(tmp_path / "broken")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("blindsr.train.loop._Runner._ending", lambda *_: "time" if next(stops) else None)
        assert train(whole, photos, broken) == "time"
    assert checkpoint.load_checkpoint(tmp_path / "broken")["step"] == 10
    assert train(whole, photos, broken, resume=True) == "finished"
    assert same(tmp_path / "unbroken", tmp_path / "broken")
    lines = [json.loads(line) for line in (tmp_path / "broken" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if line["kind"] == "train"] == [5, 10, 15, 20]
    assert [line["step"] for line in lines if line["kind"] == "validation"] == [10, 20]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_batches_made_ahead_are_the_same_to_the_bit(
    tmp_path: Path, settings: list[str], photographs: Path, precision: str
) -> None:
    photos, small = Photos.read([photographs]), recipe.load_recipe("cmdsr_x4.classic", [*settings, "stage.steps=12"])
    for ahead in (False, True):
        train(small, photos, options(tmp_path / str(ahead), ahead=ahead, precision=precision))
    assert same(tmp_path / "False", tmp_path / "True")


def test_a_run_that_works_ahead_resumes_to_the_unbroken_one(
    tmp_path: Path, settings: list[str], photographs: Path
) -> None:
    photos, small = Photos.read([photographs]), recipe.load_recipe("cmdsr_x4.classic", [*settings, "stage.steps=4"])
    train(small, photos, options(tmp_path / "unbroken", ahead=False))
    broken = options(tmp_path / "broken", ahead=True, time_limit=0.0)
    while train(small, photos, broken, resume=broken.run.exists()) == "time":
        pass
    assert same(tmp_path / "unbroken", tmp_path / "broken")


def test_compiled_losses_are_trained_by(
    tmp_path: Path, settings: list[str], photographs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes, steps = [], []

    def compiled(losses: Any, *, mode: str) -> Any:
        modes.append(mode)

        def noted(batch: Any, generator: torch.Generator, step: int) -> Any:
            steps.append(step)
            return losses(batch, generator, step)

        return noted

    photos, small = Photos.read([photographs]), recipe.load_recipe("cmdsr_x4.classic", [*settings, "stage.steps=3"])
    train(small, photos, options(tmp_path / "plain"))
    monkeypatch.setattr(torch, "compile", compiled)
    train(small, photos, options(tmp_path / "compiled", compile="reduce-overhead"))
    assert (modes, steps) == (["reduce-overhead"], [1, 2, 3])
    assert same(tmp_path / "plain", tmp_path / "compiled")


def command(run: Path, photographs: Path, settings: list[str], *more: str) -> list[str]:
    sets = [part for setting in [*settings, "stage.steps=200"] for part in ("--set", setting)]
    base = [sys.executable, "-m", "blindsr", "train", "cmdsr_x4.classic", "--data", str(photographs), "--out", str(run)]
    return [*base, "--device", "cpu", "--save-every", "5", "--threads", "1", *sets, *more]


def interrupt(arguments: list[str], run: Path, number: signal.Signals) -> int:
    """Start a run, wait until it has written a checkpoint, and send it a signal."""
    path = run / checkpoint.NAME
    before = path.stat().st_mtime_ns if path.exists() else None
    with subprocess.Popen(arguments, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 120
        while not path.exists() or path.stat().st_mtime_ns == before:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(number)
        return process.wait(60)


@pytest.mark.slow  # five processes, each of which loads torch
def test_killed_and_terminated_runs_resume_to_the_unbroken_one(
    tmp_path: Path, settings: list[str], photographs: Path
) -> None:
    unbroken, stopped = tmp_path / "unbroken", tmp_path / "stopped"
    subprocess.run(command(unbroken, photographs, settings), check=True, stderr=subprocess.DEVNULL)
    assert interrupt(command(stopped, photographs, settings), stopped, signal.SIGKILL) == -signal.SIGKILL
    killed_at = checkpoint.load_checkpoint(stopped)["step"]
    resumed = command(stopped, photographs, settings, "--resume")
    assert interrupt(resumed, stopped, signal.SIGTERM) == 130
    assert killed_at < checkpoint.load_checkpoint(stopped)["step"] < 200
    subprocess.run(resumed, check=True, stderr=subprocess.DEVNULL)
    assert same(unbroken, stopped)


def test_a_finished_run_resumes_to_nothing(tmp_path: Path, settings: list[str], photographs: Path) -> None:
    photos, small = Photos.read([photographs]), recipe.load_recipe("cmdsr_x4.plain", [*settings, "stage.steps=3"])
    train(small, photos, options(tmp_path))
    before = flat(checkpoint.load_checkpoint(tmp_path)["model"])
    assert train(small, photos, options(tmp_path), resume=True) == "finished"
    assert all(
        torch.equal(a, b) for a, b in zip(before, flat(checkpoint.load_checkpoint(tmp_path)["model"]), strict=True)
    )


def test_a_run_is_not_resumed_by_another_recipe(tmp_path: Path, settings: list[str], photographs: Path) -> None:
    photos = Photos.read([photographs])
    train(recipe.load_recipe("cmdsr_x4.plain", [*settings, "stage.steps=2"]), photos, options(tmp_path))
    other = recipe.load_recipe("cmdsr_x4.plain", [*settings, "stage.steps=2", "stage.lr=0.5"])
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        train(other, photos, options(tmp_path), resume=True)


def test_a_run_is_resumed_by_its_recipe_with_a_key_that_is_newer(
    tmp_path: Path, settings: list[str], photographs: Path
) -> None:
    photos, small = Photos.read([photographs]), recipe.load_recipe("cmdsr_x4.plain", [*settings, "stage.steps=3"])
    train(small, photos, options(tmp_path))
    old = checkpoint.load_checkpoint(tmp_path)
    del old["recipe"]["stage"]["pool"]
    checkpoint.save_checkpoint(tmp_path, old)
    assert train(small, photos, options(tmp_path), resume=True) == "finished"
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        train(
            recipe.load_recipe("cmdsr_x4.plain", [*settings, "stage.steps=3", "stage.pool=8"]),
            photos,
            options(tmp_path),
            resume=True,
        )


def test_a_time_limit_saves_and_leaves(tmp_path: Path, settings: list[str], photographs: Path) -> None:
    small = recipe.load_recipe("cmdsr_x4.plain", settings)
    assert train(small, Photos.read([photographs]), options(tmp_path, time_limit=0.0)) == "time"
    assert checkpoint.load_checkpoint(tmp_path)["step"] == 1


def test_half_a_checkpoint_of_a_killed_run_is_cleared_away(
    tmp_path: Path, settings: list[str], photographs: Path
) -> None:
    small = recipe.load_recipe("cmdsr_x4.plain", [*settings, "stage.steps=1"])
    (tmp_path / ".blindsr-0123456789abcdef").mkdir()
    for name in (".blindsr-0123456789abcdef/lock", ".blindsr-0123456789abcdef/checkpoint.pt", ".mine.pt"):
        (tmp_path / name).write_bytes(b"half")
    train(small, Photos.read([photographs]), options(tmp_path))
    assert {path.name for path in tmp_path.glob(".*")} == {".mine.pt"}


def test_stages_without_steps_are_left_out(tmp_path: Path, settings: list[str], photographs: Path) -> None:
    photos, nothing = Photos.read([photographs]), recipe.load_recipe("cmdsr_x4.classic", [*settings, "stage.steps=0"])
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        train(nothing, photos, options(tmp_path / "nothing"))
    assert not (tmp_path / "nothing").exists()
    train(recipe.load_recipe("cmdsr_x4.classic", [*settings, "stage.steps=1"]), photos, options(tmp_path / "run"))
    kinds = [json.loads(line)["stage"] for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert set(kinds) == {"stage"}


def test_weights_that_are_not_finite_are_never_saved(tmp_path: Path, settings: list[str], photographs: Path) -> None:
    photos = Photos.read([photographs])
    for clip in ("1.0", "null"):
        wild = recipe.load_recipe("cmdsr_x4.plain", [*settings, "stage.lr=1e30", f"stage.clip={clip}"])
        with pytest.raises(BlindSRError, check=Code.DIVERGED.matches):
            train(wild, photos, options(tmp_path))
        assert not (tmp_path / checkpoint.NAME).exists()


def test_gradients_are_clipped_and_rates_follow_the_schedule(
    tmp_path: Path, settings: list[str], photographs: Path
) -> None:
    changes = ["stage.steps=1", "stage.update=1", "stage.clip=1e-2"]
    small = recipe.load_recipe("cmdsr_x4.classic", [*settings, *changes])
    train(small, Photos.read([photographs]), options(tmp_path))
    stage = small.to_dict()["stage"]
    for optimizer, lr in zip(
        checkpoint.load_checkpoint(tmp_path)["optimizers"], (stage["lr"], stage["condition_lr"]), strict=True
    ):
        # After one step Adam's first moment is (1 - beta1) times the gradient.
        moments = [values["exp_avg"] for values in optimizer["state"].values()]
        assert float(torch.nn.utils.get_total_norm(moments)) / 0.1 == pytest.approx(1e-2, rel=1e-2)
        assert optimizer["param_groups"][0]["lr"] == pytest.approx(lr * learning_rate_factor(1, small.stages["stage"]))


def test_other_photographs_are_noticed_on_resuming(
    tmp_path: Path, settings: list[str], photographs: Path, caplog: pytest.LogCaptureFixture
) -> None:
    small = recipe.load_recipe("cmdsr_x4.plain", [*settings, "stage.steps=1"])
    train(small, Photos.read([photographs]), options(tmp_path))
    train(small, Photos.read([photographs]), options(tmp_path), resume=True)
    assert "resumed with different" not in caplog.text
    train(small, Photos.read([photographs], exclude=["0.png"]), options(tmp_path), resume=True)
    assert "resumed with different photographs, names" in caplog.text


def test_what_a_run_was_trained_on_and_how_is_kept_when_it_goes_on_otherwise(
    tmp_path: Path, settings: list[str], photographs: Path, caplog: pytest.LogCaptureFixture
) -> None:
    small, photos = recipe.load_recipe("cmdsr_x4.plain", [*settings, "stage.steps=2"]), Photos.read([photographs])
    train(small, photos, options(tmp_path, time_limit=0.0))
    caplog.clear()
    train(small, photos, options(tmp_path, precision="bf16"), resume=True)
    assert "resumed with different precision: " in caplog.text
    assert [one["precision"] for one in checkpoint.load_checkpoint(tmp_path)["data"]] == ["fp32", "bf16"]


def test_a_time_limit_that_passes_with_the_last_step_is_no_reason_to_go_on(
    tmp_path: Path, settings: list[str], photographs: Path
) -> None:
    small = recipe.load_recipe("cmdsr_x4.plain", [*settings, "stage.steps=1"])
    assert train(small, Photos.read([photographs]), options(tmp_path, time_limit=0.0)) == "finished"


def test_what_is_watched_is_kept_beside_validations(tmp_path: Path, settings: list[str], photographs: Path) -> None:
    small, photos = recipe.load_recipe("cmdsr_x4.plain", [*settings, "stage.steps=2"]), Photos.read([photographs])
    watching = replace(options(tmp_path), watch=lambda method: {"watched": float(method.traits.scale)})
    train(small, photos, watching)
    assert [v["watched"] for v in checkpoint.load_checkpoint(tmp_path)["validations"]] == [4.0]


def test_losses_before_a_validation_count_after_it(tmp_path: Path, settings: list[str], photographs: Path) -> None:
    small = recipe.load_recipe("cmdsr_x4.plain", [*settings, "stage.steps=4", "stage.validate_every=3"])
    for name, every in (("each", 1), ("all", 4)):
        train(small, Photos.read([photographs]), options(tmp_path / name, log_every=every))
    lines = [(tmp_path / name / "log.jsonl").read_text().splitlines() for name in ("each", "all")]
    each, (mean,) = ([one["loss"] for one in map(json.loads, log) if one["kind"] == "train"] for log in lines)
    assert len(each) == 4
    assert mean == pytest.approx(sum(each) / 4)


@pytest.fixture
def two_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    """CMDSR trained twice in a row, as methods of several stages are."""
    single = registry.training("cmdsr")

    class Twice:
        STAGES: ClassVar = {"one": single.STAGES["stage"], "two": single.STAGES["stage"]}

        @staticmethod
        def stages(model: Any, recipes: Any) -> list[Any]:
            return [Alternating(model, values) for values in recipes.values()]

    monkeypatch.setattr(registry, "training", lambda _name: Twice)


def two_stage_recipe() -> recipe.Recipe:
    stage = {"steps": 6, "tasks": 2, "crop": 40, "images": 1, "restored": 2, "update": 2, "validate_every": 6}
    model = {"blocks": 1, "channels": 8, "support": 4, "patch": 8, "features": 8}
    values = {"name": "x", "method": "cmdsr", "held_out": 2, "model": model, "one": stage, "two": stage}
    return recipe.parse_recipe(values)


@pytest.mark.usefixtures("two_stages")
def test_stages_follow_each_other_and_resume_in_the_second(tmp_path: Path, photographs: Path) -> None:
    photos, whole = Photos.read([photographs]), two_stage_recipe()
    assert train(whole, photos, options(tmp_path / "unbroken")) == "finished"
    stops = iter([False] * 8 + [True])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("blindsr.train.loop._Runner._ending", lambda *_: "time" if next(stops) else None)
        assert train(whole, photos, options(tmp_path / "broken")) == "time"
    stopped = checkpoint.load_checkpoint(tmp_path / "broken")
    assert (stopped["stage"], stopped["step"]) == (1, 3)
    assert train(whole, photos, options(tmp_path / "broken"), resume=True) == "finished"
    assert same(tmp_path / "unbroken", tmp_path / "broken")
    done = checkpoint.load_checkpoint(tmp_path / "broken")
    assert [(v["stage"], v["step"]) for v in done["validations"]] == [("one", 6), ("two", 6)]
    assert done["seconds"] > stopped["seconds"]


@pytest.mark.usefixtures("two_stages")
def test_the_time_limit_is_that_of_the_call_not_of_each_stage(
    tmp_path: Path, photographs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds, crops = [0.0], Photos.crops

    def slow(*arguments: Any) -> torch.Tensor:
        seconds[0] += 1
        return crops(*arguments)

    monkeypatch.setattr("blindsr.train.loop.time", SimpleNamespace(monotonic=lambda: seconds[0]))
    monkeypatch.setattr(Photos, "crops", slow)
    limited = options(tmp_path, time_limit=8.0, ahead=False)
    assert train(two_stage_recipe(), Photos.read([photographs]), limited) == "time"
    stopped = checkpoint.load_checkpoint(tmp_path)
    assert (stopped["stage"], stopped["step"], stopped["seconds"]) == (1, 3, 9.0)


@pytest.mark.usefixtures("two_stages")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_while_the_end_of_a_stage_is_saved_is_heard(
    number: signal.Signals, tmp_path: Path, photographs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = checkpoint.save_checkpoint

    def interrupted(run: Path, state: checkpoint.State) -> None:
        if state["step"] == 6:
            signal.raise_signal(number)
        save(run, state)

    monkeypatch.setattr(checkpoint, "save_checkpoint", interrupted)
    photos = Photos.read([photographs])
    assert train(two_stage_recipe(), photos, options(tmp_path)) == "signal"
    assert (checkpoint.load_checkpoint(tmp_path)["stage"], checkpoint.load_checkpoint(tmp_path)["step"]) == (0, 6)
    assert train(two_stage_recipe(), photos, options(tmp_path), resume=True) == "finished"


def test_devices_that_there_are_not_get_one_sentence(tmp_path: Path, settings: list[str], photographs: Path) -> None:
    small = recipe.load_recipe("cmdsr_x4.plain", settings)
    with pytest.raises(BlindSRError, check=Code.DEVICE_UNAVAILABLE.matches):
        train(small, Photos.read([photographs]), options(tmp_path, device="tpu"))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_photographs_keep_their_bits_where_layers_compute_in_bf16(
    tmp_path: Path, settings: list[str], photographs: Path, precision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, autocast, prepare, losses = [], [], Alternating.prepare, Alternating.losses

    def prepared(self: Alternating, clean: torch.Tensor, *others: Any) -> Any:
        seen.append(clean)
        return prepare(self, clean, *others)

    def learned(self: Alternating, *arguments: Any) -> dict[str, torch.Tensor]:
        autocast.append(torch.is_autocast_enabled("cpu"))
        return losses(self, *arguments)

    monkeypatch.setattr(Alternating, "prepare", prepared)
    monkeypatch.setattr(Alternating, "losses", learned)
    small = recipe.load_recipe("cmdsr_x4.classic", [*settings, "stage.steps=1"])
    train(small, Photos.read([photographs]), options(tmp_path, precision=precision))
    (clean,) = seen
    assert autocast == [precision == "bf16"]
    levels = 255 * clean
    assert clean.dtype == torch.float32
    torch.testing.assert_close(levels, levels.round(), atol=1e-4, rtol=0)


TWO_PROCESSES = """
import os, sys, torch
from pathlib import Path
from blindsr.photos import Photos
from blindsr.train import loop, recipe

torch.set_num_threads(1)
run, folder, *settings = sys.argv[1:]
drawn, crops, end = [], Photos.crops, loop._Runner.run

def noted(self, *arguments):
    drawn.append(crops(self, *arguments))
    return drawn[-1]

def ended(self):
    ending = end(self)
    torch.save({"crops": drawn, "model": self.stage.method.state_dict()}, f"{run}.{self.fabric.global_rank}")
    return ending

Photos.crops, loop._Runner.run = noted, ended
options = loop.Options(Path(run), device="cpu", devices=2, precision="fp32", log_every=2)
loop.train(recipe.load_recipe("cmdsr_x4.classic", settings), Photos.read([folder]), options)
"""


def test_two_processes_see_other_crops_and_keep_the_same_weights(
    tmp_path: Path, settings: list[str], photographs: Path
) -> None:
    script, run = tmp_path / "two.py", tmp_path / "run"
    script.write_text(TWO_PROCESSES)
    changes = [*settings, "stage.steps=4", "stage.validate_every=4"]
    arguments = [sys.executable, str(script), str(run), str(photographs), *changes]
    subprocess.run(arguments, check=True, stderr=subprocess.DEVNULL, timeout=200)
    first, second = (torch.load(f"{run}.{rank}", weights_only=True) for rank in (0, 1))
    assert len(first["crops"]) == len(second["crops"]) == 4
    assert not any(torch.equal(a, b) for a in first["crops"] for b in second["crops"])
    assert all(torch.equal(value, second["model"][name]) for name, value in first["model"].items())
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert [(line["kind"], line["step"]) for line in lines] == [("train", 2), ("train", 4), ("validation", 4)]


def test_groups_move_only_when_due(tmp_path: Path, settings: list[str], photographs: Path) -> None:
    photos = Photos.read([photographs])
    models = []
    for every in (1, 2):
        changes = ["stage.steps=1", f"stage.update={every}"]
        train(recipe.load_recipe("cmdsr_x4.classic", [*settings, *changes]), photos, options(tmp_path / str(every)))
        models.append(checkpoint.load_checkpoint(tmp_path / str(every))["model"])
    due, not_due = models
    for name in due:
        assert torch.equal(due[name], not_due[name]) == (not name.startswith("condition_net")), name


def test_groups_begin_when_they_are_to(
    tmp_path: Path, settings: list[str], photographs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = Alternating.groups
    monkeypatch.setattr(Alternating, "groups", lambda stage: [replace(group, after=2) for group in groups(stage)])
    chosen = recipe.load_recipe("cmdsr_x4.classic", [*settings, "stage.steps=3"])
    train(chosen, Photos.read([photographs]), options(tmp_path / "run"))
    for state in checkpoint.load_checkpoint(tmp_path / "run")["optimizers"]:
        assert {float(values["step"]) for values in state["state"].values()} == {1.0}


def test_every_step_draws_anew_and_every_rank_its_own() -> None:
    seeds = {_mix(0, 0, rank, step, purpose) for rank in range(4) for step in range(50) for purpose in range(2)}
    assert len(seeds) == 400
