"""Published tables, one file for each paper; another paper needs only a file with ``PROTOCOLS`` here."""

import difflib
import pkgutil
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType, ModuleType

from blindsr.errors import BlindSRError, Code
from blindsr.evaluate.definition import Protocol, RealProtocol, protocol_from_record


@cache
def protocols() -> MappingProxyType[str, Protocol]:
    """All protocols by name, in the order of the papers' files."""
    found = [protocol for module in _modules() for protocol in getattr(module, "PROTOCOLS", ())]
    return MappingProxyType({protocol.name: protocol for protocol in found})


@cache
def real_protocols() -> MappingProxyType[str, RealProtocol]:
    """Protocols of real photographs, whose LR images come from files, by name."""
    found = [protocol for module in _modules() for protocol in getattr(module, "REAL", ())]
    return MappingProxyType({protocol.name: protocol for protocol in found})


def protocol(name: str) -> Protocol:
    """One protocol, or that of a record (``*.json``); `BlindSRError` names the nearest if there is no such name."""
    if name.endswith(".json"):
        return protocol_from_record(Path(name))
    known, real = protocols(), real_protocols()
    if name in known:
        return known[name]
    if name in real:
        raise BlindSRError(f"{name} is a protocol of real photographs; only evaluate supports it")
    every = [*known, *real]
    nearest = difflib.get_close_matches(name, every, n=1, cutoff=0)
    raise BlindSRError(
        f"unknown protocol {name!r}; did you mean {nearest[0]!r}? Available: {', '.join(every)}", Code.UNKNOWN_NAME
    )


def _modules() -> list[ModuleType]:
    return [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
