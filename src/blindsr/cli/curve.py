"""``blindsr curve``: how much each gradient step on an image is worth."""

import json as text
from pathlib import Path
from typing import Annotated

import typer

from blindsr.errors import BlindSRError

_PEOPLE = (0, 1, 2, 3, 5, 7, 10)


def curve(
    *,
    model: Annotated[list[str], typer.Option("--model", "-m", help="Weights of a method that learns images; repeat.")],
    data: Annotated[Path, typer.Option("--data", help="Folder of HR images.")],
    protocol: Annotated[str, typer.Option("--protocol", "-p", help="Degradation.")] = "mzsr-g2.0-direct",
    steps: Annotated[str, typer.Option(help="Numbers of steps, separated by commas.")] = ",".join(map(str, _PEOPLE)),
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Draw the figure to this PNG, PDF or SVG.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print a line of JSON for each model.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N images.")] = None,
) -> None:
    """Measure PSNR against gradient steps (MZSR, Figure 3), for as many models as are named."""
    from blindsr import evaluate as room
    from blindsr.evaluate.curve import curve as measure
    from blindsr.evaluate.curve import draw
    from blindsr.restore.load import load

    counts = _counts(steps)
    chosen, data_set = room.protocol(protocol), room.data_sets(data, limit)[0]
    curves = []
    for name in model:
        curves.append(
            measure(Path(name).name.removesuffix(".safetensors"), load(name, device=device), chosen, data_set, counts)
        )
        values = {str(count): round(psnr, 3) for count, psnr in zip(counts, curves[-1].psnr, strict=True)}
        if json:
            typer.echo(text.dumps({"model": curves[-1].model, "data set": data_set.name, "psnr": values}))
        else:
            typer.echo(f"{curves[-1].model}: " + ", ".join(f"{psnr:.2f} dB after {n}" for n, psnr in values.items()))
    if out is not None:
        draw(curves, f"{data_set.name}, {chosen.title}", out)


def _counts(steps: str) -> list[int]:
    parts = steps.split(",")
    if not all(part.strip().isdecimal() for part in parts):
        raise BlindSRError(f"expected numbers of steps as 0,1,10, got {steps!r}")
    return sorted({int(part) for part in parts})
