"""``blindsr degrade``: make a small, blurred, noisy image from a clean one, and a record to do it again."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindsr.errors import BlindSRError

if TYPE_CHECKING:
    from torch import Tensor

    from blindsr.degrade import Degradation


def degrade(
    image: Annotated[Path, typer.Argument(metavar="IN", help="A clean photograph.")],
    *,
    out: Annotated[Path, typer.Option("-o", "--out", help="The degraded image; its record is written as OUT.json.")],
    scale: Annotated[int, typer.Option("-s", "--scale", help="HR pixels per LR pixel.")] = 4,
    blur: Annotated[float, typer.Option(help="Standard deviation of the Gaussian blur, HR pixels; 0 for none.")] = 0.0,
    blur2: Annotated[float | None, typer.Option(help="Across the first axis, for an anisotropic blur.")] = None,
    angle: Annotated[float, typer.Option(help="Of the first axis, degrees; positive turns it downwards.")] = 0.0,
    kernel: Annotated[Path | None, typer.Option(help="Blur by this .npy, .mat or .png instead.")] = None,
    kernel_size: Annotated[int, typer.Option(help="Side of a Gaussian kernel, odd.")] = 21,
    noise: Annotated[float, typer.Option(help="Standard deviation of white noise, of 255.")] = 0.0,
    jpeg: Annotated[int, typer.Option(help="JPEG quality, 1 to 100; 0 for none.")] = 0,
    down: Annotated[str, typer.Option(help="bicubic or direct.")] = "bicubic",
    border: Annotated[str, typer.Option(help="reflect, replicate, wrap or symmetric.")] = "reflect",
    seed: Annotated[int, typer.Option(help="Of the noise.")] = 0,
    record: Annotated[Path | None, typer.Option("--from", help="Replay this record, bit for bit.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
) -> None:
    """Blur, shrink, add noise, compress (Eq. 1 of the papers), and write down what was done."""
    from blindsr import images
    from blindsr.degrade import Degradation
    from blindsr.evaluate import textfile

    note = out.with_name(f"{out.name}.json")
    images.check_output(out)
    textfile.check_writable(note)
    for path in (out, note):
        if path.exists() and not overwrite:
            raise BlindSRError(f"{path} exists; choose another name or give --overwrite")
    if record is not None:
        degradation = Degradation.from_json(_text(record))
        if len(degradation) != 1:
            raise BlindSRError(f"{record} describes {len(degradation)} images, and one is needed")
    else:
        k = _kernel(kernel, kernel_size, (blur, blur2, angle))
        values = {"kernels": [k.tolist()], "noise": [noise], "jpeg": [jpeg], "seeds": [seed]}
        fixed = {"scale": scale, "border": border, "down": down, "blur_rounding": "none", "rounding": "round"}
        degradation = Degradation.from_dict({"version": 1, **values, **fixed})
    _write(image, degradation, out)
    textfile.write(degradation.to_json() + "\n", note)


def _write(image: Path, degradation: "Degradation", out: Path) -> None:
    from dataclasses import replace

    from blindsr import images

    picture = images.read(image)
    hr = images.modcrop(picture.pixels[None], degradation.scale)
    if 0 in hr.shape:
        raise BlindSRError(f"{image} is smaller than the scale {degradation.scale}")
    # The result is a new 8-bit image of its own: transparency and depth of the original do not describe it.
    metadata = replace(picture.metadata, bits=8)
    images.write(replace(picture, pixels=degradation.apply(hr)[0], alpha=None, metadata=metadata), out)


def _kernel(path: Path | None, size: int, gaussian: tuple[float, float | None, float]) -> "Tensor":
    from blindsr.degrade import kernels

    if path is not None:
        return kernels.load(path)
    std, std2, angle = gaussian
    if size < 1 or size % 2 == 0:
        raise BlindSRError(f"a kernel's side is an odd number of pixels, not {size}")
    widths = [std] if std2 is None else [std, std2]
    if not all(math.isfinite(width) and width >= 0 for width in widths) or not math.isfinite(angle):
        raise BlindSRError("a blur's widths are numbers from 0, in pixels")
    if max(widths) == 0:
        return kernels.delta(size)
    # A width of 0 next to a real one is a line; a hundredth of a pixel draws it.
    first, *rest = (max(width, 0.01) for width in widths)
    return kernels.gaussian(size, first, rest[0] if rest else None, math.radians(angle))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise BlindSRError(f"cannot read the record {path}") from None
