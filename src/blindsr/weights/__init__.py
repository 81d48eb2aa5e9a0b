"""Trained weights: files, cards, and the registry of those in the package."""

from blindsr.weights.card import Card
from blindsr.weights.detail import interpolate, load_with_detail, partner_of
from blindsr.weights.store import (
    Weights,
    available,
    build,
    find_weights,
    in_folder,
    inference_tensors,
    is_foreign,
    load_weights,
    name_of,
    parameters,
    read_card,
    save_weights,
)
from blindsr.weights.suits import with_role

__all__ = [
    "Card",
    "Weights",
    "available",
    "build",
    "find_weights",
    "in_folder",
    "inference_tensors",
    "interpolate",
    "is_foreign",
    "load_weights",
    "load_with_detail",
    "name_of",
    "parameters",
    "partner_of",
    "read_card",
    "save_weights",
    "with_role",
]
