"""``blindsr evaluate``: a model's numbers beside the paper's."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from blindsr.errors import BlindSRError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.status import Status

    from blindsr.evaluate import Protocol, Results, Row, Scores
    from blindsr.inference.upscaler import Precision, Upscaler


def evaluate(
    *,
    protocol: Annotated[
        list[str],
        typer.Option(
            "--protocol", "-p", help="Published table to repeat, e.g. cmdsr-middle, or a record.json; repeatable."
        ),
    ],
    data: Annotated[
        list[Path],
        typer.Option("--data", help="Folders of HR images, or one that holds Set5, Set14, BSD100 and the like."),
    ],
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Name of weights, path of a weights file, or 'bicubic'.")
    ] = None,
    results: Annotated[
        Path | None, typer.Option("--results", help="Folder of SR images made elsewhere, instead of --model.")
    ] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Write all numbers, by image, to this file.")] = None,
    markdown: Annotated[Path | None, typer.Option("--markdown", help="Write the tables to this file.")] = None,
    save_lr: Annotated[
        Path | None, typer.Option("--save-lr", help="Write the LR images and their degradations to this folder.")
    ] = None,
    save_sr: Annotated[Path | None, typer.Option("--save-sr", help="Write the SR images to this folder.")] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:N.")] = "auto",
    precision: Annotated[str, typer.Option("--precision", help="auto, fp32 or bf16.")] = "auto",
    seed: Annotated[int, typer.Option("--seed", help="Seed of the method's own random choices.")] = 0,
    kernel: Annotated[
        Literal["given", "estimated"],
        typer.Option("--kernel", help="Whether the model is told kernel and noise where its paper tells them."),
    ] = "given",
    steps: Annotated[
        int | None, typer.Option("--steps", min=0, help="Gradient steps on each image, for models that take any.")
    ] = None,
    lpips: Annotated[
        Path | None,
        typer.Option("--lpips", help="Measure LPIPS too, with its authors' weights on AlexNet in this file."),
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only the first N images of a data set.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
) -> None:
    """Measure a model, or results made elsewhere, on a published table's degradations, and print the paper's numbers.

    LR images are made from the HR images by the protocol, with the same noise on every machine.
    """
    from rich.console import Console

    from blindsr import evaluate as room
    from blindsr import files
    from blindsr.evaluate import run, table
    from blindsr.evaluate.lpips import LPIPS

    chosen = [room.protocol(name) for name in protocol]
    sets = room.data_sets_of(data, limit)
    for path in filter(None, (json, markdown)):
        files.check_writable(path)
        files.check_new(path, overwrite=overwrite)
    name, subject = _subject(model, results, chosen, device=device, precision=precision, seed=seed)
    if steps is not None:
        name = f"{name} ({steps} step{'s' * (steps != 1)})"
    _refuse_contradictions(results, steps, save_lr, save_sr)
    folders = room.Folders(save_lr, save_sr)
    looks = None if lpips is None else LPIPS.read(lpips)
    settings = _settings(kernel=kernel, steps=steps, seed=seed, precision=precision, device=device, limit=limit)
    measure = partial(room.evaluate, model=name, save=folders, lpips=looks, settings=settings)

    console = Console()
    scores: list[Scores] = []
    for one in chosen:
        with console.status(one.name) as status:
            notice = partial(_show, status, one.name)
            told = one if kernel == "given" else None
            restore = subject if isinstance(subject, room.Results) else run.telling(subject, told, steps)
            measured = one if told or not one.kernel_given else replace(one, paper={})  # the paper's were told
            scores.append(measure(restore, measured, sets, notice=notice))
        console.print(table.rich_table(scores[-1]))
    if json is not None:
        files.write(json, table.to_json(scores), overwrite=overwrite)
    if markdown is not None:
        files.write(markdown, table.markdown(scores), overwrite=overwrite)


def _refuse_contradictions(results: Path | None, steps: int | None, save_lr: Path | None, save_sr: Path | None) -> None:
    for contradiction, sentence in (
        (results and save_sr, "--save-sr writes what a model made; with --results there is nothing new to save"),
        (results and steps is not None, "--steps are those of a model; with --results nothing is restored"),
        (
            save_lr and save_sr and save_lr.resolve() == save_sr.resolve(),
            "--save-lr and --save-sr write files of the same names; give them two folders",
        ),
    ):
        if contradiction:
            raise BlindSRError(sentence)


def _settings(**given: object) -> dict[str, object]:
    """What decides numbers beside model and protocol."""
    from importlib.metadata import version

    return {**given, "blindsr": version("blindsr"), "torch": version("torch")}


def _show(status: Status, protocol: str, data_set: str, row: Row) -> None:
    status.update(f"{protocol}: {data_set} {row.image}")


def _subject(
    model: str | None,
    results: Path | None,
    protocols: Sequence[Protocol],
    *,
    device: str,
    precision: str,
    seed: int,
) -> tuple[str, Upscaler | Results]:
    """What is measured, and the name it goes by."""
    from blindsr.evaluate import Results

    if (model is None) == (results is None):
        raise BlindSRError("give either --model or --results, to say what is to be measured")
    if results is not None:
        found = Results(results)
        if len(protocols) > 1:
            found.check(protocol.name for protocol in protocols)
        return results.resolve().name, found
    assert model is not None
    return _upscaler(model, protocols, device=device, precision=precision, seed=seed)


def _upscaler(
    model: str, protocols: Sequence[Protocol], *, device: str, precision: str, seed: int
) -> tuple[str, Upscaler]:
    from blindsr import weights
    from blindsr.inference import Bicubic, Upscaler

    scales = {protocol.scale for protocol in protocols}
    if len(scales) > 1:
        raise BlindSRError(f"the protocols have the scales {sorted(scales)}; measure one scale at a time")
    (scale,) = scales
    build = partial(Upscaler, device=device, precision=cast("Precision", precision), seed=seed)
    if model == "bicubic":
        return model, build(Bicubic(scale))
    loaded = weights.load(model)
    upscaler = build(loaded.method)
    if upscaler.scale != scale:
        raise BlindSRError(f"{loaded.name} enlarges {upscaler.scale} times, but {protocols[0].name} needs x{scale}")
    return loaded.name, upscaler
