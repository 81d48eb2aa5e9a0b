"""``blindsr upscale``: restore and enlarge photographs."""

import json as text
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from blindsr.cli import pipe
from blindsr.cli.progress import Progress
from blindsr.errors import BlindSRError, Code, check_conflicts

if TYPE_CHECKING:
    from blindsr.pipeline.options import Options
    from blindsr.pipeline.planning.plan import Job, Naming

Style = Literal["names", "json", "none"]
"""Line to print for each image."""


def upscale(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="IN...",
            help="Images (PNG, JPEG, WebP, TIFF, AVIF, HEIC, BMP, PPM, GIF), folders, patterns, - for a pipe; a video.",
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
        float | None, typer.Option("--scale", "-s", help="Factor, e.g. 2.5; by default that of the model.")
    ] = None,
    size: Annotated[str | None, typer.Option(help="Instead of --scale: 3000x2000 to fit into, 3000x or x2000.")] = None,
    megapixels: Annotated[
        float | None, typer.Option(help="Instead of --scale: size of the results in megapixels.")
    ] = None,
    native: Annotated[
        str | None,
        typer.Option(
            help="Shrink enlarged or blurred images to their actual resolution first: auto, off, 0.5; "
            "auto with -m auto, else off by default."
        ),
    ] = None,
    strength: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="0 is the bicubic enlargement, 1 the model's result.")
    ] = 1.0,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            "-m",
            help="Name of weights, path of a weights file, 'bicubic', or 'auto': select a model for each photograph.",
        ),
    ] = "auto",
    detail: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            help="0 for fidelity, 1 for most texture, for models that have both. By default, 'auto' decides it; other "
            "models use 0.",
        ),
    ] = None,
    support: Annotated[
        list[Path] | None,
        typer.Option(
            help="Images with the same degradation, to estimate the condition from; all names up to the next option."
        ),
    ] = None,
    tta: Annotated[
        bool, typer.Option("--tta", help="Eight-fold self-ensemble: eight times slower, a little better.")
    ] = False,
    preview: Annotated[
        str | None, typer.Option(help="Restore only X,Y,WIDTH,HEIGHT of an image, as in the complete result.")
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(help="Draw bicubic interpolation and the result of one image side by side, in this file."),
    ] = None,
    condition: Annotated[
        Path | None, typer.Option(help="Stored condition of the same camera, a file of 'blindsr condition'.")
    ] = None,
    kernel: Annotated[Path | None, typer.Option(help="Known blur kernel: .npy, .mat, .png or .tif.")] = None,
    blur: Annotated[
        float | None, typer.Option(help="Instead of --kernel: standard deviation of a Gaussian, output pixels.")
    ] = None,
    noise: Annotated[float | None, typer.Option(help="Known noise level, 0 to 255.")] = None,
    denoise: Annotated[float | None, typer.Option(help="Share of the noise to remove, from 0 to 1.")] = None,
    steps: Annotated[
        int | None, typer.Option(min=0, help="Gradient steps on each image, for methods that adapt.")
    ] = None,
    time_limit: Annotated[
        str | None,
        typer.Option(help="Time limit for adapting to an image: 5s, 2m; the best weights until then are used."),
    ] = None,
    report: Annotated[
        bool,
        typer.Option("--report", help="Print findings as JSON, and write a residual map next to each result."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print a line of JSON for each image.")] = False,
    files_from: Annotated[
        Path | None,
        typer.Option(help="Text file that lists images, folders or patterns, one per line; - for standard input."),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            help="Template for names of results in a folder: {stem}, {scale} and {model}; {stem}_x{scale} by default, "
            "and {stem}_{scale} with --size, as photo_3000x2000, or --megapixels, as photo_24MP."
        ),
    ] = None,
    form: Annotated[
        Literal["keep", "png", "jpeg", "webp", "tiff", "avif", "heic", "bmp", "ppm", "gif"],
        typer.Option("--format", help="Format of results in a folder or pipe; keep: as the image, in a pipe PNG."),
    ] = "keep",
    quality: Annotated[int, typer.Option(min=1, max=100, help="Quality of JPEG, WebP, AVIF and HEIC results.")] = 95,
    bits: Annotated[
        Literal["keep", "8", "16", "32"], typer.Option(help="Bit depth of the results; 32: floating point, TIFF only.")
    ] = "keep",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N, xpu or mps.")] = "auto",
    precision: Annotated[
        Literal["auto", "fp32", "bf16"], typer.Option(help="auto: bf16 where the hardware supports it.")
    ] = "auto",
    runtime: Annotated[
        Literal["auto", "torch", "onnxruntime", "openvino"],
        typer.Option(help="Library that runs the network; auto: the fastest measured by 'doctor --tune', else torch."),
    ] = "auto",
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Seed of the method's random choices.")] = 0,
    tile: Annotated[str, typer.Option(help="Side of a tile in pixels of the input, or auto.")] = "auto",
    max_memory: Annotated[
        str,
        typer.Option(help="Memory limit, e.g. 2GB; larger images are processed in strips, to PNG, TIFF or JPEG."),
    ] = "auto",
    codec: Annotated[str, typer.Option(help="Encoder of videos, by its FFmpeg name.")] = "libx264",
    crf: Annotated[int, typer.Option(min=0, max=63, help="Quality of videos; lower is better.")] = 16,
    engine: Annotated[
        Literal["local", "ray"], typer.Option(help="ray distributes the work over a cluster; see docs/cluster.md.")
    ] = "local",
    address: Annotated[
        str | None, typer.Option(help="Address of the Ray cluster, or auto; only this machine if not given.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Number of Ray workers; by default one for each GPU, or each machine.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results that exist.")] = False,
    skip_existing: Annotated[
        bool,
        typer.Option("--skip-existing", help="Skip images whose results exist, to continue after a stop."),
    ] = False,
) -> None:
    """Restore and enlarge images.

    The output has the same tree of folders. An image that cannot be restored does not stop the others; the exit code is
    then 1.
    """
    from blindsr.cluster import ray
    from blindsr.inference.progress import Watch
    from blindsr.pipeline import batch
    from blindsr.pipeline.options import Options
    from blindsr.pipeline.planning import plan
    from blindsr.pipeline.planning.lists import read_list
    from blindsr.pipeline.restorer import Restorer
    from blindsr.video import is_video

    _check(inputs, out, files_from, json=json or report, engine=engine, ray_options=bool(address or workers))
    if engine == "ray" and compare:
        raise BlindSRError("--engine ray does not support --compare or pipes", Code.UNSUPPORTED_OPTION)
    options = Options(
        model=model,
        scale=scale,
        size=size,
        megapixels=megapixels,
        native=native,
        strength=strength,
        detail=detail,
        support=support,
        tta=tta,
        preview=preview,
        compare=compare,
        condition=condition,
        kernel=kernel,
        blur=blur,
        noise=noise,
        denoise=denoise,
        steps=steps,
        time_limit=time_limit,
        report=report,
        name=name,
        format=form,
        quality=quality,
        bits=bits,
        device=device,
        precision=precision,
        runtime=runtime,
        seed=seed,
        tile=tile,
        max_memory=max_memory,
        codec=codec,
        crf=crf,
        overwrite=overwrite,
        skip_existing=skip_existing,
    )
    if any(is_video(one) for one in inputs or ()):
        _restore_video(list(inputs or ()), out, options, "json" if json else "names")
        return
    restorer = Restorer(options)
    naming = options.naming(restorer.upscaler.scale)
    given = [*(inputs or ()), *(read_list(files_from) if files_from else ())]
    with pipe.piped(given, out, None if form == "keep" else f".{form}") as (sources, target):
        style: Style = "json" if json or report else "none" if out == pipe.PIPE else "names"
        planned = _piped if out == pipe.PIPE else plan.plan
        jobs = [] if engine == "ray" else planned(sources, target, naming)
        if compare is not None and len(jobs) > 1:
            raise BlindSRError("--compare supports a single image only", Code.UNSUPPORTED_OPTION)
        with Progress(len(jobs) or None) as progress:
            watch = Watch(progress.fraction)
            if engine == "ray":
                lines = ray.restore_on_ray(
                    sources, target, options, naming, address=address, workers=workers, progress=watch
                )
            else:
                lines = (outcome.to_dict() for outcome in batch.restore_all(jobs, restorer, progress=watch))
            tally = Counter(_print_outcome(line, model, progress, style) for line in lines)
    progress.summary(", ".join(f"{count} {kind}" for kind, count in tally.items()))
    if tally["failed"]:
        raise typer.Exit(2 if tally["failed"] == tally.total() else 1)


