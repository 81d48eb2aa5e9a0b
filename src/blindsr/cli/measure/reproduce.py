"""``blindsr reproduce``: repeat a table or figure of a paper, trainings included."""

import logging
from pathlib import Path
from typing import Annotated, Literal

import typer

from blindsr.errors import BlindSRError, Code


def reproduce(
    study: Annotated[
        str | None, typer.Argument(help="Name of a table or figure, such as cmdsr-table-5; see --list.")
    ] = None,
    *,
    show: Annotated[bool, typer.Option("--list", help="List all studies and their requirements.")] = False,
    data: Annotated[
        list[Path] | None, typer.Option("--data", help="Folders of test images: Set5, or one that holds it.")
    ] = None,
    train: Annotated[list[Path] | None, typer.Option("--train", help="Folders of photographs to train with.")] = None,
    budget: Annotated[
        str,
        typer.Option(help="Length of each training: 'paper', a time such as 30m, or a number of steps."),
    ] = "30m",
    seeds: Annotated[int, typer.Option(min=1, help="Train each variant with this many seeds, and average.")] = 1,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder of runs, tables and figures.")] = None,
    use: Annotated[
        list[str] | None,
        typer.Option(help="VARIANT=WEIGHTS: measure existing weights, or a run, instead of training; repeatable."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Override settings of all recipes, as in blindsr train: model.blocks=2."),
    ] = None,
    lpips: Annotated[
        Path | None, typer.Option(help="Weights file of LPIPS (AlexNet), for tables that report it.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N images of a data set.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    precision: Annotated[
        Literal["auto", "bf16", "fp32"], typer.Option(help="auto: bf16 where the hardware supports it.")
    ] = "auto",
) -> None:
    """Repeat a table or figure of one of the papers: train, measure and draw, next to the published numbers.

    Finished work in the folder is kept, so the same command continues after an interruption.
    """
    if show or study is None:
        _list()
        return
    if out is None:
        raise BlindSRError("name a folder for runs and tables with --out", Code.MISSING_OPTION)
    _need_extra()
    logging.basicConfig(format="%(message)s")
    logging.getLogger("blindsr").setLevel(logging.INFO)
    from rich.console import Console

    from blindsr import reproduce as room
    from blindsr.reproduce.budget import Budget

    request = room.Request(
        room.study(study),
        out,
        tuple(data or ()),
        tuple(train or ()),
        budget=Budget.parse(budget),
        seeds=seeds,
        use=_pairs(use or []),
        lpips=lpips,
        limit=limit,
        settings=tuple(settings or ()),
        device=device,
        precision=precision,
    )
    try:
        report = room.reproduce(request, lambda line: typer.echo(line, err=True))
    except KeyboardInterrupt:
        typer.echo(f"Interrupted; finished work is kept in {out}, and the same command continues.", err=True)
        raise
    console = Console()
    for table in report.terminal():
        console.print(table)
    for line in report.progress():
        typer.echo(line)
    typer.echo(f"Written to {out}: table.md, table.json, figures, runs.")


def _list() -> None:
    """List all studies, one per line."""
    from blindsr.reproduce import studies

    for one in studies().values():
        trainings = len(one.variants)
        needs = f"{trainings} training{'s' * (trainings != 1)}" if trainings else "no training"
        given = [*one.data(), *(["weights of LPIPS"] if one.has_lpips() else [])]
        typer.echo(f"{one.name}: {one.title} ({one.source}); needs {', '.join([needs, *given])}")


def _pairs(given: list[str]) -> dict[str, str]:
    pairs = {}
    for one in given:
        variant, equals, weights = one.partition("=")
        if not (variant and equals and weights):
            raise BlindSRError(f"expected --use VARIANT=WEIGHTS, got {one!r}")
        pairs[variant] = weights
    return pairs


def _need_extra() -> None:
    from importlib.util import find_spec

    needed = ("lightning_fabric", "tensorboard", "pytorch_optimizer", "matplotlib")
    if any(find_spec(name) is None for name in needed):
        raise BlindSRError(
            "reproducing studies requires additional libraries: pip install 'blindsr[train,plot]'",
            Code.MISSING_DEPENDENCY,
        )
