"""``blindsr train``: train a method by a recipe."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from blindsr.errors import BlindSRError, Code

if TYPE_CHECKING:
    from blindsr.train.loop import Ending, Options
    from blindsr.train.recipe import Recipe

_CODES = {"finished": 0, "time": 0, "signal": 130}


def train(
    recipe: Annotated[str | None, typer.Argument(help="Name of a recipe (METHOD_xSCALE.TAG), or a YAML file.")] = None,
    *,
    data: Annotated[list[Path] | None, typer.Option(help="Folders of clean photographs.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the run; for --export, of the weights.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="Change the recipe: stage.steps=2000.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="Leave out files by pattern: 'holiday_*'.")] = None,
    time_limit: Annotated[str | None, typer.Option(help="Save and stop after this time: 90m, 2h, 45s.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue from the run's checkpoint.")] = False,
    init: Annotated[
        str | None,
        typer.Option(
            help="Initial weights: a name, a file, or a run's folder; with --export, the weights to record in the card "
            "if an older version recorded only their name."
        ),
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Allow initial weights that match less than half of the network.")
    ] = False,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    devices: Annotated[int, typer.Option(min=1, help="Number of devices.")] = 1,
    precision: Annotated[
        Literal["auto", "bf16", "fp32"], typer.Option(help="auto: bf16 where the hardware supports it.")
    ] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads; all by default.")] = None,
    save_every: Annotated[int, typer.Option(min=1, help="Steps from one checkpoint to the next.")] = 200,
    ahead: Annotated[
        bool | None,
        typer.Option(help="Prepare the next batch during each step; enabled by default, except with one CPU thread."),
    ] = None,
    compile_: Annotated[
        Literal["none", "default", "reduce-overhead", "max-autotune"],
        typer.Option("--compile", help="Mode of torch.compile; reduce-overhead replays CUDA graphs."),
    ] = "none",
    cudnn_benchmark: Annotated[
        bool, typer.Option(help="Let cuDNN benchmark its algorithms and use the fastest.")
    ] = True,
    export: Annotated[
        Path | None, typer.Option(help="Write the weights of a run to --out instead of training.")
    ] = None,
    average_with: Annotated[
        str | None, typer.Option(help="With --export: average the weights with these, a name or a file.")
    ] = None,
    share: Annotated[float, typer.Option(min=0, max=1, help="With --average-with: share of the run's weights.")] = 0.5,
) -> None:
    """Train a method by a recipe, or export the weights of a run."""
    if export is not None:
        _export(export, out, init, average_with, share)
        return
    if average_with is not None:
        raise BlindSRError("--average-with needs --export", Code.CONFLICTING_OPTIONS)
    if recipe is None or not data or out is None:
        raise BlindSRError(
            "training needs a recipe, --data and --out (or --export RUN)",
            Code.MISSING_OPTION,
        )
    if not resume and (out / "checkpoint.pt").exists():
        raise BlindSRError(
            f"{out} already contains a run; continue it with --resume or choose another folder", Code.FILE_EXISTS
        )
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    _need_extra()
    from blindsr.pipeline.options import parse_duration
    from blindsr.train.loop import Options
    from blindsr.train.recipe import load_recipe

    limit = None if time_limit is None else parse_duration(time_limit)
    options = Options(
        out,
        device,
        devices,
        precision,
        limit,
        save_every,
        partial=partial,
        ahead=ahead,
        compile=compile_,
        cudnn_benchmark=cudnn_benchmark,
    )
    if threads is not None:
        import torch

        torch.set_num_threads(threads)
    ending = _run(load_recipe(recipe, settings or ()), options, data, exclude or [], resume=resume, init=init)
    if _is_first_process():
        typer.echo(_farewell(ending, out), err=True)
        raise typer.Exit(_CODES[ending])


def _run(
    recipe: "Recipe",
    options: "Options",
    folders: list[Path],
    exclude: list[str],
    *,
    resume: bool,
    init: str | None,
) -> "Ending":
    from blindsr.photos import Photos
    from blindsr.train.loop import train
    from blindsr.train.planned import smallest_photo
    from blindsr.train.start import read_start

    photos = Photos.read(folders, smallest=smallest_photo(recipe), exclude=exclude)
    start = None if init is None else read_start(init)
    return train(recipe, photos, options, resume=resume, start=start)


def _export(run: Path, out: Path | None, init: str | None, average_with: str | None, share: float) -> None:
    _need_extra()
    from blindsr.train.export import Average, export_run
    from blindsr.train.start import read_start

    start = None if init is None else read_start(init)
    average = None if average_with is None else Average(average_with, share)
    typer.echo(export_run(run, out or run, None if start is None else (start.name, start.chain), average))


def _need_extra() -> None:
    from importlib.util import find_spec

    if any(find_spec(name) is None for name in ("lightning_fabric", "tensorboard", "pytorch_optimizer")):
        raise BlindSRError(
            "training requires additional libraries: pip install 'blindsr[train]'", Code.MISSING_DEPENDENCY
        )


def _is_first_process() -> bool:
    """Whether this is the first process, whose exit code counts; others must exit with 0, or it would be killed."""
    from lightning_fabric.utilities.rank_zero import rank_zero_only

    return int(getattr(rank_zero_only, "rank", 0)) == 0


def _farewell(ending: "Ending", out: Path) -> str:
    if ending == "finished":
        return f"Finished. Write the weights with: blindsr train --export {out}"
    return f"Saved in {out}; go on with the same command and --resume."
