"""Trainings of a study: the run of each variant is started, resumed or, if finished, only loaded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from blindsr import weights
from blindsr.contract import Method
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate import DataSet, evaluate, protocol
from blindsr.evaluate.run import restore_with_hints
from blindsr.inference import Bicubic, Upscaler
from blindsr.photos import Photos
from blindsr.reproduce.budget import Budget, fitted
from blindsr.reproduce.study import BICUBIC, Study
from blindsr.train import checkpoint
from blindsr.train.export import trained
from blindsr.train.loop import Options, train
from blindsr.train.planned import smallest_photo
from blindsr.train.recipe import Recipe, load_recipe, parse_recipe
from blindsr.train.start import read_start

Say = Callable[[str], None]


@dataclass(frozen=True)
class Trained:
    """Result of a training of a variant."""

    variant: str
    seed: int
    folder: Path | None
    """Folder of the run; None for weights that were given."""
    source: str
    """Name of the recipe, or of weights that were given."""
    steps: int
    """Total number of steps of all stages."""
    full: int
    """Number of steps of the paper's schedule; 0 for weights that were given."""
    hours: float
    """Time of the training, hours."""
    curve: tuple[tuple[int, float, float], ...] = ()
    """Validations: number of steps so far, PSNR on held-out photographs, and that of bicubic interpolation, dB."""
    watched: tuple[tuple[int, float], ...] = ()
    """Validations: number of steps so far, and PSNR of the measurement that the study adds, dB."""

    def sentence(self) -> str:
        """Describe the progress of training."""
        if self.folder is None:
            return f"{self.variant}: {self.source}, not trained here"
        part = f"{self.steps:,} steps of {self.source} in {self.hours:.2f} hours (the paper's schedule: {self.full:,})"
        head = f"{self.variant} (seed {self.seed}): {part}"
        if not self.curve:
            return f"{head}; no validation"
        first, last = self.curve[0], self.curve[-1]
        gain = last[1] - self.curve[-2][1] if len(self.curve) > 1 else 0.0
        return (
            f"{head}; held-out PSNR {_bars([psnr for _, psnr, _ in self.curve])} {first[1]:.2f} to {last[1]:.2f} dB "
            f"({gain:+.2f} since the validation before; bicubic {last[2]:.2f})"
        )


