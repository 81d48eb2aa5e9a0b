"""``blindsr estimates``: accuracy of estimated blur and noise."""

import json as text
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindsr.errors import BlindSRError, Code

if TYPE_CHECKING:
    from rich.status import Status
    from rich.table import Table

    from blindsr.reproduce.estimation import Errors


def estimates(
    *,
    model: Annotated[str, typer.Option("--model", "-m", help="Name of weights, or path of a weights file.")],
    protocol: Annotated[
        list[str],
        typer.Option("--protocol", "-p", help="Protocol of the degradations, e.g. dmsr-1.3-15-x4; repeatable."),
    ],
    data: Annotated[
        list[Path],
        typer.Option("--data", help="Folders of HR images, or one that holds Set5, BSD100 and the like."),
    ],
    json: Annotated[Path | None, typer.Option(help="Write all values to this JSON file.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N images of a data set.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N, xpu or mps.")] = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that exists.")] = False,
) -> None:
    """Compare the blur and noise that a model estimates with the true values."""
    from rich.console import Console

    from blindsr import evaluate as room
    from blindsr import files
    from blindsr.inference.load import load
    from blindsr.reproduce import estimation

    chosen, sets = [room.protocol(name) for name in protocol], room.data_sets_of(data, limit)
    if json is not None:
        files.check_writable(json)
        files.check_new(json, overwrite=overwrite)
    upscaler = load(model, device=device)
    console, found = Console(), []
    for one in chosen:
        if one.scale != upscaler.scale:
            raise BlindSRError(
                f"{model} enlarges {upscaler.scale} times, but {one.name} needs x{one.scale}", Code.INCOMPATIBLE
            )
        with console.status(one.name) as status:
            found += estimation.measure_estimates(upscaler, one, sets, notice=partial(_show, status, one.name))
    console.print(_table(found))
    if json is not None:
        files.write_file(json, text.dumps([asdict(errors) for errors in found], indent=2) + "\n", overwrite=overwrite)


def _show(status: "Status", protocol: str, image: str) -> None:
    status.update(f"{protocol}: {image}")


def _table(found: "list[Errors]") -> "Table":
    from rich.table import Table

    # Without lines it fits into 80 columns, which is what a pipe gets.
    table = Table(
        box=None, caption="width: HR pixels; noise: 0..255; errors: mean absolute; kernel: sum of differences"
    )
    table.add_column("protocol", no_wrap=True)
    table.add_column("data set", no_wrap=True)
    for name in ("width", "found", "error", "noise", "found", "error", "kernel"):
        table.add_column(name, justify="right")
    for one in found:
        numbers = list(asdict(one).values())[2:]
        table.add_row(one.protocol, one.data_set, *(f"{number:.2f}" for number in numbers))
    return table
