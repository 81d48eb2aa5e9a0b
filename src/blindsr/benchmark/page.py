"""HTML pages of a submission, with sliders, and of a leaderboard; all content is local."""

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files as package_files
from pathlib import Path

from PIL import Image
from torch import Tensor

from blindsr import files
from blindsr.benchmark.originals import Item, Source
from blindsr.benchmark.score import read_result
from blindsr.benchmark.submission import Interval, Submission
from blindsr.degrade import resize
from blindsr.pixels import to_bytes

DIGITS = {"psnr": 2, "ssim": 4, "lpips": 4, "lpips_vgg": 4, "dists": 4, "niqe": 3}
"""Decimals of each measure."""
LOWER = frozenset({"lpips", "lpips_vgg", "dists", "niqe"})
"""Measures that are better when lower."""


@dataclass(frozen=True)
class Cell:
    """Cell of a table."""

    text: str
    value: float | str | None = None
    """Value to sort by."""
    small: str = ""
    """Second line."""
    best: bool = False
    """Whether it is shown in bold."""


def write_page(
    source: Source,
    submission: Submission,
    results: Path,
    folder: Path,
    *,
    each: int = 3,
    overwrite: bool = False,
) -> Path:
    """Write ``index.html`` and the images of its sliders to a folder.

    Args:
        source: the suite that was measured and its original images.
        submission: the scores.
        results: the SR images.
        folder: output folder, which is created if necessary.
        each: number of images with sliders for each case and data set.
        overwrite: replace files that exist.

    Returns:
        The path of the page.

    Raises:
        BlindSRError: the page exists, the folder cannot be created, or an original or a result is missing.
    """
    path = folder / "index.html"
    files.check_new(path, overwrite=overwrite)
    files.make_folder(folder / "images")
    cases = {case.name: case for case in source.suite.cases}
    parts = [_about(submission), submission_table(submission)]
    for result in submission.results:
        case = cases[result.case]
        parts.append(f"<h2>{_text(case.name)} on {_text(result.data_set)}</h2><p class=note>{_text(case.title)}</p>")
        figures = []
        for image in list(result.images)[:each]:
            names = _pictures(source, Item(case, result.data_set, image), results, folder / "images")
            figures.append(_figure(names, image, result.images[image]))
        parts.append(f"<div class=gallery>{''.join(figures)}</div>")
    files.write_file(
        path, html_page(f"{submission.program.name} on {submission.suite}", parts, ("wipe.js",)), overwrite=overwrite
    )
    return path


