"""Provenance of weights: the run, and the chain of runs and files that it started from.

A chain is a list of plain values for JSON, the earliest entry first. Each entry has a ``name`` and is either a run
(recipe, steps of its last stage, hours, data, versions), a file of other authors (``sha256`` and its metadata), or
``unrecorded``, if an older version recorded only the name.
"""

import platform
from pathlib import Path
from typing import Any

import torch

from blindsr import weights
from blindsr.errors import BlindSRError, Code
from blindsr.train import checkpoint
from blindsr.train import recipe as recipes
from blindsr.train.checkpoint import Chain
from blindsr.version import __version__
from blindsr.weights import known


def run_provenance(state: checkpoint.State) -> dict[str, Any]:
    """Return the provenance of a run's weights, as stored in their card."""
    last = state["data"][-1]  # older runs did not record the device and the version of torch
    return {
        "stage": list(recipes.parse_recipe(state["recipe"]).stages)[state["stage"]],
        "steps": state["step"],
        "began": state["began"],
        "hours": round(state["seconds"] / 3600, 2),
        "data": state["data"],
        "validations": state["validations"],
        "blindsr": __version__,
        "torch": last.get("torch", str(torch.__version__)),
        "machine": last.get("device", platform.machine()),
        "chain": state["chain"],
    }


def chain_after_run(state: checkpoint.State) -> Chain:
    """Return the chain of a run that starts from another run's weights."""
    return [*state["chain"], _entry(state["recipe"]["name"], state["recipe"], run_provenance(state))]


def chain_after_weights(card: weights.Card) -> Chain:
    """Return the chain of a run that starts from weights written by blindsr."""
    made = card.provenance
    chain = made["chain"] if "chain" in made else checkpoint.unrecorded(made.get("began"))
    return [*chain, _entry(card.name, card.recipe, made)]


def chain_after_file(path: Path, metadata: dict[str, str]) -> Chain:
    """Return the chain of a run that starts from a file of other authors."""
    return [{"name": path.stem, "sha256": known.digest(path), "metadata": metadata}]


def completed(chain: Chain, name: str, known_chain: Chain) -> Chain:
    """Replace the unrecorded entry of some weights in a chain by the chain that ends in these weights.

    Raises:
        BlindSRError: there is no such entry.
    """
    places = [place for place, entry in enumerate(chain) if "unrecorded" in entry and entry["name"] == name]
    if not places:
        raise BlindSRError(f"the run did not start from {name}, or its history is already recorded", Code.INCOMPATIBLE)
    return [*known_chain, *chain[places[0] + 1 :]]


def hours(chain: Chain, last: float) -> float:
    """Return the recorded training time of a chain and of the run after it, which took ``last`` hours."""
    return round(sum((float(entry.get("hours", 0)) for entry in chain), last), 2)


def _entry(name: str, recipe: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """Return the entry of a run: without the names of images, and with only the last validation."""
    photographs = made.get("data", [])
    listed = [photographs] if isinstance(photographs, dict) else photographs  # older cards have one entry
    data = [{**one, "held_out": len(one["held_out"])} for one in listed]
    kept: dict[str, Any] = {
        key: made[key] for key in ("stage", "steps", "hours", "blindsr", "torch", "machine") if key in made
    }
    return {"name": name, **kept, "data": data, "validation": (made.get("validations") or [None])[-1], "recipe": recipe}
