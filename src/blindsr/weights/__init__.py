"""Trained weights: files, cards, and the registry of those in the package."""

from blindsr.weights.card import Card
from blindsr.weights.store import Weights, available, find, load, name_of, parameters, read_card, save

__all__ = ["Card", "Weights", "available", "find", "load", "name_of", "parameters", "read_card", "save"]
