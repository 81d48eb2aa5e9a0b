"""``blindsr upscale``: photographs in, larger photographs out."""

import json as text
import math
import re
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from blindsr.cli import pipe
from blindsr.cli.progress import Progress
from blindsr.errors import BlindSRError

if TYPE_CHECKING:
    from blindsr.inference.upscaler import Upscaler
    from blindsr.pipeline.batch import Existing

Style = Literal["names", "json", "none"]
"""What is printed for each image."""


def upscale(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="IN...",
            help="Images (PNG, JPEG, WebP, TIFF, AVIF, HEIC, BMP, PPM, GIF), folders, patterns, - for a pipe.",
        ),
    ] = None,
    *,
    out: Annotated[
        str,
        typer.Option(
            "--out", "-o", help="A file for one image; a folder for several, or with / at the end; - for a pipe."
        ),
    ],
    scale: Annotated[
        float | None, typer.Option("--scale", "-s", help="Factor, as 2.5; the model's own by default.")
    ] = None,
    size: Annotated[str | None, typer.Option(help="Instead of --scale: 3000x2000 to fit into, 3000x or x2000.")] = None,
    megapixels: Annotated[float | None, typer.Option(help="Instead of --scale: size of the results.")] = None,
    native: Annotated[
        str | None,
        typer.Option(
            help="Shrink images that were enlarged or blurred before to what they hold: auto, off, 0.5; "
            "auto with -m auto, else off by default."
        ),
    ] = None,
    strength: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="0 is the bicubic enlargement, 1 the model's result.")
    ] = 1.0,
    model: Annotated[
        str, typer.Option("--model", "-m", help="Name of weights, path of a weights file, 'bicubic', or 'auto'.")
    ] = "cmdsr_x4.classic",
    support: Annotated[
        list[Path] | None,
        typer.Option(
            help="Images degraded alike, to learn the degradation from; takes all names up to the next option."
        ),
    ] = None,
    tta: Annotated[
        bool, typer.Option("--tta", help="Eight-fold self-ensemble: eight times slower, a little better.")
    ] = False,
    preview: Annotated[
        str | None, typer.Option(help="Restore only X,Y,WIDTH,HEIGHT of an image, as it will be in the whole.")
    ] = None,
    compare: Annotated[
        Path | None, typer.Option(help="Show a single image before and after, side by side, in this file.")
    ] = None,
    condition: Annotated[
        Path | None, typer.Option(help="What 'blindsr condition' found out about photographs of the same camera.")
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
        bool,
        typer.Option("--report", help="JSON with what was found out; a map beside each result of what it leaves open."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print a line of JSON for each image.")] = False,
    files_from: Annotated[
        Path | None, typer.Option(help="A text file that names images, folders or patterns, one a line.")
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            help="Name of a result in a folder, of {stem}, {scale} and {model}; {stem}_x{scale} by default, "
            "and {stem}_{scale} with --size, as photo_3000x2000, or --megapixels, as photo_24MP."
        ),
    ] = None,
    form: Annotated[
        Literal["keep", "png", "jpeg", "webp", "tiff", "avif", "heic", "bmp", "ppm", "gif"],
        typer.Option("--format", help="Of results in a folder or pipe; keep is that of the image, in a pipe PNG."),
    ] = "keep",
    quality: Annotated[int, typer.Option(min=1, max=100, help="Of JPEG, WebP, AVIF and HEIC results.")] = 95,
    bits: Annotated[
        Literal["keep", "8", "16", "32"], typer.Option(help="Of a sample of the results; 32 are floats, to TIFF.")
    ] = "keep",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    precision: Annotated[Literal["auto", "fp32", "bf16"], typer.Option(help="auto: bf16 where it is native.")] = "auto",
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Seed of the method's random choices.")] = 0,
    tile: Annotated[str, typer.Option(help="Side of a tile in pixels of the input, or auto.")] = "auto",
    max_memory: Annotated[
        str, typer.Option(help="Memory to stay under, as 2GB; larger images go through it in strips, to PNG or TIFF.")
    ] = "auto",
    engine: Annotated[
        Literal["local", "ray"], typer.Option(help="ray spreads the work over a cluster; see docs/cluster.md.")
    ] = "local",
    address: Annotated[
        str | None, typer.Option(help="Of the Ray cluster, or auto; this machine alone if not given.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Of the Ray cluster; by default one for each GPU, or each machine.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results that exist.")] = False,
    skip_existing: Annotated[
        bool, typer.Option("--skip-existing", help="Leave results that exist, and do the rest: to go on after a stop.")
    ] = False,
) -> None:
    """Restore and enlarge images.

    The trees of folders are kept. One image that cannot be restored does not stop the others; the exit code is then 1.
    """
    from blindsr import images
    from blindsr.analysis import native as resolution
    from blindsr.analysis.choice import Auto
    from blindsr.cli import hints as options
    from blindsr.cluster import ray
    from blindsr.inference import size as sizes
    from blindsr.inference.load import load
    from blindsr.pipeline import batch, condition_io, memory, naming
    from blindsr.weights import name_of

    hinted = any(hint is not None for hint in (support, kernel, blur, noise, denoise, steps, time_limit))
    for contradiction, sentence in (
        (
            overwrite and skip_existing,
            "give either --overwrite or --skip-existing: both decide over results that exist",
        ),
        (
            condition and hinted,
            "give either --condition or what you know of the image (--support, --kernel, --blur, --noise, --denoise, "
            "--steps, --time-limit): nothing is looked at where a condition is given",
        ),
        (out == pipe.PIPE and (json or report), "the image takes the standard output, which leaves no room for JSON"),
        (not inputs and not files_from, "name at least one image, folder or pattern, or a list with --files-from"),
        (
            preview and (scale or size or megapixels or strength < 1),
            "--preview shows what the model makes; leave out the size and the strength",
        ),
        (
            model == "auto" and (hinted or preview or condition or tta or size or megapixels),
            "-m auto decides by itself; name a model to tell it more than --scale",
        ),
        (
            engine == "ray" and (compare or pipe.PIPE in (out, *(inputs or ()))),
            "--engine ray is for many images; leave out --compare and the pipe",
        ),
        (engine == "local" and (address or workers), "--address and --workers are for --engine ray"),
        (preview and native not in (None, "off"), "--preview names pixels of the image as it is; leave out --native"),
    ):
        if contradiction:
            raise BlindSRError(sentence)
    if compare is not None:
        images.check_output(compare)
    wanted = sizes.parse(scale, size, megapixels)
    weights = f"bicubic_x{min(99, math.ceil(scale or 4))}" if model == "bicubic" else model
    ready = partial(load, device=device, precision=precision, tile=_tile(tile), seed=seed, ensemble=tta)
    build = partial(Auto, ready, scale or 4.0) if model == "auto" else partial(ready, weights)
    upscaler: Upscaler | Auto = build()
    known = None if condition is None or isinstance(upscaler, Auto) else condition_io.load(condition, model, upscaler)
    hints = options.read(
        support=support,
        kernel=kernel,
        blur=blur,
        noise=noise,
        denoise=denoise,
        steps=steps,
        time_limit=time_limit,
    )
    upscaler.check(hints)
    ending = None if form == "keep" else f".{form}"
    existing: Existing = "replace" if overwrite else "skip" if skip_existing else "refuse"
    fraction = None if native is None else resolution.parse(native)
    limit = None if max_memory == "auto" else memory.parse(max_memory)
    manner = batch.Form(
        size=wanted,
        strength=strength,
        quality=quality,
        bits=None if bits == "keep" else int(bits),
        preview=_region(preview),
        compare=compare,
        condition=known,
        max_memory=limit,
        native=fraction,
    )
    called = naming.Naming(
        scale=size or (f"{megapixels:g}MP" if megapixels else scale or upscaler.scale),
        model=name_of(model),
        template=_template(name, ending, sized=wanted.factor is None and wanted != sizes.Size()),
    )
    given = [*(inputs or ()), *(naming.listed(files_from) if files_from else ())]
    with pipe.piped(given, out, ending) as (sources, target):
        style: Style = "json" if json or report else "none" if out == pipe.PIPE else "names"
        if engine == "ray":
            work = ray.Work(build, called, hints, manner, existing, report)
            lines = ray.restore_on_ray(sources, target, work, address=address, workers=workers)
            total = None
        else:
            jobs = naming.plan([Path(source) for source in sources], target, called)
            if out == pipe.PIPE and [job.target for job in jobs] != [Path(target)]:
                raise BlindSRError(pipe.SINGLE)
            if compare is not None and len(jobs) > 1:
                raise BlindSRError("--compare shows a single image; name one")
            outcomes = batch.restore_all(upscaler, jobs, hints, existing=existing, form=manner, report=report)
            lines, total = (outcome.line() for outcome in outcomes), len(jobs)
        with Progress(total) as progress:
            tally = Counter(_tell(line, model, progress, style) for line in lines)
    progress.summary(", ".join(f"{count} {kind}" for kind, count in tally.items()))
    if tally["failed"]:
        raise typer.Exit(2 if tally["failed"] == tally.total() else 1)


