"""A run becomes weights that load, with a card that says how they were made."""

from pathlib import Path

import pytest
import torch

from blindsr import weights
from blindsr.errors import BlindSRError, Code
from blindsr.photos import Photos
from blindsr.train import checkpoint, recipe
from blindsr.train.export import Average, _without_folders, export_run
from blindsr.train.loop import Options, train


def test_the_averaged_weights_are_published(tmp_path: Path, settings: list[str], photographs: Path) -> None:
    small = recipe.load_recipe("cmdsr_x4.classic", [*settings, "stage.steps=10"])
    train(small, Photos.read([photographs]), Options(tmp_path / "run", device="cpu"))
    path = export_run(tmp_path / "run", tmp_path)
    loaded = weights.load_weights(path)
    average = checkpoint.load_checkpoint(tmp_path / "run")["average"]
    for name, value in loaded.method.state_dict().items():
        torch.testing.assert_close(value, average[name], atol=1e-3, rtol=1e-3)
    assert loaded.name == "cmdsr_x4.classic"
    assert loaded.card.recipe == small.to_dict()
    assert loaded.card.provenance["steps"] == 10
    assert loaded.card.provenance["stage"] == "stage"
    (data,) = loaded.card.provenance["data"]
    assert data["folders"] == [photographs.name]
    text = path.with_suffix(".md").read_text()
    assert "10 steps of stage `stage`" in text
    assert "| stage | 10 |" in text


def test_weights_of_a_run_are_averaged_with_others(tmp_path: Path, settings: list[str], photographs: Path) -> None:
    for name, seed in (("first", 1), ("second", 2)):
        changes = ["stage.steps=2", "model.discriminator=4", f"seed={seed}"]
        chosen = recipe.load_recipe("cmdsr_x4.classic", [*settings, *changes])
        train(chosen, Photos.read([photographs]), Options(tmp_path / name, device="cpu"))
    first, second = (export_run(tmp_path / name, tmp_path / f"{name}.out") for name in ("first", "second"))
    path = export_run(tmp_path / "second", tmp_path / "both", average=Average(str(first), 0.25))
    states = [weights.load_weights(one).method.state_dict() for one in (first, second, path)]
    for a, b, both in zip(*(state.values() for state in states), strict=True):
        torch.testing.assert_close(both, 0.75 * a + 0.25 * b, atol=1e-3, rtol=1e-3)
    made = weights.read_card(path).provenance["average"]
    assert made == {"name": first.name, "share": 0.25}  # without the folder
    assert "0.25 times" in path.with_suffix(".md").read_text()
    with pytest.raises(BlindSRError):
        export_run(tmp_path / "second", tmp_path, average=Average("mrda_x4.iso", 0.5))


def test_a_checkpoint_of_another_version_gets_one_sentence(
    tmp_path: Path, settings: list[str], photographs: Path
) -> None:
    small, photos = recipe.load_recipe("cmdsr_x4.plain", [*settings, "stage.steps=1"]), Photos.read([photographs])
    train(small, photos, Options(tmp_path, device="cpu"))
    state = checkpoint.load_checkpoint(tmp_path)
    for weights_of in ("model", "average"):
        state[weights_of]["another"] = state[weights_of].popitem()[1]
    checkpoint.save_checkpoint(tmp_path, state)
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        export_run(tmp_path, tmp_path)
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        train(small, photos, Options(tmp_path, device="cpu"), resume=True)


def test_without_a_run_there_is_nothing_to_export(tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        export_run(tmp_path, tmp_path)


def test_settings_keep_names_of_files_without_their_folders() -> None:
    settings = {
        "vivid": {"lpips": "/home/somebody/lpips.safetensors", "steps": 2},
        "chain": [{"file": "/a/b.pt"}, "x/y"],
    }
    wanted = {"vivid": {"lpips": "lpips.safetensors", "steps": 2}, "chain": [{"file": "b.pt"}, "x/y"]}
    assert _without_folders(settings) == wanted
