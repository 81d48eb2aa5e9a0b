"""``blindsr doctor``: check the installation."""

import json as text
from typing import Annotated

import typer


def doctor(
    *,
    device: Annotated[
        str, typer.Option(help="Device to measure speed on: auto, cpu, cuda, cuda:N, xpu or mps.")
    ] = "auto",
    tune: Annotated[
        bool, typer.Option("--tune", help="Measure every model in every runtime, and store which is the fastest.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print a line of JSON instead of a table.")] = False,
) -> None:
    """Print versions and devices, and check every model of the package.

    The exit code is 1 if a weights file was modified, or its network gives a wrong result.
    """
    from blindsr.inference.doctor import examine, measure_runtimes

    if tune:
        for name, times in measure_runtimes():
            listed = ", ".join(f"{runtime} {seconds} s" for runtime, seconds in times.items())
            typer.echo(text.dumps({"model": name, **times}) if json else f"{name}: {listed}")
        return
    report = examine(device)
    if json:
        typer.echo(text.dumps(report.to_dict()))
    else:
        from rich.console import Console
        from rich.table import Table

        for name, value in report.versions.items():
            typer.echo(f"{name}: {value}")
        for line in report.devices:
            typer.echo(line)
        table = Table("model", "file", "result", "megapixels/s")
        words = {True: "as published", False: "WRONG", None: "unknown"}
        for check in report.checks:
            table.add_row(check.name, words[check.sum], words[check.result], f"{check.megapixels_per_second:.2f}")
        Console().print(table)
    if not report.healthy:
        raise typer.Exit(1)
