"""Comparison of models: PSNR under protocols, number of parameters, and time."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from blindsr.evaluate.definition import Protocol
from blindsr.evaluate.folder import DataSet
from blindsr.evaluate.run import evaluate, restore_with_hints
from blindsr.inference.upscaler import Upscaler
from blindsr.reproduce.measure import parameters, seconds

_SIDE = 128
"""Side of the LR image that the time is measured with, as in DMSR's Table B.5, pixels."""


@dataclass(frozen=True)
class ModelEntry:
    """One model."""

    model: str
    parameters: int
    """Number of parameters that are needed for restoration."""
    seconds: float
    """Median time for an LR image of 128x128 pixels, including the estimation of its degradation."""
    psnr: tuple[float, ...]
    """Mean PSNR under each protocol, dB."""


def compare(models: dict[str, Upscaler], protocols: Sequence[Protocol], data: DataSet) -> list[ModelEntry]:
    """Measure models under protocols; each model gets only the hints that its paper uses.

    Args:
        models: by name.
        protocols: degradations, all of the models' scale.
        data: test images.
    """
    entries = []
    for name, upscaler in models.items():
        values = []
        for protocol in protocols:
            (column,) = evaluate(restore_with_hints(upscaler, protocol), protocol, [data], model=name).columns
            values.append(column.model.psnr)
        entries.append(ModelEntry(name, parameters(upscaler), seconds(upscaler, (_SIDE, _SIDE)), tuple(values)))
    return entries


def markdown(entries: Sequence[ModelEntry], protocols: Sequence[Protocol], data_set: str) -> str:
    """Format a table with a row for each model; differences are to the first model."""
    head = ["model", "parameters", "seconds", *(f"{one.name} ({data_set})" for one in protocols)]
    rows = [head, ["---", *("---:" for _ in head[1:])]]
    for entry in entries:
        cells = [
            f"{psnr:.2f}" if entry is entries[0] else f"{psnr:.2f} ({psnr - first:+.2f})"
            for psnr, first in zip(entry.psnr, entries[0].psnr, strict=True)
        ]
        rows.append([entry.model, f"{entry.parameters / 1e6:.2f} M", f"{entry.seconds:.3f}", *cells])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def to_dict(entries: Sequence[ModelEntry], protocols: Sequence[Protocol], data_set: str) -> dict[str, Any]:
    """Convert to values for JSON."""
    names = [protocol.name for protocol in protocols]
    models = [{**asdict(entry), "psnr": dict(zip(names, entry.psnr, strict=True))} for entry in entries]
    return {"data_set": data_set, "side": _SIDE, "models": models}
