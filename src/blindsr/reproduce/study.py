"""Studies: one YAML file for each table or figure of a paper, validated before it runs."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from itertools import product
from types import MappingProxyType
from typing import Any, Literal, Self

import pydantic
import yaml
from pydantic import Field

from blindsr.contract import StrictModel, first_error
from blindsr.errors import BlindSRError, Code, suggestion
from blindsr.evaluate import Protocol, RealProtocol, protocol, real_protocols
from blindsr.reproduce.drawings.kinds import Figure

BICUBIC = "bicubic"
"""Name of the variant for bicubic interpolation, at any scale."""

Quantity = Literal["parameters", "multiply-adds", "seconds"]
MeasureName = Literal["psnr", "ssim", "lpips"]
_UNITS = {"parameters": "parameters", "multiply-adds": "multiply-adds (G)", "seconds": "seconds"}


class Variant(StrictModel):
    """One training: a recipe and settings that change it."""

    recipe: str | None = Field(None, description="recipe of the paper's full schedule; the study's by default")
    short: str | None = Field(None, description="recipe for any other budget; the study's by default")
    settings: tuple[str, ...] = Field((), description="settings for either recipe, as of `blindsr train --set`")
    short_settings: tuple[str, ...] = Field((), description="settings for the short recipe only")
    init: str | None = Field(None, description="variant of the study, whose weights this one is initialised with")


class Column(StrictModel):
    """Column of a table: what is measured for each row."""

    label: str
    protocol: str | None = None
    data: str | None = None
    """Name of the data set."""
    measures: tuple[MeasureName, ...] = ("psnr",)
    quantity: Quantity | None = None
    size: tuple[int, int] = (128, 128)
    """Width and height of the LR image that a quantity is measured with, pixels."""

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the numbers in a cell."""
        return self.measures if self.quantity is None else (self.quantity,)


class Columns(StrictModel):
    """Group of columns: every protocol on every data set, or a quantity."""

    protocols: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    measures: tuple[MeasureName, ...] = ("psnr",)
    quantity: Quantity | None = None
    size: tuple[int, int] = (128, 128)
    labels: tuple[str, ...] = Field((), description="headings; protocol and data set by default")

    @pydantic.model_validator(mode="after")
    def _something_is_measured(self) -> Self:
        if not self.quantity and not (self.protocols and self.data):
            raise ValueError("columns need protocols and data, or a quantity")
        count = len(self.protocols) * len(self.data) or 1
        if self.labels and len(self.labels) != count:
            raise ValueError(f"there are {count} columns and {len(self.labels)} labels")
        return self

    def each(self) -> list[Column]:
        """Return the columns, protocol by protocol."""
        if self.quantity and not self.protocols:
            return [Column(label=self._label(0, _UNITS[self.quantity]), quantity=self.quantity, size=self.size)]
        return [
            Column(
                label=self._label(number, f"{protocol}, {data}"),
                protocol=protocol,
                data=data,
                measures=self.measures,
                quantity=self.quantity,
                size=self.size,
            )
            for number, (protocol, data) in enumerate(product(self.protocols, self.data))
        ]

    def _label(self, number: int, default: str) -> str:
        return self.labels[number] if self.labels else default


class Row(StrictModel):
    """One row: the paper's numbers, and the variants that reproduce them, if any."""

    label: str
    paper: str = Field("", description="cells separated by spaces; numbers of a cell by slashes; - for none")
    variants: tuple[str, ...] = Field((), description="variants to measure; of several, the one of a column's scale")
    steps: int | None = Field(None, ge=0, description="gradient steps on each image")
    teacher: bool = Field(False, description="whether the teacher restores the images, which uses the HR images too")
    scale: int | None = Field(None, description="scale to use the weights for; that of the training by default")
    part: str | None = Field(None, description="submodule whose parameters are counted; the whole model by default")
    kernel: bool = Field(False, description="whether the blur kernel is given when the time for a size is measured")


class Table(StrictModel):
    """One table, or one section of a large one."""

    title: str
    columns: tuple[Columns, ...] = Field(min_length=1)
    rows: tuple[Row, ...] = Field(min_length=1)

    @pydantic.model_validator(mode="after")
    def _cells_fit(self) -> Self:
        columns = self.each()
        for row in self.rows:
            cells = row.paper.split()
            if cells and len(cells) != len(columns):
                raise ValueError(f"{row.label!r} has {len(cells)} cells for {len(columns)} columns")
            for cell, column in zip(cells, columns, strict=bool(cells)):
                if cell != "-" and cell.count("/") + 1 != len(column.parts):
                    raise ValueError(f"{cell!r} of {row.label!r} should have {len(column.parts)} numbers")
        return self

    def each(self) -> list[Column]:
        """Return the columns of all groups."""
        return [column for group in self.columns for column in group.each()]

    def paper(self, row: Row) -> list[tuple[float | None, ...]]:
        """Return the published numbers of a row, cell by cell; None for missing numbers."""
        cells = row.paper.split() or ["-"] * len(self.each())
        return [
            tuple(None if part == "-" else float(part) for part in cell.split("/"))
            if cell != "-"
            else (None,) * len(column.parts)
            for cell, column in zip(cells, self.each(), strict=True)
        ]


