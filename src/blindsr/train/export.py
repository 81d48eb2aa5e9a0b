"""A finished (or any) run as weights to publish: one safetensors file and a card for people."""

import platform
from pathlib import Path
from typing import Any

import torch

from blindsr import __version__, files, weights
from blindsr.contract import Method
from blindsr.methods import registry
from blindsr.train import checkpoint
from blindsr.train import recipe as recipes
from blindsr.weights import known


def export(run: Path, folder: Path) -> Path:
    """Write a run's averaged weights to ``<name>.safetensors``, their card to ``<name>.md``, and enter both in a list.

    Args:
        run: folder of a run.
        folder: where the two files go.

    Returns:
        The path of the weights.

    Raises:
        BlindSRError: if the run has no checkpoint that can be read, or the folder cannot be written.
    """
    state, recipe, method = _trained(run)
    card = weights.Card(
        name=recipe.header.name,
        method=recipe.header.method,
        config=recipe.model.model_dump(mode="json"),
        recipe=state["recipe"],
        provenance=_provenance(state, recipe),
    )
    path = folder / f"{card.name}.safetensors"
    weights.save(path, method, card)
    files.write(path.with_suffix(".md"), _text(card))
    # Of the file as it was written, whose weights are rounded.
    known.note(path, weights.load(path).method)
    return path


def trained(run: Path) -> tuple[recipes.Recipe, Method[Any]]:
    """A run's recipe and its network with averaged weights, those that only training needs included.

    Raises:
        BlindSRError: if the run has no checkpoint that can be read.
    """
    _, recipe, method = _trained(run)
    return recipe, method.eval()


def _trained(run: Path) -> tuple[checkpoint.State, recipes.Recipe, Method[Any]]:
    state = checkpoint.load(run)
    recipe = recipes.parse(state["recipe"])
    method = registry.method_class(recipe.header.method)(recipe.model)
    checkpoint.fill(method, state["average"])
    return state, recipe, method


def _provenance(state: checkpoint.State, recipe: recipes.Recipe) -> dict[str, Any]:
    return {
        "stage": list(recipe.stages)[state["stage"]],
        "steps": state["step"],
        "began": state["began"],
        "hours": round(state["seconds"] / 3600, 2),
        "data": state["data"],
        "validations": state["validations"],
        "blindsr": __version__,
        "torch": torch.__version__,
        "machine": platform.machine(),
    }


def _text(card: weights.Card) -> str:
    made = card.provenance
    rows = "\n".join(
        f"| {v['stage']} | {v['step']} | {v['psnr']:.2f} | {v['bicubic']:.2f} |" for v in made["validations"]
    )
    photographs = ", then ".join(f"{one['photographs']} images\n({', '.join(one['folders'])})" for one in made["data"])
    began = f"\nThe run began with the weights of `{made['began']}`.\n" if made["began"] else ""
    return f"""# {card.name}

Method: {card.method}. Licence of the weights: {card.licence}.

Trained for {made["steps"]} steps of stage `{made["stage"]}` in {made["hours"]} hours on {photographs}, with
blindsr {made["blindsr"]} and torch {made["torch"]} on {made["machine"]}.
{began}
Written by `blindsr train --export RUN`; the recipe is in the file itself: `blindsr models show {card.name}`.

## Validation

PSNR (dB) on Y of BT.601 in studio range, border = scale, 8 bit, of {len(made["data"][-1]["held_out"])} training images
that were held out, each under its own degradation from the family that was trained on.

| stage | step | these weights | bicubic |
|---|---|---|---|
{rows}
"""
