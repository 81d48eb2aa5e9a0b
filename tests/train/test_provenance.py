"""Cards of weights made by chains of runs tell the whole chain."""

import hashlib
from pathlib import Path

import pytest
import safetensors.torch
import torch

from blindsr import weights
from blindsr.errors import BlindSRError, Code
from blindsr.photos import Photos
from blindsr.train import checkpoint, provenance, recipe
from blindsr.train.export import export_run
from blindsr.train.loop import Options, train
from blindsr.train.start import InitialWeights, read_start


def _run(folder: Path, settings: list[str], photographs: Path, start: InitialWeights | None, *, steps: int) -> Path:
    small = recipe.load_recipe("cmdsr_x4.plain", [*settings, f"stage.steps={steps}", "stage.lr=1e-12"])
    train(small, Photos.read([photographs]), Options(folder, device="cpu"), start=start)
    return folder


def test_a_card_has_every_run_and_the_file_that_it_all_began_with(
    tmp_path: Path, settings: list[str], photographs: Path
) -> None:
    first = _run(tmp_path / "first", settings, photographs, None, steps=1)
    tensors = {
        name.removeprefix("base."): value.contiguous()
        for name, value in checkpoint.load_checkpoint(first)["average"].items()
    }
    foreign = tmp_path / "theirs.safetensors"
    safetensors.torch.save_file(tensors, foreign, {"source": "its authors"})
    second = _run(tmp_path / "second", settings, photographs, read_start(str(foreign)), steps=2)
    third = _run(tmp_path / "third", settings, photographs, read_start(str(second)), steps=3)
    path = export_run(third, tmp_path / "third")
    fourth = _run(tmp_path / "fourth", settings, photographs, read_start(str(path)), steps=4)
    path = export_run(fourth, tmp_path / "fourth")

    card = weights.read_card(path)
    theirs, two, three = card.provenance["chain"]
    assert theirs == {
        "name": "theirs",
        "sha256": hashlib.sha256(foreign.read_bytes()).hexdigest(),
        "metadata": {"source": "its authors"},
    }
    for entry, steps in ((two, 2), (three, 3)):
        assert (entry["name"], entry["stage"], entry["steps"]) == ("cmdsr_x4.plain", "stage", steps)
        assert entry["recipe"]["stage"]["steps"] == steps
        assert [one["folders"] for one in entry["data"]] == [[photographs.name]]
        assert entry["data"][0]["held_out"] == 2
        assert entry["hours"] >= 0
    assert (card.provenance["began"], card.provenance["steps"]) == ("cmdsr_x4.plain", 4)

    page = path.with_suffix(".md").read_text(encoding="utf-8")
    assert "| 1 | `theirs` | published by other authors: its authors; SHA-256" in page
    assert "| 2 | `cmdsr_x4.plain` | 2 steps of `stage`" in page
    assert "| 4 | these | 4 steps of `stage`" in page


@pytest.mark.parametrize("told", [False, True])
def test_a_chain_stays_when_a_run_goes_on(told: bool, tmp_path: Path, settings: list[str], photographs: Path) -> None:
    small = recipe.load_recipe("cmdsr_x4.plain", [*settings, "stage.steps=2"])
    start = InitialWeights("a", recipe_weights(settings), [{"name": "a", "hours": 2.0}])
    photos, options = Photos.read([photographs]), Options(tmp_path, device="cpu", time_limit=0.0)
    assert train(small, photos, options, start=start) == "time"
    state = checkpoint.load_checkpoint(tmp_path)
    assert state["chain"] == start.chain
    if told:  # an older version left the name alone
        checkpoint.save_checkpoint(tmp_path, {**state, "chain": checkpoint.unrecorded("a")})
    train(small, photos, Options(tmp_path, device="cpu"), resume=True, start=start if told else None)
    resumed = checkpoint.load_checkpoint(tmp_path)
    assert (resumed["step"], resumed["chain"]) == (2, start.chain)


def recipe_weights(settings: list[str]) -> dict[str, torch.Tensor]:
    """Weights of the small network."""
    from blindsr.methods.cmdsr.model import CMDSR

    return CMDSR(recipe.load_recipe("cmdsr_x4.plain", settings).model).state_dict()  # type: ignore[arg-type]


def test_cards_of_older_versions_begin_chains_that_say_what_is_not_known() -> None:
    for path in weights.available().values():
        card = weights.read_card(path)
        chain = provenance.chain_after_weights(card)
        assert chain[-1]["name"] == card.name
        assert chain[-1]["steps"] == card.provenance["steps"]
        if card.provenance.get("began") and "chain" not in card.provenance:
            assert chain[0] == {"name": card.provenance["began"], "unrecorded": True}


def test_what_an_older_version_did_not_record_can_be_told_when_weights_are_written(
    tmp_path: Path, settings: list[str], photographs: Path
) -> None:
    run = _run(tmp_path / "run", settings, photographs, InitialWeights("a", recipe_weights(settings)), steps=1)
    state = checkpoint.load_checkpoint(run)
    later = {"name": "b", "hours": 1.0}
    checkpoint.save_checkpoint(run, {**state, "began": "b", "chain": [*checkpoint.unrecorded("a"), later]})
    earlier = [{"name": "z", "hours": 3.0}, {"name": "a", "hours": 2.0}]
    card = weights.read_card(export_run(run, tmp_path, ("a", earlier)))
    assert card.provenance["chain"] == [*earlier, later]
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        export_run(run, tmp_path, ("b", earlier))


def test_hours_are_those_of_all_runs_that_are_known() -> None:
    chain: checkpoint.Chain = [
        {"name": "a", "sha256": "0"},
        {"name": "b", "hours": 1.25},
        {"name": "c", "unrecorded": True},
    ]
    assert provenance.hours(chain, 0.5) == 1.75


def test_a_card_names_the_machine_that_trained_and_not_the_one_that_exports(
    tmp_path: Path, settings: list[str], photographs: Path
) -> None:
    run = _run(tmp_path / "run", settings, photographs, None, steps=1)
    state = checkpoint.load_checkpoint(run)
    assert state["data"][-1]["torch"] == str(torch.__version__)
    elsewhere = [{**state["data"][-1], "torch": "2.11.0+cu130", "device": "NVIDIA H200"}]
    checkpoint.save_checkpoint(run, {**state, "data": elsewhere})
    made = weights.read_card(export_run(run, tmp_path)).provenance
    assert (made["torch"], made["machine"]) == ("2.11.0+cu130", "NVIDIA H200")
