"""Registry of methods: the folders of this package, and packages with an entry point ``blindsr.methods``.

Another package adds a method by an entry point of this group. Its name is that of the method, and its value is a
package with the same structure as the folders here: ``model``, ``training`` and a folder ``recipes``::

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
    """Schemas of the sections of a recipe by stage, in the order of training."""
    SMALL: dict[str, dict[str, Any]]
    """Settings of the stages for quick steps, for the tests of all methods."""
    stages: Callable[[Method[Any], dict[str, StageRecipe]], Sequence[Stage]]
    """Build the stages around one model, in order."""


def method_names() -> list[str]:
    """Return the names of all methods: those of this package, then those of other packages."""
    return list(_packages())


def method_class(name: str) -> type[Method[Any]]:
    """Import the class of a method.

    Raises:
        BlindSRError: unknown method, or its package does not contain one.
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
        BlindSRError: unknown method, or its package cannot be imported.
    """
    return cast("Training", _part(name, "training"))


def recipe_files() -> dict[str, Traversable]:
    """Return all recipes by name, such as ``cmdsr_x4.classic``."""
    found: dict[str, Traversable] = {}
    for package in _packages().values():
        try:
            folder = files(package) / "recipes"
        except ImportError:  # a package that cannot be imported raises an error when it is used
            continue
        entries = folder.iterdir() if folder.is_dir() else ()
        found.update({one.name.removesuffix(".yaml"): one for one in entries if one.name.endswith(".yaml")})
    return found


def _packages() -> dict[str, str]:
    """Return the package of each method; methods of this package cannot be replaced."""
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
