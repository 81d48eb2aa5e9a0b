"""``blindsr analyze``: what is wrong with a photograph."""

import json as text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindsr.errors import BlindSRError

if TYPE_CHECKING:
    from blindsr.analysis.report import Analysis

_PIXEL = 16
"""Side of a drawn kernel's pixel, in pixels of the plot."""


def analyze(
    image: Annotated[Path, typer.Argument(help="PNG, JPEG, WebP, TIFF, AVIF, HEIC, BMP, PPM or GIF.")],
    *,
    model: Annotated[str | None, typer.Option("--model", "-m", help="Weights that estimate blur and noise.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print a line of JSON instead of sentences.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw the blur kernel to this file.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a plot that exists.")] = False,
) -> None:
    """Tell how a photograph was degraded: its blur, noise and compression, and how sure that is."""
    from blindsr import images
    from blindsr.analysis import choice, report
    from blindsr.files import check_new
    from blindsr.images.quality import jpeg_quality
    from blindsr.inference.load import load

    if plot is not None:
        images.check_output(plot)
        check_new(plot, [image], overwrite=overwrite)
    upscaler = load(model or _estimating(), device=device)
    found = report.analyze(image, upscaler, jpeg=jpeg_quality(image))
    recommended = choice.choose(found, 4.0)
    if json:
        typer.echo(text.dumps({**found.to_dict(), "recommended": recommended.model}))
    else:
        typer.echo("\n".join([*_sentences(found), f"Recommended to enlarge it four times: {recommended.model}"]))
    if plot is not None:
        drawn = report.drawn(found.estimate.kernel.cpu())
        large = drawn.repeat_interleave(_PIXEL, 1).repeat_interleave(_PIXEL, 2)
        images.write(images.Picture(large.contiguous()), plot, overwrite=overwrite)


def _estimating() -> str:
    """The first weights that come with the package and estimate by name."""
    from blindsr import weights
    from blindsr.contract import Method
    from blindsr.methods import registry

    for name, path in weights.available().items():
        if registry.method_class(weights.read_card(path).method).estimate is not Method.estimate:
            return name
    raise BlindSRError("no weights in this package estimate blur and noise; name some with --model")


def _sentences(found: "Analysis") -> list[str]:
    along, across, angle = found.widths
    round_ = along - across < 0.2
    sure = found.estimate.confidence
    blur = f"{along:.1f} pixels" if round_ else f"{along:.1f} by {across:.1f} pixels at {angle:.0f} degrees"
    noise = ", ".join(f"{value:.1f}" for value in found.estimate.noise.tolist())
    return [
        f"Size: {found.size[0]}x{found.size[1]}",
        f"Blur: {blur} (standard deviation, in pixels of the result)"
        + ("" if sure is None else f", confidence {sure:.0%}"),
        f"Noise: {noise} of 255 (red, green, blue)",
        "JPEG quality: " + ("not a JPEG" if found.jpeg is None else str(found.jpeg)),
        *(f"Mind: {warning}." for warning in found.warnings),
    ]
