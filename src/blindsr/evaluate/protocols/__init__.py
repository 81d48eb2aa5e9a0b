"""Published tables, one file per paper; a file with ``PROTOCOLS`` in this folder adds another paper."""

import pkgutil
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType, ModuleType

from blindsr.errors import BlindSRError, Code, suggestion
from blindsr.evaluate.definition import Protocol, RealProtocol, protocol_from_record


@cache
def protocols() -> MappingProxyType[str, Protocol]:
    """Return all protocols by name, in the order of their files."""
    found = [protocol for module in _modules() for protocol in getattr(module, "PROTOCOLS", ())]
    return MappingProxyType({protocol.name: protocol for protocol in found})


@cache
def real_protocols() -> MappingProxyType[str, RealProtocol]:
    """Return the protocols of real photographs, whose LR images come from files, by name."""
    found = [protocol for module in _modules() for protocol in getattr(module, "REAL", ())]
    return MappingProxyType({protocol.name: protocol for protocol in found})


def protocol(name: str) -> Protocol:
    """Return a protocol by name, or create it from a record (``*.json``).

    Raises:
        BlindSRError: unknown protocol (the message suggests a name), or an invalid record.
    """
    if name.endswith(".json"):
        return protocol_from_record(Path(name))
    known, real = protocols(), real_protocols()
    if name in known:
        return known[name]
    if name in real:
        raise BlindSRError(f"{name} is a protocol of real photographs; only evaluate supports it")
    every = [*known, *real]
    raise BlindSRError(
        f"unknown protocol {name!r}{suggestion(name, every)}; available: {', '.join(every)}", Code.UNKNOWN_NAME
    )


def _modules() -> list[ModuleType]:
    return [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