def _restore_video(sources: list[str], out: str, options: "Options", style: Style) -> None:
    """Restore a single video."""
    from blindsr.inference.progress import Watch
    from blindsr.restore import restore_file

    if len(sources) > 1:
        raise BlindSRError("expected a single video", Code.CONFLICTING_OPTIONS)
    with Progress(1) as progress:
        outcome = restore_file(sources[0], out, options, progress=Watch(progress.fraction))
        _print_outcome(outcome.to_dict(), str(options.model), progress, style)


def _piped(sources: list[str], target: str, naming: "Naming") -> "list[Job]":
    """Restore a single image and write the result to a pipe."""
    from blindsr.pipeline.planning import plan

    found = plan.roots(sources, f"{Path(target).parent}/", naming)
    if [root.kind for root in found] != ["file"]:
        raise BlindSRError(pipe.SINGLE, Code.CONFLICTING_OPTIONS)
    return [plan.Job(found[0].place, Path(target))]


def _check(
    inputs: list[str] | None, out: str, files_from: Path | None, *, json: bool, engine: str, ray_options: bool
) -> None:
    """Check the options that only the command has for contradictions."""
    piped = pipe.PIPE in (out, *(inputs or ()))
    check_conflicts(
        (out == pipe.PIPE and json, "--json cannot be combined with -o -: standard output carries the image"),
        (not inputs and not files_from, "name at least one image, folder or pattern, or a list with --files-from"),
        (engine == "ray" and piped, "--engine ray does not support --compare or pipes"),
        (engine == "local" and ray_options, "--address and --workers are for --engine ray"),
        (
            str(files_from) == pipe.PIPE and pipe.PIPE in (inputs or ()),
            "standard input cannot be both an image and a list",
        ),
    )


def _print_outcome(line: dict[str, Any], model: str, progress: Progress, style: Style) -> str:
    """Print the outcome of an image in one line; errors also go to standard error."""
    error = line["error"]
    progress.advance(line["megapixels"])
    if style == "json":
        progress.line(text.dumps({"model": model, **line}), err=False)
    elif style == "names" and error is None:
        progress.line(line["output"], err=False)
    if (trouble := error or line.get("caution")) is not None:
        progress.failed(line["input"], trouble)
    return str(line["status"])
