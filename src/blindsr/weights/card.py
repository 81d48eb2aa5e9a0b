"""Card of a weights file."""

from typing import Any, Literal

from blindsr.contract import StrictModel


class Card(StrictModel):
    """Stored as JSON in the metadata of a safetensors file."""

    version: Literal[1] = 1
    name: str
    """``method_xSCALE.tag``."""
    method: str
    config: dict[str, Any]
    """The method's ``Config``, from which the network is built."""
    recipe: dict[str, Any]
    """The recipe that trained it, defaults included."""
    provenance: dict[str, Any]
    """Steps, hours, data, validations, versions."""
    licence: str = "Apache-2.0"
