"""Tables of the JSON and CSV files of this folder, and the blocks of other pages that show them.

    python docs/results/tables.py

writes the blocks of the README and of the pages anew: what stands between ``<!-- results: SECTION [MEASURES] -->`` and
``<!-- end of results -->``. A test fails where a block is not what the files say.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from measure import HERE, ROOT, output, sections  # stands beside this file

from blindsr import weights

BLOCK = re.compile(r"(<!-- results: ([^>]*?) -->\n)(?:(?!<!-- ).)*?(<!-- end of results -->)", re.DOTALL)
_PHOTOGRAPHS = {"realsr", "realsrset"}
"""Protocols whose columns are measures and not data sets."""

_STORED = (
    " The commands take long, or need weights that are not kept or a quiet machine. Their output was stored in "
    "`docs/results/stored`."
)

Table = list[list[str]]
"""Rows of cells; the first row is the heading."""


def main() -> None:
    """Write all blocks anew."""
    for path in pages_with_blocks():
        text = path.read_text(encoding="utf-8")
        path.write_text(filled(text), encoding="utf-8")


def pages_with_blocks() -> list[Path]:
    """Pages that show results."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("README.md")]
    return [path for path in pages if "_build" not in path.parts and "<!-- results:" in path.read_text("utf-8")]


def filled(text: str) -> str:
    """A page with its blocks as the files say now."""
    return BLOCK.sub(lambda found: f"{found[1]}\n{block(*found[2].split())}\n{found[3]}", text)


def block(name: str, *measures: str) -> str:
    """The tables of a section, of some measures only if any are named."""
    section = next(one for one in sections() if one["name"] == name)
    return "\n".join(markdown(table) for table in tables(section, measures))


def page() -> str:
    """The page of results."""
    parts = [
        "# Results",
        "Each table is made from files in `docs/results` that the commands above it wrote, and "
        "`python docs/results/measure.py --data bench/ --data weights/` runs them again. Unless a section says "
        "otherwise, values are PSNR in dB; rows of papers are from their tables. The test images (Set5, Set14, BSD100, "
        "which is BSDS500's validation set, and RealSR) are not in the repository.",
        "",
    ]
    for section in sections():
        made = [command for command in section["commands"] if "stored" in section or is_made(command)]
        if not made:
            continue
        text = section["text"] + (_STORED if "stored" in section else "")
        parts += [f"## {section['title']}", "", text, "", "```console"]
        parts += ["$ " + command.replace(" && ", " && \\\n    ") for command in made]
        parts += ["```", "", *(markdown(table) for table in tables(section))]
    return "\n".join([*parts, *_weights()])


def is_made(command: str) -> bool:
    """Whether the file that a command writes is there; what was not run yet is not shown."""
    return (HERE / output(command)).is_file()


def markdown(table: Table) -> str:
    """A table in Markdown; the first column is text, numbers stand at the right."""
    head, *rows = table
    numbers = [all(re.fullmatch(r"[-+.\d%/ ]*", row[at]) for row in rows) for at in range(len(head))]
    ruler = ["---:" if one else "---" for one in numbers]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ruler, *rows)) + "\n"


def tables(section: Mapping[str, Any], measures: Sequence[str] = ()) -> Iterator[Table]:
    """The tables of a section: of each kind of file one."""
    if "stored" in section:
        yield _csv(HERE / "stored" / section["stored"])
        return
    files = [HERE / output(command) for command in section["commands"] if is_made(command)]
    yield from (_csv(path) for path in files if path.suffix == ".csv")
    files = [path for path in files if path.suffix == ".json"]
    scores = [one for path in files for one in _scores(path)]
    synthetic = [one for one in scores if one["protocol"] not in _PHOTOGRAPHS]
    if synthetic:
        yield _by_data_set(synthetic)
    for protocol in dict.fromkeys(one["protocol"] for one in scores if one["protocol"] in _PHOTOGRAPHS):
        yield _by_measure([one for one in scores if one["protocol"] == protocol], measures)
    yield from _others([_read(path) for path in files if not _scores(path)])


def _others(files: Sequence[Any]) -> Iterator[Table]:
    """Tables of files that are not from ``blindsr evaluate``."""
    for rows in ([one for one in files if "agree" in one], [one for one in files if "psnr" in one]):
        if rows:
            yield _agreement(rows) if "agree" in rows[0] else _curves(rows)
    for one in files:
        if isinstance(one, list):
            yield _estimates(one)
        elif "processor_seconds" in one:
            yield _run(one)


def _csv(path: Path) -> Table:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _scores(path: Path) -> list[dict[str, Any]]:
    """What ``blindsr evaluate`` wrote, if the file is from it."""
    stored = _read(path)
    return list(stored["protocols"]) if isinstance(stored, dict) and "protocols" in stored else []


def _by_data_set(scores: Sequence[Mapping[str, Any]]) -> Table:
    """PSNR with a row for each protocol and model and a column for each data set."""
    sets = {one["name"]: len(one["images"]) for score in scores for one in score["data_sets"]}
    head = ["LR images", "restored by", *(f"{name} ({count})" for name, count in sets.items())]
    by_protocol: dict[str, dict[str, dict[str, float | None]]] = {}
    for who, score, data_set, psnr in _rows(scores):
        by_protocol.setdefault(_title(score), {}).setdefault(who, {})[data_set] = psnr
    found = [head]
    for title, rows in by_protocol.items():
        for number, (who, values) in enumerate(rows.items()):
            found.append([title if number == 0 else "", who, *(_number(values.get(name), 2) for name in sets)])
    return found


