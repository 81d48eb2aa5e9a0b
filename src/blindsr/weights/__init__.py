"""Trained weights: files, cards, and the registry of those in the package."""

from blindsr.weights.card import Card
from blindsr.weights.detail import interpolate, with_detail
from blindsr.weights.store import (
    Weights,
    available,
    build,
    find,
    in_folder,
    is_foreign,
    load,
    name_of,
    parameters,
    read_card,
    save,
)

__all__ = [
    "Card",
    "Weights",
    "available",
    "build",
    "find",
    "in_folder",
    "interpolate",
    "is_foreign",
    "load",
    "name_of",
    "parameters",
    "read_card",
    "save",
    "with_detail",
]