def html_page(title: str, parts: Iterable[str], scripts: Sequence[str] = ()) -> str:
    """Create a page that contains its styles and scripts."""
    style = "".join(_asset(name) for name in ("page.css", "wipe.css"))
    code = "".join(f"<script>{_asset(name)}</script>" for name in scripts)
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{_text(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{style}</style></head>\n<body>\n<h1>{_text(title)}</h1>\n"
        + "\n".join(parts)
        + f"\n{code}</body>\n</html>\n"
    )


def html_table(headings: Sequence[str], rows: Sequence[Sequence[Cell]], caption: str = "") -> str:
    """Create a table that can be sorted by its columns."""
    head = "".join(f'<th scope="col">{_text(one)}</th>' for one in headings)
    body = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    below = f"<caption>{_text(caption)}</caption>" if caption else ""
    return (
        f"<div class=scroll tabindex=0><table data-sort>{below}<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def submission_table(submission: Submission) -> str:
    """Create the table of all means of a submission."""
    measures = list(submission.measures)
    rows = [
        [
            Cell(f"{one.case}, {one.data_set}", f"{one.case} {one.data_set}"),
            Cell(str(one.count), one.count),
            *(interval_cell(one.means.get(name), name) for name in measures),
        ]
        for one in submission.results
    ]
    headings = ["case", "images", *(heading(name, submission.measures[name]) for name in measures)]
    return html_table(headings, rows, "Means over the images; below each mean, its 95% interval from 2000 resamples.")


def interval_cell(one: Interval | None, measure: str, *, best: bool = False) -> Cell:
    """Create the cell of a mean with its interval."""
    if one is None:
        return Cell("-")
    digits = DIGITS.get(measure, 3)
    small = "" if one.low is None or one.high is None else f"{one.low:.{digits}f} to {one.high:.{digits}f}"
    return Cell(f"{one.mean:.{digits}f}", one.mean, small, best)


def heading(measure: str, label: str) -> str:
    """Return a heading that shows whether higher or lower is better."""
    return f"{label} {'↓' if measure in LOWER else '↑'}"


def link(name: str, url: str) -> str:
    """Return the name of a program, linked to its address if it is a web address."""
    safe = url.startswith(("https://", "http://"))
    return f'<a href="{_text(url)}">{_text(name)}</a>' if safe else _text(name)


def _about(submission: Submission) -> str:
    program, run = submission.program, submission.run
    facts = {
        "Program": f"{link(program.name, program.url)} {_text(program.version)}",
        "Parameters": "" if program.parameters is None else f"{program.parameters:,}",
        "Note": _text(program.note),
        "Hardware": _text(run.hardware),
        "Command": f"<code>{_text(run.command)}</code>" if run.command else "",
        "Time": _time(run.seconds, run.megapixels),
        "Processor time": _time(run.processor_seconds, run.megapixels),
        "Memory": "" if run.memory is None else f"{run.memory / 2**20:.0f} MiB",
    }
    return "<p>" + "<br>".join(f"{name}: {value}" for name, value in facts.items() if value.strip()) + "</p>"


def _time(seconds: float | None, megapixels: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds:.1f} s" + (f", {seconds / megapixels:.2f} s for a megapixel of LR" if megapixels else "")


def _figure(names: tuple[str, str, str], image: str, values: Mapping[str, float]) -> str:
    bicubic, result, truth = (f"images/{name}" for name in names)
    numbers = ", ".join(f"{name} {value:.{DIGITS.get(name, 3)}f}" for name, value in values.items())
    wipe = (
        f'<div class=wipe data-label="bicubic left, result right"><img src="{bicubic}" alt="bicubic" loading=lazy>'
        f'<img src="{result}" alt="result" loading=lazy></div>'
    )
    return (
        f'<figure>{wipe}<figcaption>{_text(image)}: bicubic | result (<a href="{truth}">original</a>)<br>'
        f"{numbers}</figcaption></figure>"
    )


def _pictures(source: Source, item: Item, results: Path, folder: Path) -> tuple[str, str, str]:
    """Write bicubic interpolation, result and original; return their names."""
    hr = source.hr(item)
    bicubic = resize(source.lr(item)[None].float() / 255, item.case.scale)
    sr = read_result(results, item, hr)
    stem = f"{item.case.name}-{item.data_set}-{item.image}"
    for kind, picture in (("bicubic", bicubic), ("result", sr), ("original", hr)):
        _save(picture, folder / f"{stem}-{kind}.webp")
    return f"{stem}-bicubic.webp", f"{stem}-result.webp", f"{stem}-original.webp"


def _save(picture: Tensor, path: Path) -> None:
    array = to_bytes(picture[0]).permute(1, 2, 0).contiguous().numpy()
    with files.atomic_write(path) as part:
        Image.fromarray(array).save(part, quality=92, method=4)


def _cell(cell: Cell) -> str:
    value = "" if cell.value is None else f' data-value="{_text(str(cell.value))}"'
    best = " class=best" if cell.best else ""
    small = f"<small>{_text(cell.small)}</small>" if cell.small else ""
    return f"<td{value}{best}>{_text(cell.text)}{small}</td>"


def _asset(name: str) -> str:
    return package_files("blindsr.benchmark").joinpath("assets", name).read_text(encoding="utf-8")


def _text(value: str) -> str:
    return html.escape(value, quote=True)
