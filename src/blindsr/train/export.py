"""Export of a run: a safetensors file and a card."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from blindsr import files, weights
from blindsr.contract import Method
from blindsr.methods import registry
from blindsr.train import checkpoint, provenance
from blindsr.train import recipe as recipes
from blindsr.weights import known


@dataclass(frozen=True)
class Average:
    """Weights to average with those of a run (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022)."""

    name: str
    """Name or path of weights of the same network."""
    share: float
    """Share of the run's weights, from 0 to 1."""


def export_run(
    run: Path,
    folder: Path,
    began: tuple[str, checkpoint.Chain] | None = None,
    average: Average | None = None,
) -> Path:
    """Write a run's averaged weights to ``<name>.safetensors`` and their card to ``<name>.md``, and list them.

    Args:
        run: folder of a run.
        folder: output folder; its list of weights is updated (see `weights.known`).
        began: name and chain of the initial weights, if an older version recorded only the name.
        average: other weights to average those of the run with.

    Returns:
        The path of the weights.

    Raises:
        BlindSRError: the run has no readable checkpoint, the folder cannot be written, the initial weights are
            already recorded, or the weights to average with are of another network.
    """
    state, recipe, method = _trained(run)
    if began is not None:
        state["chain"] = provenance.completed(state["chain"], *began)
    made = provenance.run_provenance(state)
    if average is not None:
        made["average"] = asdict(average)
    card = weights.Card(
        name=recipe.header.name,
        method=recipe.header.method,
        config=recipe.model.model_dump(mode="json"),
        recipe=_without_folders(state["recipe"]),
        provenance=_without_folders(made),
    )
    path = folder / f"{card.name}.safetensors"
    if average is not None:
        own, other = weights.Weights(card.name, method, card, path), weights.load_weights(average.name)
        method = weights.interpolate(other, own, average.share).method
    weights.save_weights(path, method, card)
    files.write_file(path.with_suffix(".md"), _text(card))
    # The fingerprint must be that of the file, whose weights are rounded.
    known.record_known(path, weights.load_weights(path).method)
    return path


def _without_folders(value: Any) -> Any:
    """Replace absolute paths in settings by file names, since folders of the training machine are private."""
    if isinstance(value, Mapping):
        return {key: _without_folders(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_folders(item) for item in value]
    return Path(value).name if isinstance(value, str) and Path(value).is_absolute() else value


def trained(run: Path) -> tuple[recipes.Recipe, Method[Any]]:
    """Return a run's recipe and its network with averaged weights, including training-only submodules.

    Raises:
        BlindSRError: the run has no readable checkpoint.
    """
    _, recipe, method = _trained(run)
    return recipe, method.eval()


def _trained(run: Path) -> tuple[checkpoint.State, recipes.Recipe, Method[Any]]:
    state = checkpoint.load_checkpoint(run)
    recipe = recipes.parse_recipe(state["recipe"])
    method = registry.method_class(recipe.header.method)(recipe.model)
    checkpoint.fill_weights(method, state["average"])
    return state, recipe, method


def _text(card: weights.Card) -> str:
    made = card.provenance
    rows = "\n".join(
        f"| {v['stage']} | {v['step']} | {v['psnr']:.2f} | {v['bicubic']:.2f} |" for v in made["validations"]
    )
    photographs = ", then ".join(f"{one['photographs']} images\n({', '.join(one['folders'])})" for one in made["data"])
    return f"""# {card.name}

Method: {card.method}. Licence of the weights: {card.licence}.

Trained for {made["steps"]} steps of stage `{made["stage"]}` in {made["hours"]} hours on {photographs}, with
blindsr {made["blindsr"]} and torch {made["torch"]} on {made["machine"]}.
{_began(made)}{_average(made)}
`blindsr train --export` wrote this page. The weights file contains the recipe:
`blindsr models show {card.name} --yaml`.

## Validation

PSNR in dB (Y of BT.601 in studio range, border = scale, 8 bit) on {len(made["data"][-1]["held_out"])} photographs that
were held out of the training, each degraded at random as in training.

| stage | step | these weights | bicubic |
|---|---|---|---|
{rows}
"""


def _average(made: Mapping[str, Any]) -> str:
    """Describe the average of a run's weights with other ones."""
    if "average" not in made:
        return ""
    name, share = made["average"]["name"], made["average"]["share"]
    return f"\nThe weights are {share:g} times those of this training plus {1 - share:g} times `{name}`.\n"


def _began(made: Mapping[str, Any]) -> str:
    """Describe the initial weights of a run, with all runs that led to them."""
    if not made["began"]:
        return ""
    total = provenance.hours(made["chain"], made["hours"])
    rows = "\n".join(f"| {number} | {_link(entry)} |" for number, entry in enumerate(made["chain"], 1))
    return f"""
Training started from the weights `{made["began"]}`. All trainings together took {total} hours:

| | weights | trained |
|---|---|---|
{rows}
| {len(made["chain"]) + 1} | these | {made["steps"]} steps of `{made["stage"]}`, {made["hours"]} hours |
"""


def _link(entry: Mapping[str, Any]) -> str:
    """Format an entry of a chain as two cells of a table."""
    if "sha256" in entry:
        source = f": {entry['metadata']['source']}" if "source" in entry["metadata"] else ""
        return f"`{entry['name']}` | published by other authors{source}; SHA-256 {entry['sha256'][:16]}"
    if "steps" not in entry:
        return f"`{entry['name']}` | not recorded"
    images = ", then ".join(f"{one['photographs']} images ({', '.join(one['folders'])})" for one in entry["data"])
    stage = f" of `{entry['stage']}`" if "stage" in entry else ""
    return f"`{entry['name']}` | {entry['steps']} steps{stage}, {entry['hours']} hours on {images}"