def _tell(line: dict[str, Any], model: str, progress: Progress, style: Style) -> str:
    """Say what became of a photograph, in one line; errors also go to the other stream."""
    error = line["error"]
    progress.advance(line["megapixels"])
    if style == "json":
        progress.line(text.dumps({"model": model, **line}), err=False)
    elif style == "names" and error is None:
        progress.line(line["output"], err=False)
    if error is not None:
        progress.failed(line["input"], error)
    return str(line["status"])


def _template(name: str | None, ending: str | None, *, sized: bool) -> str:
    """The name of results, with the ending of a format unless it has one, which decides."""
    from blindsr import images
    from blindsr.pipeline import naming

    template = name if name is not None else "{stem}_{scale}" if sized else naming.TEMPLATE
    return template if Path(template).suffix.lower() in images.SUFFIXES else template + (ending or "")


def _region(given: str | None) -> tuple[int, int, int, int] | None:
    if given is None:
        return None
    match = re.fullmatch(r"(\d+),(\d+),(\d+),(\d+)", given)
    if match is None:
        raise BlindSRError(f"a region reads X,Y,WIDTH,HEIGHT in pixels of the image, not {given!r}")
    left, top, width, height = map(int, match.groups())
    return left, top, width, height


def _tile(text: str) -> int | Literal["auto"]:
    if text == "auto":
        return "auto"
    if not text.isdecimal():
        raise BlindSRError(f"expected a tile's side in pixels, or auto, got {text!r}")
    return int(text)
