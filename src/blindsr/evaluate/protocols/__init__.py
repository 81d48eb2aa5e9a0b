"""The published tables, one file for each paper; a file here with a ``PROTOCOLS`` is all that another paper needs."""

import difflib
import pkgutil
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from blindsr.errors import BlindSRError
from blindsr.evaluate.definition import Protocol
from blindsr.evaluate.recorded import recorded


@cache
def protocols() -> MappingProxyType[str, Protocol]:
    """All protocols by name, in the order of the papers' files."""
    modules = [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    return MappingProxyType({protocol.name: protocol for module in modules for protocol in module.PROTOCOLS})


def protocol(name: str) -> Protocol:
    """One protocol, or that of a record (``*.json``); `BlindSRError` names the nearest if there is no such name."""
    if name.endswith(".json"):
        return recorded(Path(name))
    known = protocols()
    if name in known:
        return known[name]
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0)
    raise BlindSRError(f"there is no protocol {name!r}; did you mean {nearest[0]!r}? There is {', '.join(known)}")
