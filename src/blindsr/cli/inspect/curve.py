"""``blindsr curve``: PSNR by the number of gradient steps on an image."""

import json as text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blindsr.errors import BlindSRError, Code

if TYPE_CHECKING:
    from blindsr.contract import Method
    from blindsr.reproduce.drawings.curve import Curve

_PEOPLE = (0, 1, 2, 3, 5, 7, 10)


def curve(
    *,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", "-m", help="Weights of a method that adapts to each image; repeatable."),
    ] = None,
    run: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder of a training run that ended with a teacher (MRDA with student.steps=0); repeatable."
        ),
    ] = None,
    data: Annotated[list[Path], typer.Option("--data", help="Folder of HR images.")],
    protocol: Annotated[
        str, typer.Option("--protocol", "-p", help="Protocol of the degradations.")
    ] = "mzsr-g2.0-direct",
    steps: Annotated[str, typer.Option(help="Numbers of steps, separated by commas.")] = ",".join(map(str, _PEOPLE)),
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Draw the figure to this PNG, PDF or SVG.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print a line of JSON for each model.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N, xpu or mps.")] = "auto",
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N images.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a plot that exists.")] = False,
) -> None:
    """Measure PSNR against gradient steps on each image.

    The steps are those of models that adapt to the image (MZSR, Figure 3), or of the network from which a teacher
    estimates the degradation (MRDA, Figure 9).
    """
    from blindsr import evaluate as room
    from blindsr import weights
    from blindsr.files import check_new
    from blindsr.inference.load import load
    from blindsr.inference.upscaler import Upscaler
    from blindsr.reproduce.drawings import figure
    from blindsr.reproduce.drawings.curve import curve as measure
    from blindsr.reproduce.drawings.curve import draw
    from blindsr.reproduce.drawings.iterations import iterations

    if not model and not run:
        raise BlindSRError("give weights with --model, or the folder of a training run with --run", Code.MISSING_OPTION)
    counts = _counts(steps)
    if out is not None:
        figure.check_figure(out)
        check_new(out, overwrite=overwrite)
    chosen, data_set = room.protocol(protocol), room.data_set_of(data, limit)
    curves = []
    for name in model or ():
        curves.append(measure(weights.name_of(name), load(name, device=device), chosen, data_set, counts))
        _print_curve(curves[-1], data_set.name, json=json)
    for folder in run or ():
        method, rates = _teacher(folder)
        placed = Upscaler(method, device=device, precision="fp32").method
        for one in iterations(folder.name, placed, chosen, data_set, rates=rates, counts=counts):
            curves.append(one)
            _print_curve(one, data_set.name, json=json)
    if out is not None:
        draw(curves, f"{data_set.name}, {chosen.title}", out, overwrite=overwrite)


def _teacher(run: Path) -> tuple["Method[Any]", list[float]]:
    """Load the networks of a run, and the step sizes that its teacher was trained with."""
    from blindsr.train.export import trained

    recipe, method = trained(run)
    return method, list(getattr(recipe.stages.get("teacher"), "rates", ()))


def _print_curve(curve: "Curve", data_set: str, *, json: bool) -> None:
    values = {str(count): round(psnr, 3) for count, psnr in zip(curve.steps, curve.psnr, strict=True)}
    if json:
        typer.echo(text.dumps({"model": curve.model, "data set": data_set, "psnr": values}))
    else:
        typer.echo(f"{curve.model}: " + ", ".join(f"{psnr:.2f} dB after {n}" for n, psnr in values.items()))


def _counts(steps: str) -> list[int]:
    parts = steps.split(",")
    if not all(part.strip().isdecimal() for part in parts):
        raise BlindSRError(f"expected numbers of steps such as 0,1,10, got {steps!r}")
    return sorted({int(part) for part in parts})
