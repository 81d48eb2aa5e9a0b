"""``blindsr benchmark``: frozen test suites, scores with intervals, and a leaderboard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindsr.cli.measure.extra import extra_measures

if TYPE_CHECKING:
    from rich.console import Console

    from blindsr.benchmark.submission import Result, Submission

app = typer.Typer(help="Measure any program on frozen suites of degraded images.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="SUITE", help="Name of a suite, or a suite's .json file.")]
Data = Annotated[list[Path], typer.Option("--data", help="Folders of original images; found by their pixels.")]
Cases = Annotated[list[str] | None, typer.Option("--case", help="Only this case; repeatable.")]
Sets = Annotated[list[str] | None, typer.Option("--data-set", help="Only this data set, e.g. Set5; repeatable.")]
Scale = Annotated[int | None, typer.Option("--scale", min=1, help="Only cases of this scale.")]
Core = Annotated[bool, typer.Option("--core", help="Only the core cases.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")]


@app.command("list")
def list_suites(
    suite: Annotated[str | None, typer.Argument(help="Name of a suite, to list its cases.")] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the suites, or the cases of one."""
    import json as text

    from rich.console import Console
    from rich.table import Table

    from blindsr.benchmark import suite as room

    suites = [room.load_suite(name) for name in ([suite] if suite else room.suite_names())]
    if json:
        typer.echo(text.dumps({one.name: [case.name for case in one.cases] for one in suites}, indent=2))
        return
    table = Table("suite", "cases", "data sets", "title")
    if suite:
        table = Table("case", "scale", "core", "data sets", "title")
        for case in suites[0].cases:
            core = "yes" if case.core else ""
            table.add_row(case.name, f"x{case.scale}", core, ", ".join(case.data_sets), case.title)
    else:
        for one in suites:
            table.add_row(one.name, str(len(one.cases)), ", ".join(one.data_sets), one.title)
    Console().print(table)


@app.command()
def prepare(
    suite: Name,
    *,
    data: Data,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the LR images.")],
    case: Cases = None,
    data_set: Sets = None,
    scale: Scale = None,
    core: Core = False,
    overwrite: Overwrite = False,
) -> None:
    """Make the LR images of a suite and check their SHA-256 sums.

    They are written to OUT/CASE/DATA-SET/IMAGE.png. Restore them with any program to a folder of the same layout.
    """
    from rich.console import Console

    from blindsr.benchmark import prepare as room
    from blindsr.benchmark.originals import Originals, Source
    from blindsr.benchmark.suite import load_suite

    one = load_suite(suite)
    chosen = one.select(case or (), data_set or (), scale, core=core)
    console = Console()
    with console.status(f"{one.name}: reading originals") as status:
        source = Source(one, Originals.find(data))
        count = room.prepare(source, chosen, out, overwrite=overwrite, notice=status.update)
    typer.echo(f"{count} LR images of {len(chosen)} cases are in {out}; their SHA-256 sums match those of {one.name}")


