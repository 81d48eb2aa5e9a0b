"""``blindsr compare``: models side by side, for ablations."""

import json as text
from pathlib import Path
from typing import Annotated

import typer

from blindsr.errors import BlindSRError, Code


def compare(
    *,
    model: Annotated[
        list[str],
        typer.Option("--model", "-m", help="Name of weights, or path of a weights file; the first is the reference."),
    ],
    protocol: Annotated[list[str], typer.Option("--protocol", "-p", help="Protocol of the degradations; repeatable.")],
    data: Annotated[list[Path], typer.Option("--data", help="Folder of HR images.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N, xpu or mps.")] = "auto",
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N images.")] = None,
) -> None:
    """Print parameters, time and PSNR of several models: DMSR's Tables 2 to 4 and B.5, MRDA's Tables V and VI.

    Time is the median for an LR image of 128x128 pixels on this machine.
    """
    from blindsr import evaluate as room
    from blindsr import weights
    from blindsr.inference.load import load
    from blindsr.reproduce import compare as table

    chosen = [room.protocol(name) for name in protocol]
    data_set = room.data_set_of(data, limit)
    models = {weights.name_of(name): load(name, device=device) for name in model}
    if len(models) < len(model):
        raise BlindSRError("two models have the same name; rename a file", Code.NAME_CLASH)
    for one in chosen:
        for name, upscaler in models.items():
            if upscaler.scale != one.scale:
                raise BlindSRError(
                    f"{name} enlarges {upscaler.scale} times, but {one.name} needs x{one.scale}", Code.INCOMPATIBLE
                )
    entries = table.compare(models, chosen, data_set)
    if json:
        typer.echo(text.dumps(table.to_dict(entries, chosen, data_set.name), indent=2))
    else:
        typer.echo(table.markdown(entries, chosen, data_set.name))
