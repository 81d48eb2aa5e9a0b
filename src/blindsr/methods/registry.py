"""Registry of methods: the folders of this package, and packages with an entry point ``blindsr.methods``.

Another package adds a method by an entry point of that group, whose name is the method's and whose value is a module
that is laid out like the folders here, with ``model``, ``training`` and a folder ``recipes``::

    [project.entry-points."blindsr.methods"]
    mymethod = "mypackage.mymethod"
"""

import inspect
import pkgutil
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import ModuleType
from typing import Any, Protocol, cast

import blindsr.methods
from blindsr.contract import Method, Stage, StageRecipe
from blindsr.errors import BlindSRError, Code

GROUP = "blindsr.methods"
"""The group of entry points."""


class Training(Protocol):
    """Content of ``methods/<name>/training.py``."""

    STAGES: dict[str, type[StageRecipe]]
    """The stages in the order in which they run, each with the schema of its section of the recipe."""
    SMALL: dict[str, dict[str, Any]]
    """Settings of the stages that make a step quick, for the tests of every method."""
    stages: Callable[[Method[Any], dict[str, StageRecipe]], Sequence[Stage]]
    """Build the stages around one model, in order."""


def method_names() -> list[str]:
    """Names of all methods: those of this package, then those of others."""
    return list(_packages())


def method_class(name: str) -> type[Method[Any]]:
    """Import the class of a method.

    Raises:
        BlindSRError: there is no such method, or its package does not hold one.
    """
    module = _part(name, "model")
    classes = [one for _, one in inspect.getmembers(module, inspect.isclass) if one.__module__ == module.__name__]
    found: list[type[Method[Any]]] = [one for one in classes if issubclass(one, Method) and not inspect.isabstract(one)]
    if len(found) != 1:
        raise BlindSRError(
            f"{module.__name__} should define one method, a class derived from Method; {len(found)} found",
            Code.INVALID_FILE,
        )
    return found[0]


def training(name: str) -> Training:
    """Import the training module of a method.

    Raises:
        BlindSRError: there is no such method, or its package cannot be imported.
    """
    return cast("Training", _part(name, "training"))


def recipe_files() -> dict[str, Traversable]:
    """Every recipe by its name, e.g. ``cmdsr_x4.classic``."""
    found: dict[str, Traversable] = {}
    for package in _packages().values():
        try:
            folder = files(package) / "recipes"
        except ImportError:  # a package that is broken fails where it is used
            continue
        entries = folder.iterdir() if folder.is_dir() else ()
        found.update({one.name.removesuffix(".yaml"): one for one in entries if one.name.endswith(".yaml")})
    return found


def _packages() -> dict[str, str]:
    """The package of each method; this package's own cannot be replaced by others."""
    own = [module.name for module in pkgutil.iter_modules(blindsr.methods.__path__) if module.ispkg]
    others = {point.name: point.value for point in entry_points(group=GROUP)}
    mine = {name: f"{GROUP}.{name}" for name in own}
    return mine | {name: package for name, package in others.items() if name not in mine}


def _part(name: str, part: str) -> ModuleType:
    packages = _packages()
    if name not in packages:
        raise BlindSRError(f"unknown method {name!r}; available: {', '.join(packages)}", Code.UNKNOWN_NAME)
    try:
        return import_module(f"{packages[name]}.{part}")
    except ImportError as error:
        raise BlindSRError(
            f"the method {name} cannot be imported from {packages[name]}: {error}", Code.INVALID_FILE
        ) from error
