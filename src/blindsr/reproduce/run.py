"""Run of a study: train missing variants, measure, draw, and write the results to a folder."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from blindsr import files
from blindsr.devices import find_device
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate import DataSet, data_sets_of
from blindsr.evaluate.measures import perceptual
from blindsr.evaluate.photographs import PhotographSet, pairs_below
from blindsr.inference.upscaler import Upscaler
from blindsr.reproduce.budget import Budget
from blindsr.reproduce.drawings import figure
from blindsr.reproduce.drawings.kinds import training
from blindsr.reproduce.measure import MeasuredCell, Meter
from blindsr.reproduce.report import Report
from blindsr.reproduce.runs import Runs, Trained
from blindsr.reproduce.study import BICUBIC, Row, Study, Table, protocol_of

_RECORD = "study.json"


@dataclass(frozen=True)
class Request:
    """Settings of a reproduction."""

    study: Study
    out: Path
    data: tuple[Path, ...]
    """Folders of test images, which have the names of the data sets."""
    train: tuple[Path, ...] = ()
    """Folders of photographs to train with."""
    budget: Budget = field(default_factory=lambda: Budget.parse("30m"))
    seeds: int = 1
    """Number of trainings of each variant, with different seeds."""
    use: Mapping[str, str] = field(default_factory=dict)
    """Weights or folders of runs, by the variant that they are used for instead of training it."""
    lpips: Path | None = None
    """Weights of LPIPS on AlexNet, for tables with LPIPS."""
    limit: int | None = None
    """Maximum number of images of each data set."""
    settings: tuple[str, ...] = ()
    """Settings that are applied to every recipe, as of ``blindsr train --set``."""
    device: str = "auto"
    precision: str = "auto"
    """Floating-point format of measurements and trainings: ``auto``, ``fp32`` or ``bf16``."""


def reproduce(request: Request, say: Callable[[str], None] = lambda _: None) -> Report:
    """Reproduce a study, or resume an interrupted reproduction.

    Args:
        request: the study and its settings.
        say: receives progress messages.

    Raises:
        BlindSRError: the folder belongs to another study or budget, data are missing, or drawing is not possible.
        KeyboardInterrupt: a signal came during a training, which is saved.
    """
    study, out = request.study, request.out
    libraries = ("matplotlib", *(study.figure.libraries() if study.figure is not None else ()))
    sets = {one.name.lower(): one for one in data_sets_of(request.data, request.limit)} if request.data else {}
    real = {one.name.lower(): one for one in pairs_below(request.data, request.limit)}
    found: dict[str, DataSet | PhotographSet] = {**real, **sets}
    missing = tuple(name for name in study.data() if name.lower() not in found)
    _claim(request)
    figure.check_figure(out / "figure.svg", libraries)
    if missing:  # said before the trainings, which may take days
        say(f"--data has no folder of this name, so its results stay empty: {', '.join(missing)}")
    work = Work.of(request, sets, real, say)
    work.measure()
    plot, drawn = study.figure.draw(work) if study.figure is not None else (None, {})
    report = Report(
        study,
        request.budget.text,
        request.seeds,
        work.cells,
        tuple(work.trained),
        missing=missing,
        partial=tuple(name for name in study.data() if name not in missing and not found[name.lower()].whole),
        drawn=drawn,
    )
    curves = training(work.trained, f"{study.name}, budget {request.budget.text}")
    for stem, one in (("figure", plot), ("training", curves)):
        if one is not None:
            figure.save_figure(one, out / f"{stem}.svg")
            figure.save_figure(one, out / f"{stem}.png")
    files.write_file(out / "table.md", report.markdown())
    files.write_file(out / "table.json", json.dumps(report.to_dict(), indent=1, allow_nan=False) + "\n")
    return report


@dataclass
class Work:
    """Reproduction in progress."""

    runs: Runs
    seeds: int
    sets: dict[str, DataSet]
    meter: Meter
    trained: list[Trained] = field(default_factory=list)
    cells: dict[tuple[int, int, int], MeasuredCell] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        request: Request,
        sets: dict[str, DataSet],
        real: dict[str, PhotographSet],
        say: Callable[[str], None],
    ) -> "Work":
        """Train every variant, before anything is measured."""
        runs = Runs(
            request.study,
            request.out,
            request.budget,
            request.train,
            options={"device": request.device, "precision": request.precision},
            given=request.use,
            precision=request.precision,
            settings=request.settings,
            sets=sets,
            say=say,
        )
        more = [] if request.lpips is None else perceptual(alex=request.lpips, device=find_device(request.device))
        work = cls(runs, request.seeds, sets, Meter(sets, real, more, say))
        for seed in range(request.seeds):
            work.trained += [runs.train(name, seed) for name in _in_order(request.study)]
        return work

    def upscaler(self, variant: str) -> Upscaler:
        """Return the model of a variant, trained with the first seed."""
        return self.runs.upscaler(variant)

    def upscalers(self, variant: str) -> Iterator[Upscaler]:
        """Load the models of a variant one after the other, one for each seed."""
        return (self.runs.upscaler(variant, seed) for seed in range(self._seeds(variant)))

    def paper(self, table: int, row: int, column: int) -> float | None:
        """Return the first published number of a cell; None if there is none."""
        chosen = self.runs.study.tables[table]
        return chosen.paper(chosen.rows[row])[column][0]

    def check_teacher(self, variant: str) -> None:
        """Check that a variant has a teacher, which published weights omit."""
        self.runs.check_teacher(variant)

    def teacher_rates(self, variant: str) -> tuple[float, ...]:
        """Return the step sizes on each LR-HR pair that a variant's teacher was trained with."""
        return self.runs.rates(variant)

    def measure(self) -> None:
        """Fill the cells of all tables."""
        for number, table in enumerate(self.runs.study.tables):
            for place, row in enumerate(table.rows):
                for variant in row.variants:
                    self._row((number, place), table, row, variant)

    def _row(self, at: tuple[int, int], table: Table, row: Row, variant: str) -> None:
        """Fill those cells of a row whose scale is that of a variant."""
        if row.teacher:
            self.runs.check_teacher(variant)
        scales = [row.scale] if variant != BICUBIC else sorted(_scales(table))
        found: dict[int, list[tuple[float, ...]]] = {}
        for seed, scale in product(range(self._seeds(variant)), scales):
            upscaler = self.runs.upscaler(variant, seed, scale)
            rates = self.runs.rates(variant, seed) if row.teacher else ()
            for number, column in enumerate(table.each()):
                cell = self.meter.cell((variant, seed, scale), upscaler, row, column, rates)
                if cell is not None:
                    found.setdefault(number, []).append(cell)
        self.cells.update({(*at, number): MeasuredCell.of(cells) for number, cells in found.items()})

    def _seeds(self, variant: str) -> int:
        """Return the number of models of a variant."""
        return 1 if variant == BICUBIC or variant in self.runs.given else self.seeds


