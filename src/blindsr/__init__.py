"""Blind super-resolution of real photographs: unknown blur, noise and compression.

>>> import blindsr
>>> outcome = blindsr.restore_file("photo.jpg", "photo_x4.png")
>>> outcome.to_dict()["status"]
'done'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from blindsr import hooks
from blindsr.version import __version__ as __version__

if TYPE_CHECKING:
    from pathlib import Path

    from blindsr.contract import Hints
    from blindsr.degrade import Degradation
    from blindsr.errors import BlindSRError
    from blindsr.images import Metadata, Picture, read, write
    from blindsr.inference.load import load
    from blindsr.inference.upscaler import Upscaler
    from blindsr.pipeline.options import Options
    from blindsr.restore import restore_file

__all__ = [
    "BlindSRError",
    "Degradation",
    "Hints",
    "Metadata",
    "Options",
    "Picture",
    "Upscaler",
    "load",
    "read",
    "restore_file",
    "write",
]

# Resolved at first use, so that importing the package loads no torch.
_ROOMS = {
    "BlindSRError": "blindsr.errors",
    "Degradation": "blindsr.degrade",
    "Hints": "blindsr.contract",
    "Metadata": "blindsr.images",
    "Options": "blindsr.pipeline.options",
    "Picture": "blindsr.images",
    "Upscaler": "blindsr.inference.upscaler",
    "load": "blindsr.inference.load",
    "read": "blindsr.images",
    "restore_file": "blindsr.restore",
    "write": "blindsr.images",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module 'blindsr' has no attribute {name!r}")
    return getattr(import_module(_ROOMS[name]), name)


def _load_pretrained(name: "str | Path", revision: str | None) -> Any:
    from blindsr.inference.named import load_pretrained  # loads torch

    return load_pretrained(name, revision)


hooks.load_pretrained = _load_pretrained


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