@app.command()
def score(
    suite: Name,
    *,
    results: Annotated[Path, typer.Option("--results", help="Folder of SR images: CASE/DATA-SET/IMAGE.png.")],
    data: Data,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the submission to this JSON file.")] = None,
    page: Annotated[
        Path | None, typer.Option("--page", help="Write a page with sliders (index.html) to this folder.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the program; that of RESULTS by default.")] = None,
    program_version: Annotated[str, typer.Option("--program-version", help="Version of the program.")] = "",
    url: Annotated[str, typer.Option("--url", help="Address of the program.")] = "",
    note: Annotated[str, typer.Option("--note", help="Settings and training data, for readers.")] = "",
    parameters: Annotated[int | None, typer.Option("--parameters", min=0, help="Number of weights.")] = None,
    lpips: Annotated[Path | None, typer.Option("--lpips", help="Weights of LPIPS on AlexNet; measures LPIPS.")] = None,
    vgg: Annotated[
        Path | None, typer.Option("--vgg", help="Weights of VGG-16; measures LPIPS (VGG) and DISTS.")
    ] = None,
    niqe: Annotated[
        Path | None, typer.Option("--niqe", help="Parameters of NIQE, .mat or .npz; measures NIQE.")
    ] = None,
    case: Cases = None,
    data_set: Sets = None,
    scale: Scale = None,
    core: Core = False,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:N; for LPIPS and DISTS.")] = "auto",
    overwrite: Overwrite = False,
) -> None:
    """Measure results of any program on a suite: PSNR, SSIM, LPIPS, DISTS and NIQE with bootstrap intervals.

    All cases and data sets that RESULTS has folders of are measured. Time, memory and hardware are taken from
    RESULTS/run.json, which `blindsr benchmark time` writes.
    """
    from rich.console import Console

    from blindsr import files
    from blindsr.benchmark import page as pages
    from blindsr.benchmark import score as room
    from blindsr.benchmark import timing
    from blindsr.benchmark.originals import Originals, Source
    from blindsr.benchmark.submission import Program
    from blindsr.benchmark.suite import load_suite

    if out is not None:
        files.check_writable(out)
        files.check_new(out, overwrite=overwrite)
    if page is not None:
        files.check_new(page / "index.html", overwrite=overwrite)
    one = load_suite(suite)
    chosen = room.available_cases(one.select(case or (), data_set or (), scale, core=core), results)
    program = Program(
        name=name or results.resolve().name, version=program_version, url=url, note=note, parameters=parameters
    )
    subject = room.Subject(results, program, timing.read_run(results))
    more = extra_measures(lpips, vgg, niqe, device)
    console = Console()
    with console.status(f"{one.name}: reading originals") as status:
        source = Source(one, Originals.find(data))
        found = room.evaluate_results(
            source, chosen, subject, more=more, notice=lambda row: status.update(f"{row.case} {row.data_set}")
        )
        if page is not None:
            pages.write_page(source, found, results, page, overwrite=overwrite)
    _print(console, found)
    if out is not None:
        files.write_file(out, found.to_json(), overwrite=overwrite)


@app.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def time(
    command: Annotated[list[str], typer.Argument(metavar="COMMAND", help="A program with its arguments, after --.")],
    *,
    results: Annotated[Path, typer.Option("--results", help="Folder that the program writes to; gets run.json.")],
    lr: Annotated[
        Path | None, typer.Option("--lr", help="Folder of the LR images, for the time per megapixel.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Run a program and write its time, memory and hardware to RESULTS/run.json, for the submission."""
    from blindsr import files
    from blindsr.benchmark import timing

    files.check_new(results / timing.NAME, overwrite=overwrite)
    run = timing.measure_command(command, lr)
    files.write_file(results / timing.NAME, run.model_dump_json(indent=2) + "\n", overwrite=overwrite)
    memory = (run.memory or 0) / 2**20
    typer.echo(
        f"{run.seconds:.1f} s, {run.processor_seconds:.1f} s of processor time, {memory:.0f} MiB on {run.hardware}"
    )


@app.command()
def leaderboard(
    folder: Annotated[Path, typer.Argument(help="Folder of submissions (.json).")],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="HTML file.")],
    suite: Annotated[list[str] | None, typer.Option("--suite", help="Only this suite; repeatable.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Make a page that compares all submissions of a folder, by case and data set."""
    from blindsr import files
    from blindsr.benchmark import leaderboard as room
    from blindsr.benchmark import suite as suites

    files.check_writable(out)
    files.check_new(out, overwrite=overwrite)
    chosen = [suites.load_suite(name) for name in (suite or suites.suite_names())]
    names = {one.name for one in chosen}
    submissions = room.read_submissions(folder)
    if suite:
        submissions = [one for one in submissions if one.suite in names]
    files.write_file(out, room.leaderboard_html(chosen, submissions), overwrite=overwrite)
    typer.echo(f"{len(submissions)} submissions are in {out}")


def _print(console: Console, submission: Submission) -> None:
    from rich.table import Table

    table = Table("case", "data set", "images", title=f"{submission.program.name} on {submission.suite}")
    for label in submission.measures.values():
        table.add_column(label, justify="right")
    for one in submission.results:
        table.add_row(one.case, one.data_set, str(one.count), *(_text(one, name) for name in submission.measures))
    console.print(table)


def _text(result: Result, measure: str) -> str:
    from blindsr.benchmark.page import DIGITS

    one, digits = result.means[measure], DIGITS[measure]
    half = "" if one.low is None or one.high is None else f" [{one.low:.{digits}f}, {one.high:.{digits}f}]"
    return f"{one.mean:.{digits}f}{half}"
