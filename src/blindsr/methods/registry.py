"""The one place that lists the methods; a fifth one adds its folder and a line here."""

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Protocol, cast

from blindsr.contract import Method, Stage, StageRecipe
from blindsr.errors import BlindSRError

_CLASSES = {"cmdsr": "CMDSR", "mzsr": "MZSR", "dmsr": "DMSR", "mrda": "MRDA"}


class Training(Protocol):
    """What ``methods/<name>/training.py`` offers."""

    STAGES: dict[str, type[StageRecipe]]
    """The stages in the order in which they run, each with the schema of its section of the recipe."""
    stages: Callable[[Method[Any], dict[str, StageRecipe]], Sequence[Stage]]
    """Build the stages around one model, in order."""


def names() -> list[str]:
    """Names of all methods, in the order of the registry."""
    return list(_CLASSES)


def method_class(name: str) -> type[Method[Any]]:
    """The class of a method, imported now."""
    if name not in _CLASSES:
        raise BlindSRError(f"there is no method {name!r}; there is {', '.join(_CLASSES)}")
    module = import_module(f"blindsr.methods.{name}.model")
    return cast("type[Method[Any]]", getattr(module, _CLASSES[name]))


def training(name: str) -> Training:
    """The training half of a method, imported now."""
    method_class(name)
    return cast("Training", import_module(f"blindsr.methods.{name}.training"))


def recipe_files() -> dict[str, Traversable]:
    """Every recipe in the package by its name, e.g. ``cmdsr_x4.classic``."""
    found = (entry for name in _CLASSES for entry in (files("blindsr.methods") / name / "recipes").iterdir())
    return {entry.name.removesuffix(".yaml"): entry for entry in found if entry.name.endswith(".yaml")}
