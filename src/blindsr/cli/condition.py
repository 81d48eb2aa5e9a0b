"""``blindsr condition``: estimate the degradation of one camera once, for later photographs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from blindsr.cli.progress import Progress
from blindsr.errors import BlindSRError

if TYPE_CHECKING:
    from blindsr.inference.upscaler import Upscaler
    from blindsr.pipeline.planning.plan import Job


def condition(
    inputs: Annotated[list[Path], typer.Argument(metavar="IN...", help="Images, folders of them, or patterns.")],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="JSON file to write, for upscale --condition.")],
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Name of weights, or path of a weights file.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N, xpu or mps.")] = "auto",
    precision: Annotated[
        Literal["auto", "fp32", "bf16"], typer.Option(help="auto: bf16 where the hardware supports it.")
    ] = "auto",
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Seed of the method's random choices.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that exists.")] = False,
) -> None:
    """Estimate the degradation of photographs of one camera, and save the average.

    Photographs that cannot be read are skipped; the exit code is then 1.
    """
    from blindsr import files, weights
    from blindsr.inference.load import load
    from blindsr.pipeline import condition_io
    from blindsr.pipeline.planning import plan

    sources = plan.find_sources(inputs)
    files.check_writable(out)
    files.check_new(out, [job.source for job in sources if isinstance(job.source, Path)], overwrite=overwrite)
    model = model or weights.with_role("condition")[0]
    upscaler = load(model, device=device, precision=precision, seed=seed)
    upscaler.method.check_packable()
    with Progress(len(sources)) as progress:
        found = []
        for job in sources:
            try:
                found.append(_condition(upscaler, job))
            except BlindSRError as error:
                progress.failed(str(job.source), str(error))
            progress.advance(0.0)
    if not found:
        raise typer.Exit(2)
    condition_io.save_condition(out, model, upscaler, upscaler.average_conditions(found), overwrite=overwrite)
    typer.echo(f"{out}: the average of {len(found)} image{'s' * (len(found) != 1)}")
    if len(found) < len(sources):
        raise typer.Exit(1)


def _condition(upscaler: "Upscaler", job: "Job") -> Any:
    from blindsr.pipeline.planning.locations import Workspace

    if job.error is not None:
        raise job.error
    with Workspace() as work:
        return upscaler.estimate_condition(work.fetch(job.source))
