"""Provenance of weights: the run, and the chain of runs and files that it started from.

A chain is a list of plain values for JSON, the earliest entry first. Each entry has a ``name`` and is either a run
(recipe, steps of its last stage, hours, data, versions), a file of other authors (``sha256``, and what its metadata
say), or ``unrecorded``, where an older version recorded only the name.
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
    """The provenance of a run's weights, as its card holds it."""
    last = state["data"][-1]  # older runs did not note where they ran
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
    """The chain of what begins with a run's weights."""
    return [*state["chain"], _entry(state["recipe"]["name"], state["recipe"], run_provenance(state))]


def chain_after_weights(card: weights.Card) -> Chain:
    """The chain of what begins with published weights of this package."""
    made = card.provenance
    chain = made["chain"] if "chain" in made else checkpoint.unrecorded(made.get("began"))
    return [*chain, _entry(card.name, card.recipe, made)]


def chain_after_file(path: Path, metadata: dict[str, str]) -> Chain:
    """The chain of what begins with a file of other authors."""
    return [{"name": path.stem, "sha256": known.digest(path), "metadata": metadata}]


def completed(chain: Chain, name: str, known_chain: Chain) -> Chain:
    """A chain whose unrecorded entry of a name is replaced by the chain that ends in the weights of that name.

    Raises:
        BlindSRError: there is no such entry.
    """
    places = [place for place, entry in enumerate(chain) if "unrecorded" in entry and entry["name"] == name]
    if not places:
        raise BlindSRError(f"the run did not start from {name}, or its history is already recorded", Code.INCOMPATIBLE)
    return [*known_chain, *chain[places[0] + 1 :]]


def hours(chain: Chain, last: float) -> float:
    """Time that a chain and the run that ends it took, as far as it is recorded."""
    return round(sum((float(entry.get("hours", 0)) for entry in chain), last), 2)


def _entry(name: str, recipe: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """Record of an earlier run: without the names of images, and with only the last validation."""
    photographs = made.get("data", [])
    listed = [photographs] if isinstance(photographs, dict) else photographs  # older cards have one entry
    data = [{**one, "held_out": len(one["held_out"])} for one in listed]
    kept: dict[str, Any] = {
        key: made[key] for key in ("stage", "steps", "hours", "blindsr", "torch", "machine") if key in made
    }
    return {"name": name, **kept, "data": data, "validation": (made.get("validations") or [None])[-1], "recipe": recipe}
