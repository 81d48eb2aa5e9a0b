"""The loop: resumed runs are the unbroken run, bit for bit, however they were stopped."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from blindsr.errors import BlindSRError
from blindsr.methods.cmdsr.model import CMDSR
from blindsr.photos import Photos
from blindsr.train import checkpoint, recipe
from blindsr.train.loop import Options, _mix, smallest_photo, train


def options(run: Path, **changes: Any) -> Options:
    return Options(run, device="cpu", precision="fp32", save_every=5, log_every=5, **changes)


def same(a: Path, b: Path) -> bool:
    """Whether two runs hold the same weights, averages and optimiser states, to the bit."""
    first, second = checkpoint.load(a), checkpoint.load(b)
    assert first["step"] == second["step"]
    tensors = [flat(s["model"]) + flat(s["average"]) + flat(s["optimizers"]) for s in (first, second)]
    assert len(tensors[0]) == len(tensors[1]) > 50
    return all(torch.equal(x, y) for x, y in zip(*tensors, strict=True))


def flat(values: Any) -> list[torch.Tensor]:
    if isinstance(values, torch.Tensor):
        return [values]
    children = values.values() if isinstance(values, dict) else values if isinstance(values, list) else ()
    return [tensor for child in children for tensor in flat(child)]


def test_ten_steps_and_ten_more_are_twenty(tmp_path: Path, settings: list[str], photographs: Path) -> None:
    photos, whole = Photos.read([photographs]), recipe.load("cmdsr_x4.classic", settings)
    assert train(whole, photos, options(tmp_path / "unbroken")) == "finished"
    stops = iter([False] * 9 + [True])
    broken = options(tmp_path / "broken")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("blindsr.train.loop._Runner._leave", lambda *_: "time" if next(stops) else None)
        assert train(whole, photos, broken) == "time"
    assert checkpoint.load(tmp_path / "broken")["step"] == 10
    assert train(whole, photos, broken, resume=True) == "finished"
    assert same(tmp_path / "unbroken", tmp_path / "broken")
    lines = [json.loads(line) for line in (tmp_path / "broken" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if line["kind"] == "train"] == [5, 10, 15, 20]
    assert [line["step"] for line in lines if line["kind"] == "validation"] == [10, 20]


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


def test_killed_and_terminated_runs_resume_to_the_unbroken_one(
    tmp_path: Path, settings: list[str], photographs: Path
) -> None:
    unbroken, stopped = tmp_path / "unbroken", tmp_path / "stopped"
    subprocess.run(command(unbroken, photographs, settings), check=True, stderr=subprocess.DEVNULL)
    assert interrupt(command(stopped, photographs, settings), stopped, signal.SIGKILL) == -signal.SIGKILL
    killed_at = checkpoint.load(stopped)["step"]
    resumed = command(stopped, photographs, settings, "--resume")
    assert interrupt(resumed, stopped, signal.SIGTERM) == 130
    assert killed_at < checkpoint.load(stopped)["step"] < 200
    subprocess.run(resumed, check=True, stderr=subprocess.DEVNULL)
    assert same(unbroken, stopped)


def test_a_finished_run_resumes_to_nothing(tmp_path: Path, settings: list[str], photographs: Path) -> None:
    photos, small = Photos.read([photographs]), recipe.load("cmdsr_x4.plain", [*settings, "stage.steps=3"])
    train(small, photos, options(tmp_path))
    before = flat(checkpoint.load(tmp_path)["model"])
    assert train(small, photos, options(tmp_path), resume=True) == "finished"
    assert all(torch.equal(a, b) for a, b in zip(before, flat(checkpoint.load(tmp_path)["model"]), strict=True))


def test_a_run_is_not_resumed_by_another_recipe(tmp_path: Path, settings: list[str], photographs: Path) -> None:
    photos = Photos.read([photographs])
    train(recipe.load("cmdsr_x4.plain", [*settings, "stage.steps=2"]), photos, options(tmp_path))
    other = recipe.load("cmdsr_x4.plain", [*settings, "stage.steps=2", "stage.lr=0.5"])
    with pytest.raises(BlindSRError, match=r"stage\.lr=0\.001, not 0\.5"):
        train(other, photos, options(tmp_path), resume=True)


def test_a_time_limit_saves_and_leaves(tmp_path: Path, settings: list[str], photographs: Path) -> None:
    small = recipe.load("cmdsr_x4.plain", settings)
    assert train(small, Photos.read([photographs]), options(tmp_path, time_limit=0.0)) == "time"
    assert checkpoint.load(tmp_path)["step"] == 1


def test_weights_to_begin_with_are_used(tmp_path: Path, settings: list[str], photographs: Path) -> None:
    small = recipe.load("cmdsr_x4.plain", [*settings, "stage.steps=1", "stage.lr=1e-12"])
    assert smallest_photo(small) == 40
    start = CMDSR(small.model)  # type: ignore[arg-type]
    train(small, Photos.read([photographs]), options(tmp_path), init=start)
    for name, value in checkpoint.load(tmp_path)["model"].items():
        torch.testing.assert_close(value, start.state_dict()[name], atol=1e-8, rtol=0)
    other = recipe.load("cmdsr_x4.plain", [*settings, "model.channels=4"])
    with pytest.raises(BlindSRError, match="another network"):
        train(other, Photos.read([photographs]), options(tmp_path / "other"), init=start)


def test_groups_move_only_when_due(tmp_path: Path, settings: list[str], photographs: Path) -> None:
    photos = Photos.read([photographs])
    models = []
    for every in (1, 2):
        changes = ["stage.steps=1", f"stage.update={every}"]
        train(recipe.load("cmdsr_x4.classic", [*settings, *changes]), photos, options(tmp_path / str(every)))
        models.append(checkpoint.load(tmp_path / str(every))["model"])
    due, not_due = models
    for name in due:
        assert torch.equal(due[name], not_due[name]) == (not name.startswith("condition_net")), name


def test_every_step_draws_anew_and_every_rank_its_own() -> None:
    seeds = {_mix(0, 0, rank, step, purpose) for rank in range(4) for step in range(50) for purpose in range(2)}
    assert len(seeds) == 400
