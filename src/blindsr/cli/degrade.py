"""``blindsr degrade``: degrade a photograph and record how."""

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from blindsr.errors import BlindSRError, Code

if TYPE_CHECKING:
    from torch import Tensor

    from blindsr.degrade import Border, Degradation, Downsampling

_LOSSLESS = (".png", ".tif", ".tiff")


def degrade(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A clean image.")],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="PNG or TIFF; the record is written to OUT.json.")],
    scale: Annotated[int | None, typer.Option(help="Factor of the reduction; 4 by default.")] = None,
    blur: Annotated[
        float | None, typer.Option(help="Standard deviation of the blur, pixels of IN; no blur by default.")
    ] = None,
    blur2: Annotated[float | None, typer.Option(help="Standard deviation across --angle; the same as --blur.")] = None,
    angle: Annotated[
        float | None, typer.Option(help="Direction of --blur, degrees clockwise from horizontal; 0 by default.")
    ] = None,
    kernel: Annotated[Path | None, typer.Option(help="Blur kernel, .npy, .mat or .png, instead of --blur.")] = None,
    kernel_size: Annotated[int | None, typer.Option(help="Side of the Gaussian kernel, odd; 21 by default.")] = None,
    down: Annotated[str | None, typer.Option(help="bicubic (default) or direct.")] = None,
    border: Annotated[str | None, typer.Option(help="reflect (default), replicate, wrap or symmetric.")] = None,
    noise: Annotated[
        float | None, typer.Option(help="Standard deviation of the noise, 0..255; no noise by default.")
    ] = None,
    jpeg: Annotated[int | None, typer.Option(help="JPEG quality, 1 to 100; 0 (default): no compression.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**63 - 1, help="Seed of the noise; 0 by default.")] = None,
    record: Annotated[Path | None, typer.Option("--from", help="Record to replay, bit for bit.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
) -> None:
    """Blur, downsample, add noise and compress an image, cropped to multiples of the scale first."""
    _check_output(out, overwrite=overwrite)
    settings = (scale, blur, blur2, angle, kernel, kernel_size, down, border, noise, jpeg, seed)
    if record is not None:
        if any(setting is not None for setting in settings):
            raise BlindSRError(
                "--from replays a record and cannot be combined with other settings", Code.CONFLICTING_OPTIONS
            )
        from blindsr.degrade.record import load_record

        degradation = load_record(record)
    else:
        import torch

        from blindsr.degrade import Degradation

        degradation = Degradation(
            scale=4 if scale is None else scale,
            kernels=_kernel(kernel, kernel_size, blur, blur2, angle)[None],
            noise=torch.tensor([noise or 0.0]),
            jpeg=torch.tensor([jpeg or 0]),
            seeds=torch.tensor([seed or 0]),
            border=cast("Border", border or "reflect"),
            down=cast("Downsampling", down or "bicubic"),
        ).validated()
    _write(source, out, degradation, overwrite=overwrite)


def _write(source: Path, out: Path, degradation: "Degradation", *, overwrite: bool) -> None:
    from blindsr import files, images

    clean = images.read(source)
    if min(clean.height, clean.width) < degradation.scale:
        raise BlindSRError(
            f"{source} is {clean.width}x{clean.height}, too small for scale {degradation.scale}",
            Code.TOO_SMALL,
        )
    lr = degradation.apply(images.modcrop(clean.pixels, degradation.scale)[None])[0]
    # Noise is drawn for each channel, so the result has colours, and a profile for gray no longer fits.
    profile = None if clean.metadata.gray else clean.metadata.icc
    metadata = replace(clean.metadata, bits=8, gray=False, icc=profile)
    images.write(images.Picture(lr, metadata=metadata), out, overwrite=overwrite)
    files.write_file(_record_of(out), degradation.to_json() + "\n", overwrite=overwrite)


def _check_output(out: Path, *, overwrite: bool) -> None:
    from blindsr import files, images

    if out.suffix.lower() not in _LOSSLESS:
        raise BlindSRError(
            f"cannot write {out}: use a .png or .tif file, which stores pixels without loss",
            Code.CANNOT_WRITE,
        )
    images.check_output(out)
    files.check_writable(_record_of(out))
    for path in (out, _record_of(out)):
        files.check_new(path, overwrite=overwrite)


def _record_of(out: Path) -> Path:
    return out.with_name(f"{out.name}.json")


def _kernel(
    path: Path | None, size: int | None, blur: float | None, blur2: float | None, angle: float | None
) -> "Tensor":
    """The blur kernel ``(k, k)``."""
    from blindsr.degrade import kernels
    from blindsr.degrade.kernel_io import load_kernel

    if path is not None:
        if any(value is not None for value in (size, blur, blur2, angle)):
            raise BlindSRError(
                "--kernel cannot be combined with --blur, --blur2, --angle or --kernel-size",
                Code.CONFLICTING_OPTIONS,
            )
        return load_kernel(path)
    if blur is not None:
        return _gaussian(21 if size is None else size, blur, blur2, angle or 0.0)
    if any(value is not None for value in (size, blur2, angle)):
        raise BlindSRError("--blur2, --angle and --kernel-size need --blur", Code.CONFLICTING_OPTIONS)
    return kernels.delta()


def _gaussian(size: int, blur: float, blur2: float | None, angle: float) -> "Tensor":
    from blindsr.degrade import kernels

    if size < 1 or size % 2 == 0:
        raise BlindSRError(f"expected an odd kernel size in pixels, got {size}")
    for option, width in (("--blur", blur), ("--blur2", blur2)):
        if width is not None and not 0 < width < math.inf:
            raise BlindSRError(f"expected {option} to be above 0 pixels, got {width:g}; omit it to disable blur")
    if not math.isfinite(angle):
        raise BlindSRError(f"expected --angle in degrees, got {angle}")
    return kernels.gaussian(size, blur, blur2, math.radians(angle))