class Watch(StrictModel):
    """Measurement at every validation of a training, in addition to held-out photographs; it selects no weights."""

    protocol: str
    data: str


class Study(StrictModel):
    """A published table or figure."""

    name: str
    title: str
    source: str
    """Paper, and table or figure."""
    convention: str
    """Convention of the paper's metrics, as far as it is known."""
    notes: str = ""
    """Details that the paper does not specify, and differences of this study from it."""
    recipe: str | None = Field(None, description="recipe of the paper's full schedule, unless a variant has its own")
    short: str | None = Field(None, description="recipe for other budgets, unless a variant has its own")
    settings: tuple[str, ...] = Field((), description="settings for all variants")
    variants: dict[str, Variant] = Field({}, description="trainings by name")
    watch: Watch | None = None
    tables: tuple[Table, ...] = ()
    figure: Figure | None = None

    @pydantic.model_validator(mode="after")
    def _names_are_known(self) -> Self:
        used = {name for table in self.tables for row in table.rows for name in row.variants}
        used |= set(self.figure.used()) if self.figure is not None else set()
        used |= {variant.init for variant in self.variants.values() if variant.init}
        if unknown := sorted(used - {*self.variants, BICUBIC}):
            raise ValueError(f"unknown variant {unknown[0]!r}")
        for name, variant in self.variants.items():
            if not (variant.recipe or self.recipe) or not (variant.short or self.short):
                raise ValueError(f"the variant {name!r} has no recipe")
        return self

    def recipe_of(self, name: str, *, full: bool) -> tuple[str, tuple[str, ...]]:
        """Return the name of the recipe that trains a variant, and its settings.

        Args:
            name: of the variant.
            full: whether to use the paper's full schedule.
        """
        variant = self.variants[name]
        long, short = variant.recipe or self.recipe, variant.short or self.short
        chosen = long if full else short
        assert chosen is not None
        return chosen, (*self.settings, *variant.settings, *(() if full else variant.short_settings))

    def has_lpips(self) -> bool:
        """Return whether a table has LPIPS."""
        return any("lpips" in column.measures for table in self.tables for column in table.each())

    def data(self) -> list[str]:
        """Return the names of the data sets that are used for measurements."""
        found = [column.data for table in self.tables for column in table.each() if column.data]
        found += [self.watch.data] if self.watch is not None else []
        return list(dict.fromkeys([*found, *(self.figure.sets() if self.figure is not None else ())]))


@cache
def studies() -> MappingProxyType[str, Study]:
    """Return all studies by name, paper by paper."""
    folder = files("blindsr.reproduce") / "studies"
    paths = sorted(path.name for path in folder.iterdir() if path.name.endswith(".yaml"))
    found = [parse_study(yaml.safe_load((folder / name).read_text(encoding="utf-8")), name[:-5]) for name in paths]
    return MappingProxyType({one.name: one for one in sorted(found, key=_place)})


def protocol_of(name: str) -> Protocol | RealProtocol:
    """Return a protocol by name, either of degradations or of pairs of real photographs."""
    real = real_protocols()
    return real[name] if name in real else protocol(name)


def study(name: str) -> Study:
    """Return a study by name.

    Raises:
        BlindSRError: unknown study; the message suggests a name.
    """
    known = studies()
    if name not in known:
        raise BlindSRError(
            f"unknown study {name!r}{suggestion(name, known)}; 'blindsr reproduce --list' lists them", Code.UNKNOWN_NAME
        )
    return known[name]


def parse_study(values: Mapping[str, Any], name: str) -> Study:
    """Create a study from the values of its file.

    Raises:
        BlindSRError: unknown key, or an invalid value.
    """
    try:
        return Study.model_validate({**values, "name": name})
    except pydantic.ValidationError as error:
        raise BlindSRError(f"study {name}: {first_error(error)}", Code.INVALID_FILE) from None


def _place(one: Study) -> tuple[str, bool, float, str]:
    """Return the sort key of a study: papers by name, tables before figures, then by number."""
    paper, kind, number = one.name.split("-", 2)
    digits = "".join(part for part in number if part.isdigit())
    return paper, kind == "figure", float(digits or 0), number
