"""``blindsr maps``: modulation maps of a photograph."""

from pathlib import Path
from typing import Annotated

import typer


def maps(
    image: Annotated[Path, typer.Argument(help="An image.")],
    *,
    model: Annotated[str, typer.Option("--model", "-m", help="Weights of a method with modulation maps by region.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Output file of the map, at the size of the image.")],
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N, xpu or mps.")] = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that exists.")] = False,
) -> None:
    """Draw the mean of a model's modulation maps (MRDA, Figure 10): a gain of 0 is black, 1 is white."""
    from blindsr import images
    from blindsr.files import check_new
    from blindsr.inference.load import load
    from blindsr.inference.modulation import modulation_map

    images.check_output(out)
    check_new(out, [image], overwrite=overwrite)
    upscaler, picture = load(model, device=device), images.read(image)
    lr = picture.pixels[None]
    level = modulation_map(upscaler, lr, upscaler.estimate_condition(picture))
    drawn = level.clamp(0, 1).expand(3, -1, -1).contiguous()
    images.write(images.Picture(drawn, metadata=images.Metadata(gray=True)), out, overwrite=overwrite)
    spread = f"standard deviation {float(level.std()):.3f}"
    typer.echo(f"{out}: gains from {float(level.min()):.3f} to {float(level.max()):.3f}, {spread}")
