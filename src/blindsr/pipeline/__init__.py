"""Restoration of files: single files, batches, images larger than memory, animations and pages.

`restore_all` restores the files that `plan` lists; `Options` holds all settings.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from blindsr.pipeline.batch import restore_all
    from blindsr.pipeline.options import Options
    from blindsr.pipeline.outcome import Outcome

__all__ = ["Options", "Outcome", "restore_all"]

# Resolved at first use: modules of this room import each other, and need not import all of it.
_MODULES = {"Options": "options", "Outcome": "outcome", "restore_all": "batch"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'blindsr.pipeline' has no attribute {name!r}")
    return getattr(import_module(f"blindsr.pipeline.{_MODULES[name]}"), name)