def _scales(table: Table) -> set[int]:
    return {protocol_of(column.protocol).scale or 4 for column in table.each() if column.protocol is not None}


def _in_order(study: Study) -> list[str]:
    """Return the variants, each after the one that initialises it."""
    ordered: list[str] = []

    def add(name: str, path: tuple[str, ...] = ()) -> None:
        if name in path:
            raise BlindSRError(f"{study.name}: variant {name} is initialised from itself", Code.INVALID_FILE)
        begin = study.variants[name].init
        if begin is not None:
            add(begin, (*path, name))
        if name not in ordered:
            ordered.append(name)

    for name in study.variants:
        add(name)
    return ordered


def _claim(request: Request) -> None:
    """Create the folder of this study, or check that it belongs to it."""
    record: dict[str, Any] = {
        "study": request.study.name,
        "budget": request.budget.text,
        "settings": list(request.settings),
    }
    path = request.out / _RECORD
    files.make_folder(request.out)
    if not path.is_file():
        if any(request.out.iterdir()):
            raise BlindSRError(f"{request.out} contains other files; choose a new folder", Code.FILE_EXISTS)
        files.write_file(path, json.dumps(record, indent=1) + "\n")
        return
    try:
        known = json.loads(files.read_text(path))
    except ValueError:
        raise BlindSRError(f"{path} is corrupt; choose a new folder", Code.INVALID_FILE) from None
    changed = [key for key, value in record.items() if known.get(key) != value]
    if changed and [one.name for one in request.out.iterdir()] == [_RECORD]:
        files.write_file(path, json.dumps(record, indent=1) + "\n")  # the call that created it did nothing else
    elif changed:
        key = changed[0]
        raise BlindSRError(
            f"{request.out} has the {key} {known.get(key)}, not {record[key]}; choose a new folder",
            Code.CONFLICTING_OPTIONS,
        )
