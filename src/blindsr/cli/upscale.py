"""``blindsr upscale``: photographs in, larger ones out."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from blindsr.errors import BlindSRError

if TYPE_CHECKING:
    from blindsr.images import Picture
    from blindsr.restore.upscaler import Upscaler


def upscale(
    inputs: Annotated[list[Path], typer.Argument(metavar="IN...", help="Photographs.")],
    *,
    out: Annotated[Path, typer.Option("-o", "--out", help="A file, or a folder (for several inputs).")],
    scale: Annotated[int, typer.Option("-s", "--scale", help="Factor along each side.")] = 4,
    model: Annotated[str, typer.Option("-m", "--model", help="Name of weights, or a file.")] = "cmdsr_x4.classic",
    support: Annotated[list[Path] | None, typer.Option(help="Other photographs degraded alike, to learn from.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    precision: Annotated[Literal["auto", "fp32", "bf16"], typer.Option(help="auto: bf16 where native.")] = "auto",
    tile: Annotated[str, typer.Option(help="Largest side of a tile in input pixels, or auto.")] = "auto",
    seed: Annotated[int, typer.Option(help="Of the random choices; the same seed gives the same result.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
) -> None:
    """Restore and enlarge photographs whose blur and noise nobody knows.

    Exits with 0 if all went well, 1 if some photographs failed, 2 if all did.
    """
    from blindsr.images import read
    from blindsr.restore.load import load

    targets = _plan(inputs, out, scale, overwrite=overwrite)
    name = f"bicubic_x{scale}" if model == "bicubic" else model
    upscaler = load(name, device=device, precision=precision, tile=_tile(tile), seed=seed)
    if upscaler.scale != scale:
        raise BlindSRError(f"{model} enlarges {upscaler.scale} times, not {scale}; 'blindsr models' lists the others")
    others = [read(path) for path in support or ()]
    failed = [path for path, target in targets.items() if not _one(upscaler, path, target, others)]
    if failed:
        raise typer.Exit(2 if len(failed) == len(targets) else 1)


def _one(upscaler: "Upscaler", source: Path, target: Path, support: "list[Picture]") -> bool:
    """Restore one file; a failure is told in one sentence and leaves the rest alone."""
    from blindsr import images

    try:
        images.write(upscaler.upscale(source, support), target)
    except BlindSRError as error:
        sentence = str(error) if str(source) in str(error) else f"{source}: {error}"
        print(f"blindsr: {sentence}", file=sys.stderr)
        return False
    return True


def _plan(inputs: list[Path], out: Path, scale: int, *, overwrite: bool) -> dict[Path, Path]:
    """Where each input's result goes; every reason to fail that can be known beforehand is found here."""
    from blindsr.images import check_output

    folder = len(inputs) > 1 or out.is_dir() or str(out).endswith("/")
    if len(inputs) > 1 and not out.is_dir() and out.suffix:
        raise BlindSRError(f"{len(inputs)} photographs need a folder to go to, and {out} looks like a file")
    if folder:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BlindSRError(f"cannot create the folder {out}: {error.strerror}") from None
    targets: dict[Path, Path] = {}
    for path in inputs:
        target = out / f"{path.stem}_x{scale}{path.suffix}" if folder else out
        if target in targets.values():
            raise BlindSRError(f"two photographs would both become {target}; rename one or use two folders")
        if target.exists() and not overwrite:
            raise BlindSRError(f"{target} exists; choose another name or give --overwrite")
        if not folder:
            check_output(target)
        targets[path] = target
    return targets


def _tile(text: str) -> int | Literal["auto"]:
    if text == "auto":
        return "auto"
    if not text.isdecimal() or int(text) < 1:
        raise BlindSRError(f"a tile's side is a number of pixels or auto, not {text!r}")
    return int(text)
