"""``blindsr export``: models as files for other runtimes."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def export(
    model: Annotated[str, typer.Argument(help="Name of weights, or path of a weights file.")],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="Output folder.")],
    to: Annotated[Literal["onnx", "openvino"], typer.Option(help="Format of the graphs.")] = "onnx",
    precision: Annotated[Literal["fp32", "fp16"], typer.Option(help="Precision of weights and features.")] = "fp32",
    condition: Annotated[
        Path | None, typer.Option(help="Stored condition (from 'blindsr condition') to build into the network.")
    ] = None,
    photo: Annotated[
        Path | None,
        typer.Option(help="Photograph to adapt the network to, for methods that adapt."),
    ] = None,
    kernel: Annotated[Path | None, typer.Option(help="Known blur kernel: .npy, .mat, .png or .tif.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
) -> None:
    """Export a model for ONNX Runtime, OpenVINO and others, verified against torch (docs/runtimes.md)."""
    from blindsr.pipeline import export as pipeline

    made = pipeline.export(
        model,
        out,
        to=to,
        precision=precision,
        condition=condition,
        photo=photo,
        kernel=kernel,
        overwrite=overwrite,
    )
    for path in made.paths:
        typer.echo(path)
    typer.echo(f"largest difference from torch: {made.difference:g} of 255", err=True)
