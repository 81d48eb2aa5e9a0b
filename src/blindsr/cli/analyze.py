"""``blindsr analyze``: how a photograph was degraded."""

import json as text
from pathlib import Path
from typing import Annotated

import typer

_PIXEL = 16
"""Side of a kernel's pixel in the plot, pixels."""


def analyze(
    image: Annotated[Path, typer.Argument(help="PNG, JPEG, WebP, TIFF, AVIF, HEIC, BMP, PPM or GIF.")],
    *,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Weights of a method that also estimates the blur kernel.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print a line of JSON instead of sentences.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Write an image of the blur kernel to this file.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N, xpu or mps.")] = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a plot that exists.")] = False,
) -> None:
    """Analyze how a photograph was degraded: blur, noise and compression, each with a confidence."""
    from functools import partial

    from blindsr import images, weights
    from blindsr.analysis import report
    from blindsr.analysis.choice import Auto, recommendation
    from blindsr.files import check_new
    from blindsr.images.codecs.jpeg import jpeg_quality
    from blindsr.inference.load import load

    if plot is not None:
        images.check_output(plot)
        check_new(plot, [image], overwrite=overwrite)
    kernel = model or (weights.with_role("estimate")[0] if plot is not None else None)
    upscaler = None if kernel is None else load(kernel, device=device)
    picture = images.read(image)
    found = report.analyze(picture, upscaler, jpeg=jpeg_quality(image))
    choice = Auto(partial(load, device=device)).decide(found, picture)
    if json:
        typer.echo(text.dumps({**found.to_dict(), **recommendation(choice)}))
    else:
        options = f" --detail {choice.detail:g}" if choice.detail else ""
        recommended = f"Recommended to enlarge it four times: {choice.model}{options}, because {choice.reason}"
        typer.echo("\n".join([*found.sentences, f"{recommended}."]))
    if plot is not None and found.estimate is not None:
        drawn = report.kernel_image(found.estimate.kernel.cpu())
        large = drawn.repeat_interleave(_PIXEL, 1).repeat_interleave(_PIXEL, 2)
        images.write(images.Picture(large.contiguous()), plot, overwrite=overwrite)