@dataclass
class Runs:
    """All trainings of a study in a folder."""

    study: Study
    folder: Path
    budget: Budget
    train_folders: Sequence[Path]
    options: Mapping[str, Any]
    """Fields of `blindsr.train.loop.Options` for every training, without ``run``."""
    given: Mapping[str, str] = field(default_factory=dict)
    """Weights or folders of runs, by the variant that they are used for instead of training it."""
    precision: Any = "auto"
    """Floating-point format of measurements."""
    settings: Sequence[str] = ()
    """Settings that are applied to every recipe, as of ``blindsr train --set``."""
    sets: Mapping[str, DataSet] = field(default_factory=dict)
    """Test images, by the name of the data set in lower case."""
    say: Say = lambda _: None
    _photos: dict[int, Photos] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.given) - set(self.study.variants)):
            raise BlindSRError(
                f"{self.study.name} has no variant {unknown[0]!r}; it has {', '.join(self.study.variants)}",
                Code.UNKNOWN_NAME,
            )

    def train(self, variant: str, seed: int = 0) -> Trained:
        """Train a variant, resume its training, or use its finished run.

        Raises:
            BlindSRError: there are no photographs to train on, or the run in the folder is another one.
            KeyboardInterrupt: a signal came; the run is saved.
        """
        if variant in self.given:
            return self._taken(variant, seed)
        run = self.folder_of(variant, seed)
        full = sum(stage.steps for stage in self._recipe(variant, seed, full=True).stages.values())
        recipe = self._begun(run)
        if recipe is None:
            recipe = self._recipe(variant, seed, full=self.budget.full)
            photos = self._read(recipe)
            self.say(f"{variant} (seed {seed}): {recipe.header.name}, budget {self.budget.text}")
            recipe = fitted(recipe, self.budget, photos, Options(run, **self.options))
        if not _finished(run, recipe):
            begin = self.study.variants[variant].init
            start = read_start(str(self.folder_of(begin, seed))) if begin and begin not in self.given else None
            if begin in self.given and begin is not None:
                start = read_start(self.given[begin])
            resume = (run / checkpoint.NAME).is_file()
            options = Options(run, partial=True, watch=self._watch(), **self.options)
            train(recipe, self._read(recipe), options, resume=resume, start=start)
            if options.signals:
                raise KeyboardInterrupt
        return _trained(variant, seed, run, recipe, full)

    def method(self, variant: str, seed: int = 0) -> tuple[Method[Any], Recipe | None]:
        """Load the networks of a variant with averaged weights, and their recipe."""
        if variant not in self.given:
            recipe, method = trained(self.folder_of(variant, seed))
            return method, recipe
        source = Path(self.given[variant])
        if (source / checkpoint.NAME).is_file():
            recipe, method = trained(source)
            return method, recipe
        return weights.load_weights(self.given[variant]).method, None

    def upscaler(self, variant: str, seed: int = 0, scale: int | None = None) -> Upscaler:
        """Return the model of a variant.

        Args:
            variant: its name, or `BICUBIC`.
            seed: seed of the training.
            scale: scale to use the weights for; that of the training if not given.

        Raises:
            BlindSRError: the weights cannot be used for this scale.
        """
        if variant == BICUBIC:
            return self._placed(Bicubic(scale or 4))
        method, _ = self.method(variant, seed)
        return self._placed(method if scale in (None, method.traits.scale) else _rescaled(method, scale))

    def rates(self, variant: str, seed: int = 0) -> tuple[float, ...]:
        """Return the step sizes on each LR-HR pair that a teacher was trained with; empty without a teacher."""
        _, recipe = self.method(variant, seed)
        stage = None if recipe is None else recipe.stages.get("teacher")
        return tuple(getattr(stage, "rates", ()))

    def check_teacher(self, variant: str) -> None:
        """Check that a variant has a teacher, which published weights omit.

        Raises:
            BlindSRError: weights instead of a run are used for the variant.
        """
        if variant in self.given and not (Path(self.given[variant]) / checkpoint.NAME).is_file():
            raise BlindSRError(
                f"{self.given[variant]} contains no teacher; use the folder of a run for {variant}", Code.INCOMPATIBLE
            )

    def folder_of(self, variant: str, seed: int) -> Path:
        """Return the folder of a run."""
        return self.folder / "runs" / (variant if seed == 0 else f"{variant}-seed{seed}")

    def _placed(self, method: Method[Any]) -> Upscaler:
        return Upscaler(method, device=self.options.get("device", "auto"), precision=self.precision, guard=False)

    def _watch(self) -> Callable[[Method[Any]], dict[str, float]] | None:
        """Return the measurement during training, if the study has one and its data set was given."""
        watch = self.study.watch
        data = None if watch is None else self.sets.get(watch.data.lower())
        if watch is None or data is None:
            return None
        chosen = protocol(watch.protocol)

        def measured(method: Method[Any]) -> dict[str, float]:
            upscaler = Upscaler(method, device=next(method.parameters()).device, precision="fp32", guard=False)
            restore = restore_with_hints(upscaler, chosen)
            return {"watched": evaluate(restore, chosen, [data], model="watched").columns[0].model.psnr}

        return measured

    def _recipe(self, variant: str, seed: int, *, full: bool) -> Recipe:
        name, settings = self.study.recipe_of(variant, full=full)
        values = load_recipe(name, [*settings, *self.settings]).to_dict()
        return parse_recipe({**values, "seed": values["seed"] + seed})

    def _begun(self, run: Path) -> Recipe | None:
        """Return the recipe of a started run, with the schedule that it was started with."""
        path = run / "recipe.yaml"
        if not path.is_file():
            return None
        try:
            return parse_recipe(yaml.safe_load(path.read_text(encoding="utf-8")))
        except (OSError, yaml.YAMLError):
            raise BlindSRError(f"cannot read {path}; delete {run} to train it again", Code.INVALID_FILE) from None

    def _read(self, recipe: Recipe) -> Photos:
        if not self.train_folders:
            raise BlindSRError(
                f"{self.study.name} requires training: name folders of photographs with --train, or weights with --use",
                Code.MISSING_OPTION,
            )
        smallest = smallest_photo(recipe)
        if smallest not in self._photos:
            self._photos[smallest] = Photos.read(self.train_folders, smallest=smallest)
        return self._photos[smallest]

    def _taken(self, variant: str, seed: int) -> Trained:
        source = Path(self.given[variant])
        if (source / checkpoint.NAME).is_file():
            state = checkpoint.load_checkpoint(source)
            full = sum(stage.steps for stage in self._recipe(variant, 0, full=True).stages.values())
            return _trained(variant, seed, source, parse_recipe(state["recipe"]), full)
        return Trained(variant, seed, None, weights.load_weights(self.given[variant]).name, 0, 0, 0.0)


def _rescaled(method: Method[Any], scale: int) -> Method[Any]:
    """Copy weights to a network of another scale, where shapes match."""
    config = type(method.config).model_validate({**method.config.model_dump(), "scale": scale})
    other = type(method)(config)
    try:
        other.load_state_dict(method.state_dict())
    except RuntimeError:
        raise BlindSRError(
            f"weights of {type(method).__name__} support only the scale that they were trained for", Code.INCOMPATIBLE
        ) from None
    return other


def _finished(run: Path, recipe: Recipe) -> bool:
    if not (run / checkpoint.NAME).is_file():
        return False
    state = checkpoint.load_checkpoint(run)
    planned = [(index, stage.steps) for index, stage in enumerate(recipe.stages.values()) if stage.steps]
    return (state["stage"], state["step"]) == planned[-1]


def _trained(variant: str, seed: int, run: Path, recipe: Recipe, full: int) -> Trained:
    state = checkpoint.load_checkpoint(run)
    before, begin = {}, 0
    for name, stage in recipe.stages.items():
        before[name], begin = begin, begin + stage.steps
    validations = [(before[v["stage"]] + v["step"], v) for v in state["validations"]]
    curve = tuple((step, v["psnr"], v["bicubic"]) for step, v in validations)
    watched = tuple((step, v["watched"]) for step, v in validations if "watched" in v)
    steps = list(before.values())[state["stage"]] + state["step"]
    return Trained(variant, seed, run, recipe.header.name, steps, full, state["seconds"] / 3600, curve, watched)


def _bars(values: Sequence[float]) -> str:
    """Draw a curve with block characters of eight heights."""
    low, high = min(values), max(values)
    return "".join("▁▂▃▄▅▆▇█"[int(7.99 * (value - low) / (high - low or 1))] for value in values)


def to_dict(run: Trained) -> dict[str, Any]:
    """Convert to values for JSON."""
    return {
        "variant": run.variant,
        "seed": run.seed,
        "folder": None if run.folder is None else str(run.folder),
        "source": run.source,
        "steps": run.steps,
        "paper_steps": run.full,
        "hours": round(run.hours, 4),
        "curve": [{"step": step, "psnr": psnr, "bicubic": bicubic} for step, psnr, bicubic in run.curve],
    }
