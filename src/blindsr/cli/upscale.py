"""``blindsr upscale``: photographs in, larger photographs out."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from blindsr.errors import BlindSRError

if TYPE_CHECKING:
    from blindsr.contract import Hints
    from blindsr.images import Picture
    from blindsr.restore import Upscaler


def upscale(
    inputs: Annotated[list[Path], typer.Argument(metavar="IN...", help="Images: PNG, JPEG, WebP or TIFF.")],
    *,
    out: Annotated[
        str, typer.Option("--out", "-o", help="A file for one image; a folder for several, or with / at the end.")
    ],
    scale: Annotated[int | None, typer.Option("--scale", "-s", help="Must be the model's; its own by default.")] = None,
    model: Annotated[
        str, typer.Option("--model", "-m", help="Name of weights, path of a weights file, or 'bicubic'.")
    ] = "cmdsr_x4.classic",
    support: Annotated[
        list[Path] | None,
        typer.Option(
            help="Images degraded alike, to learn the degradation from; takes all names up to the next option."
        ),
    ] = None,
    kernel: Annotated[
        Path | None, typer.Option(help="The blur kernel, where it is known: .npy, .mat, .png or .tif.")
    ] = None,
    blur: Annotated[
        float | None, typer.Option(help="Instead of --kernel: standard deviation of a Gaussian, output pixels.")
    ] = None,
    noise: Annotated[float | None, typer.Option(help="The noise level, where it is known, 0 to 255.")] = None,
    denoise: Annotated[float | None, typer.Option(help="Factor of the noise found: 0 keeps it, 1 removes it.")] = None,
    steps: Annotated[int | None, typer.Option(min=0, help="Gradient steps on each image (mzsr).")] = None,
    time_limit: Annotated[
        str | None, typer.Option(help="Most time to learn from an image: 5s, 2m; the best so far is used.")
    ] = None,
    report: Annotated[
        bool, typer.Option("--report", help="Print what was found out about each image, as a line of JSON.")
    ] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    precision: Annotated[Literal["auto", "fp32", "bf16"], typer.Option(help="auto: bf16 where it is native.")] = "auto",
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Seed of the method's random choices.")] = 0,
    tile: Annotated[str, typer.Option(help="Side of a tile in pixels of the input, or auto.")] = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
) -> None:
    """Restore and enlarge images.

    One image that cannot be restored does not stop the others; the exit code is then 1.
    """
    from blindsr.cli import hints as options
    from blindsr.restore.load import load

    name = f"bicubic_x{scale}" if model == "bicubic" and scale is not None else model
    upscaler = load(name, device=device, precision=precision, tile=_tile(tile), seed=seed)
    if scale is not None and scale != upscaler.scale:
        raise BlindSRError(
            f"{model} enlarges {upscaler.scale} times, not {scale}; 'blindsr models' lists what there is"
        )
    targets = _targets(inputs, out, upscaler.scale)
    hints = options.read(
        support=support,
        kernel=kernel,
        blur=blur,
        noise=noise,
        denoise=denoise,
        steps=steps,
        time_limit=time_limit,
    )
    failed = 0
    for source, target in zip(inputs, targets, strict=True):
        try:
            found = _restore(upscaler, source, target, hints, overwrite=overwrite, report=report)
        except BlindSRError as error:
            failed += 1
            text = str(error)
            typer.echo(text if str(source) in text else f"{source}: {text}", err=True)
        else:
            typer.echo(json.dumps({"output": str(target), **found}) if report else target)
    if failed:
        raise typer.Exit(2 if failed == len(inputs) else 1)


def _restore(
    upscaler: "Upscaler", source: Path, target: Path, hints: "Hints", *, overwrite: bool, report: bool
) -> dict[str, Any]:
    """Write one result, and tell what was found out about the image if that is asked for."""
    from blindsr import images

    if target.exists() and not overwrite:
        raise BlindSRError(f"{target} exists already; replace it with --overwrite or choose another name")
    picture = images.read(source)
    _make_folder(target.parent)
    images.check_output(target)
    condition = upscaler.look(picture, hints)
    result = upscaler.enlarge(picture, condition)
    images.write(result, target)
    return _findings(upscaler, picture, result, condition) if report else {}


def _findings(upscaler: "Upscaler", picture: "Picture", result: "Picture", condition: Any) -> dict[str, Any]:
    """What the method found out, and how well the result explains the picture by it."""
    from blindsr.restore.consistency import consistency

    found = upscaler.method.describe(condition)
    estimate = upscaler.method.estimate(condition)
    if estimate is not None:
        found["consistency"] = consistency(picture.pixels[None], result.pixels[None], estimate).to_dict()
    return found


def _targets(inputs: Sequence[Path], out: str, scale: int) -> list[Path]:
    """One path for each input, all different, checked as far as can be before anything is computed."""
    from blindsr import images

    folder = Path(out)
    if len(inputs) == 1 and not folder.is_dir() and not out.endswith(("/", os.sep)):
        images.check_output(folder)
        return [folder]
    _check_folder(folder)
    chosen: dict[Path, Path] = {}
    for source in inputs:
        target = folder / f"{source.stem}_x{scale}{source.suffix}"
        if target in chosen:
            raise BlindSRError(f"{chosen[target]} and {source} would both be written to {target}; upscale them apart")
        chosen[target] = source
    return list(chosen)


def _check_folder(folder: Path) -> None:
    """Refuse a folder that is not there and cannot be made, without making it."""
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not nearest.is_dir():
        raise BlindSRError(f"cannot write to the folder {folder}: {nearest} is a file; choose another")
    if not os.access(nearest, os.W_OK):
        raise BlindSRError(f"cannot write to the folder {folder}: {nearest} is not writable; choose another")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BlindSRError(f"cannot make the folder {folder}: {error.strerror}") from None


def _tile(text: str) -> int | Literal["auto"]:
    if text == "auto":
        return "auto"
    if not text.isdecimal():
        raise BlindSRError(f"expected a tile's side in pixels, or auto, got {text!r}")
    return int(text)
