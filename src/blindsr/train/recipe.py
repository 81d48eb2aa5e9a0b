"""Recipes: one YAML file per set of weights."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pydantic
import yaml

from blindsr.contract import StageRecipe, StrictModel
from blindsr.errors import BlindSRError, Code, suggestion
from blindsr.methods import registry

Schema = TypeVar("Schema", bound=StrictModel)


class Header(StrictModel):
    """Keys of all recipes besides model and stages."""

    name: str
    """Name of the weights, ``method_xSCALE.tag``."""
    method: str
    seed: int = pydantic.Field(0, ge=0, lt=2**63)
    held_out: int = pydantic.Field(8, gt=0, description="training photographs kept back to validate with")


@dataclass(frozen=True)
class Recipe:
    """A checked recipe."""

    header: Header
    model: StrictModel
    stages: dict[str, StageRecipe]

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain types for YAML or JSON, including defaults."""
        stages = {name: stage.model_dump(mode="json") for name, stage in self.stages.items()}
        return {**self.header.model_dump(mode="json"), "model": self.model.model_dump(mode="json"), **stages}


def load_recipe(name: str, settings: Iterable[str] = ()) -> Recipe:
    """Read a recipe.

    Args:
        name: name of a recipe in the package, or path of a file.
        settings: changed values, as ``key=value`` or ``section.key=value``.

    Raises:
        BlindSRError: unknown recipe, key or method (the message suggests a name), or an invalid value.
    """
    values = _read(name)
    for setting in settings:
        _set(values, setting)
    return parse_recipe(values)


def parse_recipe(values: Mapping[str, Any]) -> Recipe:
    """Convert the values of a YAML file to a recipe.

    Raises:
        BlindSRError: unknown key or method, or an invalid value.
    """
    if not isinstance(values.get("method"), str):
        known = ", ".join(registry.method_names())
        raise BlindSRError(f"a recipe needs the name of its method, 'method: NAME', one of {known}", Code.INVALID_FILE)
    schemas = registry.training(values["method"]).STAGES
    own = set(Header.model_fields)
    unknown = [key for key in values if key not in {*own, "model", *schemas}]
    if unknown:
        raise BlindSRError(_unknown(unknown[0], [*own, "model", *schemas], "a recipe"), Code.INVALID_FILE)
    header = _check(Header, {key: value for key, value in values.items() if key in own}, "")
    model = _check(registry.method_class(header.method).Config, values.get("model", {}), "model.")
    stages = {stage: _check(schema, values.get(stage, {}), f"{stage}.") for stage, schema in schemas.items()}
    _check_name(header.name, model)
    return Recipe(header, model, stages)


def _check_name(name: str, model: StrictModel) -> None:
    """Check that the scale in the name of weights is that of the model."""
    named, scale = re.search(r"_x(\d+)(?:\.|$)", name), getattr(model, "scale", None)
    if named and scale is not None and int(named[1]) != scale:
        raise BlindSRError(
            f"the name {name} has the scale {named[1]}, but model.scale is {scale}; change one of them",
            Code.INVALID_FILE,
        )


def _read(name: str) -> dict[str, Any]:
    packaged = registry.recipe_files()
    path = Path(name)
    if name not in packaged and not path.is_file():
        raise BlindSRError(
            f"unknown recipe {name!r}{suggestion(name, packaged)}; available: {', '.join(sorted(packaged))}",
            Code.UNKNOWN_NAME,
        )
    try:
        text = packaged.get(name, path).read_text(encoding="utf-8")
        values = yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError) as error:  # ValueError: an impossible date
        raise BlindSRError(f"cannot read the recipe {name}: {' '.join(str(error).split())}", Code.CANNOT_READ) from None
    if not isinstance(values, dict):
        raise BlindSRError(f"the recipe {name} is empty", Code.INVALID_FILE)
    return values


def _set(values: dict[str, Any], setting: str) -> None:
    path, equals, text = setting.partition("=")
    if not equals or not path:
        raise BlindSRError(f"expected a setting key=value or section.key=value, got {setting!r}")
    *sections, key = path.split(".")
    for section in sections:
        values = values.setdefault(section, {})
        if not isinstance(values, dict):
            raise BlindSRError(f"{section} in {setting!r} is a value, not a section")
    try:
        values[key] = yaml.safe_load(text)
    except (ValueError, yaml.YAMLError):
        raise BlindSRError(f"cannot read the value of {setting!r}", Code.CANNOT_READ) from None


def _check(schema: type[Schema], values: object, prefix: str) -> Schema:
    try:
        return schema.model_validate(values)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise BlindSRError(
                _unknown(prefix + key, [prefix + name for name in schema.model_fields], "a recipe"), Code.INVALID_FILE
            ) from None
        where = (prefix + key).strip(".")
        if first["type"] == "value_error":  # raised by a validator of several keys
            raise BlindSRError(f"{where} in the recipe: {first['ctx']['error']}", Code.INVALID_FILE) from None
        raise BlindSRError(
            f"{where} in the recipe: {first['msg']}, but it is {first['input']!r}", Code.INVALID_FILE
        ) from None


def _unknown(key: object, known: Iterable[str], where: str) -> str:
    known = sorted(known)
    return f"{where} has no key {key!r}{suggestion(key, known)}; it has {', '.join(known)}"
