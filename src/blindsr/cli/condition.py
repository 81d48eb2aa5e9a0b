"""``blindsr condition``: look at the photographs of one camera once, for all that follow."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from blindsr.cli.progress import Progress


def condition(
    inputs: Annotated[list[Path], typer.Argument(metavar="IN...", help="Images, folders of them, or patterns.")],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="A JSON file, for upscale --condition.")],
    model: Annotated[
        str, typer.Option("--model", "-m", help="Name of weights, or path of a weights file.")
    ] = "cmdsr_x4.classic",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    precision: Annotated[Literal["auto", "fp32", "bf16"], typer.Option(help="auto: bf16 where it is native.")] = "auto",
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Seed of the method's random choices.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that exists.")] = False,
) -> None:
    """Find out how photographs of one camera are degraded, and keep the average."""
    from blindsr.restore import naming, stored
    from blindsr.restore.load import load

    sources = naming.sources(inputs)
    naming.check_new(out, sources, overwrite=overwrite)
    upscaler = load(model, device=device, precision=precision, seed=seed)
    with Progress(len(sources)) as progress:
        found = []
        for source in sources:
            found.append(upscaler.look(source))
            progress.advance(0.0)
    stored.save(out, model, upscaler, upscaler.average(found))
    typer.echo(f"{out}: the average of {len(found)} image{'s' * (len(found) != 1)}")
