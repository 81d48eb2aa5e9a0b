"""A protocol of one's own: what was done to one image, done to all images of a data set."""

import dataclasses
from pathlib import Path

import torch

from blindsr.degrade import Degradation
from blindsr.degrade.record import load
from blindsr.evaluate import metrics
from blindsr.evaluate.definition import Protocol, seed_of


def recorded(path: Path) -> Protocol:
    """The protocol of a record that ``blindsr degrade`` wrote; each image has a seed of its own.

    Raises:
        BlindSRError: the file is no record of one image.
    """
    degradation = load(path)
    name = path.name.removesuffix(".json")

    def degradations(image: str) -> tuple[Degradation]:
        return (dataclasses.replace(degradation, seeds=torch.tensor([seed_of(name, image)])),)

    return Protocol(
        name=name,
        title=f"as {path.name} says, x{degradation.scale}",
        source="No published table",
        scale=degradation.scale,
        convention=metrics.y(degradation.scale),
        degradations=degradations,
        headline="no paper",
        paper={},
        rows={},
    )
