"""``blindsr representations``: whether conditions separate degradations or contents."""

import json as text
import math
from pathlib import Path
from typing import Annotated

import typer

from blindsr.errors import BlindSRError


def representations(
    *,
    model: Annotated[str, typer.Option("--model", "-m", help="Weights of a method whose conditions are vectors.")],
    data: Annotated[list[Path], typer.Option("--data", help="Folder of HR images.")],
    widths: Annotated[str, typer.Option(help="Blur widths in HR pixels, separated by commas.")] = "0.6,1.6,2.6,3.6",
    noise: Annotated[float, typer.Option(min=0.0, help="Noise level, 0 to 255.")] = 0.0,
    neighbours: Annotated[int, typer.Option(min=1, help="Number of nearest neighbours that vote.")] = 5,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Plot a t-SNE embedding to this PNG, PDF or SVG file.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write all values to this JSON file.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N, xpu or mps.")] = "auto",
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N images.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
) -> None:
    """Measure how well nearest neighbours of conditions predict the blur of an image."""
    from blindsr import evaluate, files
    from blindsr.inference.load import load
    from blindsr.reproduce.drawings import figure
    from blindsr.reproduce.drawings.representation import draw, represent

    values = _widths(widths)
    if out is not None:
        figure.check_figure(out, ("matplotlib", "sklearn"))
        files.check_new(out, overwrite=overwrite)
    if json is not None:
        files.check_writable(json)
        files.check_new(json, overwrite=overwrite)
    upscaler = load(model, device=device)
    data_set = evaluate.data_set_of(data, limit)
    found = represent(upscaler, data_set, values, noise)
    accuracy = found.neighbours_agree(neighbours)
    typer.echo(
        f"{accuracy:.1%} of {len(found.vectors)} representations have the width that most of their {neighbours} "
        f"nearest neighbours have; chance is {1 / len(values):.1%}"
    )
    if json is not None:
        numbers = {
            "model": model,
            "data_set": data_set.name,
            "widths": values,
            "noise": noise,
            "neighbours": neighbours,
            "agree": accuracy,
            "chance": 1 / len(values),
        }
        files.write_file(json, text.dumps(numbers, indent=2) + "\n", overwrite=overwrite)
    if out is not None:
        draw(found, out, overwrite=overwrite)


def _widths(text: str) -> list[float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) < 2 or not all(math.isfinite(value) and value > 0 for value in values):
        raise BlindSRError(f"expected at least two blur widths such as 0.6,1.6,2.6, got {text!r}")
    return values
