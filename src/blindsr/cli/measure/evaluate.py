"""``blindsr evaluate``: evaluate a model and compare with the paper."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from blindsr.cli.measure.extra import extra_measures
from blindsr.errors import BlindSRError, Code, check_conflicts
from blindsr.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console
    from rich.status import Status

    from blindsr.devices import Precision
    from blindsr.evaluate import DataSet, Folders, Measure, Protocol, RealProtocol, Results, Row, Scores
    from blindsr.inference.upscaler import Upscaler


def evaluate(
    *,
    protocol: Annotated[
        list[str],
        typer.Option(
            "--protocol",
            "-p",
            help="Published table, e.g. cmdsr-middle, or a record.json; repeatable. Or realsr for pairs of "
            "real photographs, realsrset for photographs alone.",
        ),
    ],
    data: Annotated[
        list[Path],
        typer.Option(
            "--data",
            help="Folders of HR images, or one that holds Set5, Set14, BSD100 and the like; for realsr with LR and HR "
            "in it, or with files NAME_LR and NAME_HR; for realsrset of LR images. Repeatable.",
        ),
    ],
    lr: Annotated[
        Path | None, typer.Option("--lr", help="Folder of LR images, if --data is the folder of HR images.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Name of weights, path of a weights file, or 'bicubic'.")
    ] = None,
    results: Annotated[
        Path | None, typer.Option("--results", help="Folder of SR images of another program, instead of --model.")
    ] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Write all numbers, by image, to this file.")] = None,
    markdown: Annotated[Path | None, typer.Option("--markdown", help="Write the tables to this file.")] = None,
    save_lr: Annotated[
        Path | None, typer.Option("--save-lr", help="Write the LR images and their degradations to this folder.")
    ] = None,
    save_sr: Annotated[Path | None, typer.Option("--save-sr", help="Write the SR images to this folder.")] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:N, xpu or mps.")] = "auto",
    precision: Annotated[str, typer.Option("--precision", help="auto, fp32 or bf16.")] = "auto",
    seed: Annotated[int, typer.Option("--seed", help="Seed of the method's random choices.")] = 0,
    kernel: Annotated[
        Literal["given", "estimated"],
        typer.Option("--kernel", help="given: pass the true kernel and noise to models whose papers do so."),
    ] = "given",
    steps: Annotated[
        int | None, typer.Option("--steps", min=0, help="Gradient steps on each image, for models that adapt.")
    ] = None,
    support: Annotated[
        list[Path] | None,
        typer.Option(
            "--support", help="HR images that get the same degradation and form the support set of each image."
        ),
    ] = None,
    lpips: Annotated[
        Path | None,
        typer.Option("--lpips", help="Measure LPIPS too, with its authors' weights on AlexNet in this file."),
    ] = None,
    vgg: Annotated[
        Path | None,
        typer.Option("--vgg", help="Measure LPIPS on VGG-16 and DISTS too, with the weights of both in this file."),
    ] = None,
    niqe: Annotated[
        Path | None,
        typer.Option("--niqe", help="Measure NIQE too, with its authors' parameters in this .mat or .npz file."),
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only the first N images of a data set.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
) -> None:
    """Measure a model, or results of another program, on the degradations of a published table, next to its numbers.

    LR images are created from the HR images by the protocol, with the same noise on every machine.
    """
    from rich.console import Console

    from blindsr import evaluate as room
    from blindsr import files
    from blindsr.devices import find_device, resolve_precision
    from blindsr.evaluate import table

    for path in filter(None, (json, markdown)):
        files.check_writable(path)
        files.check_new(path, overwrite=overwrite)
    _refuse_contradictions(results, steps, save_lr, save_sr)
    build = partial(_upscaler, device=device, precision=precision, seed=seed)
    chosen_device = find_device(device)
    console = Console()
    job = Job(
        model=model,
        results=results,
        build=build,
        steps=steps,
        support=support or (),
        save=room.Folders(save_lr, save_sr),
        more=extra_measures(lpips, vgg, niqe, device),
        settings=_settings(
            kernel=kernel,
            steps=steps,
            support=[path.name for path in support or ()],
            seed=seed,
            precision=resolve_precision(cast("Precision", precision), chosen_device),
            device=str(chosen_device),
            limit=limit,
        ),
        console=console,
    )
    real = [room.real_protocols()[name] for name in protocol if name in room.real_protocols()]
    if real and len(protocol) > 1:
        raise BlindSRError(
            f"{real[0].name} needs other folders than the remaining protocols; evaluate it separately",
            Code.CONFLICTING_OPTIONS,
        )
    if real:
        scores = [_on_photographs(job, real[0], data, lr, limit)]
    elif lr is not None:
        raise BlindSRError("--lr is only supported by protocols of real photographs", Code.UNSUPPORTED_OPTION)
    else:
        hinted = kernel == "given"
        scores = _on_tables(
            job, [room.protocol(name) for name in protocol], room.data_sets_of(data, limit), hinted=hinted
        )
    if json is not None:
        files.write_file(json, table.to_json(scores), overwrite=overwrite)
    if markdown is not None:
        files.write_file(markdown, table.markdown(scores), overwrite=overwrite)


@dataclass(frozen=True)
class Job:
    """Model or results to measure, the measures, and the console."""

    model: str | None
    results: Path | None
    build: Callable[[str, int | None], tuple[str, Upscaler]]
    """Loads an upscaler by name, for a scale if one is required; returns its name too."""
    steps: int | None
    support: Sequence[Path]
    save: Folders
    more: Sequence[Measure]
    settings: dict[str, object]
    console: Console

    def __post_init__(self) -> None:
        if (self.model is None) == (self.results is None):
            raise BlindSRError("give either --model or --results", Code.CONFLICTING_OPTIONS)

    def subject(self, scale: int | None) -> tuple[str, Upscaler | Results]:
        """Subject of a measurement and its name."""
        from blindsr.evaluate import Results

        if self.results is not None:
            return self.results.resolve().name, Results(self.results)
        assert self.model is not None
        name, upscaler = self.build(self.model, scale)
        if self.steps is not None:
            name = f"{name} ({self.steps} step{'s' * (self.steps != 1)})"
        return name, upscaler


def _on_tables(job: Job, protocols: Sequence[Protocol], sets: Sequence[DataSet], *, hinted: bool) -> list[Scores]:
    """Evaluate protocols of published tables and print each table once it is complete."""
    from blindsr import evaluate as room
    from blindsr.evaluate import run

    scales = {protocol.scale for protocol in protocols}
    if len(scales) > 1 and job.results is None:
        raise BlindSRError(
            f"the protocols have different scales {sorted(scales)}; evaluate one scale at a time",
            Code.CONFLICTING_OPTIONS,
        )
    name, subject = job.subject(min(scales))
    if isinstance(subject, room.Results) and len(protocols) > 1:
        subject.check(protocol.name for protocol in protocols)
    scores: list[Scores] = []
    for one in protocols:
        with job.console.status(one.name) as status:
            restore = (
                subject
                if isinstance(subject, room.Results)
                else run.restore_with_hints(subject, one if hinted else None, job.steps, job.support)
            )
            measured = one if hinted or not one.kernel_given else replace(one, paper={})  # the paper's were hinted
            scores.append(
                room.evaluate(
                    restore,
                    measured,
                    sets,
                    model=name,
                    save=job.save,
                    notice=partial(_show, status, one.name),
                    more=job.more,
                    settings=job.settings,
                )
            )
        _print(job.console, scores[-1])
    return scores


def _on_photographs(job: Job, protocol: RealProtocol, data: list[Path], lr: Path | None, limit: int | None) -> Scores:
    """Evaluate on real photographs and print the tables."""
    from blindsr import evaluate as room
    from blindsr.contract import Hints
    from blindsr.evaluate import photographs

    for option, given in (("--save-lr", job.save.lr is not None), ("--support", bool(job.support))):
        if given:
            raise BlindSRError(
                f"{protocol.name} does not support {option}: its LR images come from files", Code.UNSUPPORTED_OPTION
            )
    if lr is not None and not protocol.paired:
        raise BlindSRError(f"{protocol.name} needs LR images only; give their folder with --data", Code.MISSING_OPTION)
    sets = photographs.paired(data, lr, limit) if protocol.paired else photographs.unpaired(data, limit)
    name, subject = job.subject(None)
    enlarge = subject if isinstance(subject, room.Results) else partial(subject.upscale, hints=Hints(steps=job.steps))
    with job.console.status(protocol.name) as status:
        scores = room.evaluate_real(
            enlarge,
            protocol,
            sets,
            model=name,
            scale=None if isinstance(subject, room.Results) else subject.scale,
            save_sr=job.save.sr,
            notice=partial(_show, status, protocol.name),
            more=job.more,
            settings=job.settings,
        )
    _print(job.console, scores)
    return scores


def _print(console: Console, scores: Scores) -> None:
    from blindsr.evaluate import table

    for grid in table.grids(scores):
        console.print(table.rich_table(grid))


def _refuse_contradictions(results: Path | None, steps: int | None, save_lr: Path | None, save_sr: Path | None) -> None:
    check_conflicts(
        (results and save_sr, "--save-sr cannot be combined with --results: no new images are made"),
        (results and steps is not None, "--steps cannot be combined with --results: nothing is restored"),
        (
            save_lr and save_sr and save_lr.resolve() == save_sr.resolve(),
            "--save-lr and --save-sr need different folders",
        ),
    )


def _settings(**given: object) -> dict[str, object]:
    """Return the settings that influence scores besides model and protocol."""
    from importlib.metadata import version

    return {**given, "blindsr": __version__, "torch": version("torch")}


def _show(status: Status, protocol: str, data_set: str, row: Row) -> None:
    status.update(f"{protocol}: {data_set} {row.image}")


def _upscaler(model: str, scale: int | None, *, device: str, precision: str, seed: int) -> tuple[str, Upscaler]:
    """Load a model by name or file; bicubic enlarges 4 times unless another scale is needed."""
    from blindsr import weights
    from blindsr.inference import Bicubic, Upscaler

    build = partial(Upscaler, device=device, precision=cast("Precision", precision), seed=seed)
    if model == "bicubic":
        return model, build(Bicubic(scale or 4))
    loaded = weights.load_weights(model)
    upscaler = build(loaded.method)
    if scale not in (None, upscaler.scale):
        raise BlindSRError(
            f"{loaded.name} enlarges {upscaler.scale} times, but the protocol needs x{scale}", Code.INCOMPATIBLE
        )
    return loaded.name, upscaler