def _rows(scores: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any], str, float]]:
    """Who, protocol, data set and PSNR: first bicubic, then models, then papers."""
    every = [(score, one) for score in scores for one in score["data_sets"]]
    for score, one in every:
        yield "bicubic", score, one["name"], one["bicubic"]["psnr"]
    for score, one in every:
        if score["model"] != "bicubic":
            estimated = ", kernel estimated" if score["settings"].get("kernel") == "estimated" else ""
            name, space, steps = score["model"].partition(" ")  # "mzsr_x2.direct (10 steps)"
            yield f"`{name}`{space}{steps}{estimated}", score, one["name"], one["model"]["psnr"]
    for score, one in every:
        if one["paper"] is not None:
            yield f"paper: {score['paper_row']}", score, one["name"], one["paper"]


def _title(score: Mapping[str, Any]) -> str:
    """A protocol in a cell; a record of ``blindsr degrade`` has no name."""
    name = str(score["protocol"])
    return str(score["title"]) if name.endswith((".json", ".png")) else f"`{name}`: {score['title']}"


def _by_measure(scores: Sequence[Mapping[str, Any]], wanted: Sequence[str]) -> Table:
    """Photographs: a row for each model and each published one, a column for each measure."""
    labels = {name: label for score in scores for name, label in score["measures"].items()}
    labels = {name: label for name, label in labels.items() if not wanted or name in wanted}
    rows: dict[str, Mapping[str, Any]] = {}
    for score in scores:
        (data_set,) = score["data_sets"]
        rows["bicubic"] = {**rows.get("bicubic", {}), **data_set["bicubic"]}
        rows[f"`{score['model']}`"] = data_set["model"]
    for score in scores:
        for who, values in score["data_sets"][0]["published"].items():
            rows[f"published: {who}"] = values
    return [
        ["restored by", *labels.values()],
        *([who, *(_number(values.get(name), _digits(name)) for name in labels)] for who, values in rows.items()),
    ]


def _digits(measure: str) -> int:
    return 4 if measure.startswith("ssim") else 3 if measure.startswith(("lpips", "dists")) else 2


def _agreement(rows: Iterable[Mapping[str, Any]]) -> Table:
    head = ["condition of", "noise", "same blur as the neighbours", "chance"]
    return [
        head,
        *([f"`{one['model']}`", f"{one['noise']:g}", f"{one['agree']:.1%}", f"{one['chance']:.1%}"] for one in rows),
    ]


def _curves(rows: Sequence[Mapping[str, Any]]) -> Table:
    steps = list(rows[0]["psnr"])
    return [
        ["PSNR after steps", *steps],
        *([f"`{one['model']}`", *(_number(one["psnr"][step], 2) for step in steps)] for one in rows),
    ]


def _estimates(rows: Sequence[Mapping[str, Any]]) -> Table:
    names = [name for name, value in rows[0].items() if isinstance(value, (int, float))]
    head = ["LR images", "data set", *(name.replace("_", " ") for name in names)]
    return [
        head,
        *([f"`{one['protocol']}`", one["data_set"], *(_number(one[name], 2) for name in names)] for one in rows),
    ]


def _run(one: Mapping[str, Any]) -> Table:
    """What `blindsr benchmark time` wrote."""
    head = ["hardware", "s", "s of processor time", "largest memory, GB"]
    memory = one["memory"] / 1e9
    return [head, [one["hardware"], f"{one['seconds']:.0f}", f"{one['processor_seconds']:.0f}", f"{memory:.2f}"]]


def _number(value: float | str | None, digits: int) -> str:
    return "-" if value is None else f"{float(value):.{digits}f}"


def _weights() -> list[str]:
    """How the weights of the package were trained, from their cards."""
    rows = [["weights", "parameters", "steps", "hours", "PSNR of validation", "bicubic"]]
    for name, path in weights.available().items():
        card = weights.read_card(path).provenance
        hours = [one["hours"] for one in (*card.get("chain", ()), card) if "hours" in one]
        last = (card.get("validations") or [{}])[-1]
        rows.append(
            [
                f"`{name}`",
                f"{weights.parameters(path):,}".replace(",", " "),
                str(card.get("steps", "-")),
                f"{sum(hours):.2f}" if hours else "-",
                _number(last.get("psnr"), 2),
                _number(last.get("bicubic"), 2),
            ]
        )
    return [
        "## The weights of the package",
        "",
        "From their cards: steps of the last training, hours of all recorded trainings (on one or two CPU cores), and "
        "PSNR on photographs that were held out of the training, degraded at random as in training. "
        "`blindsr models show NAME` prints the page of one, with `--yaml` its recipe too.",
        "",
        "```console\n$ blindsr models show cmdsr_x4.photo\n```",
        "",
        markdown(rows),
    ]


if __name__ == "__main__":
    main()
