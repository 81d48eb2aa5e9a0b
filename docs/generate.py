"""Pages that are made from the program itself: commands, keys of recipes, the HTTP interface, results, the gallery."""

import json
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer

from blindsr import weights
from blindsr.benchmark.leaderboard import speed_text
from blindsr.benchmark.page import DIGITS, LOWER
from blindsr.benchmark.submission import Submission, load_submission
from blindsr.benchmark.suite import load_suite, suite_names
from blindsr.cli.app import app
from blindsr.methods import registry

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE / "results"))

import tables  # stands in docs/results


def write_all(folder: Path) -> None:
    """Write every page to a folder; what has not changed keeps its time, so that Sphinx does not read it again."""
    folder.mkdir(exist_ok=True)
    pages = {
        "command-line": command_line(),
        "recipes": recipes(),
        "http": http(),
        "results": tables.page(),
        "leaderboard": leaderboard(),
        "gallery": gallery(HERE / "static" / "gallery"),
        "analysis.txt": analysis(),
    }
    for name, text in pages.items():
        path = folder / (name if "." in name else f"{name}.md")
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def command_line() -> str:
    """Every command with its options, as ``--help`` knows them."""
    root = typer.main.get_command(app)
    parts = ["# Command line", "Options that are marked with ... may be repeated.", ""]
    for name, command in _commands(root, "blindsr"):
        parts += [f"## {name}", "", _prose(command.help or ""), "", f"```console\n{_usage(name, command)}\n```", ""]
        rows = [_option(parameter) for parameter in command.params if not getattr(parameter, "hidden", False)]
        rows = [row for row in rows if row]
        if rows:
            parts += ["| option | default | meaning |", "|---|---|---|", *rows, ""]
    return "\n".join(parts)


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """All commands that do something, with their full names."""
    children = getattr(command, "commands", None)
    if not children or (getattr(command, "invoke_without_command", False) and name != "blindsr"):
        yield name, command
    for child in (children or {}).values():
        yield from _commands(child, f"{name} {child.name}")


def _usage(name: str, command: Any) -> str:
    words = [name, "[OPTIONS]"]
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            word = (parameter.metavar or parameter.name).upper()
            word += "..." if parameter.nargs == -1 and not word.endswith("...") else ""
            words.append(word if parameter.required else f"[{word}]")
    return " ".join(words)


def _option(parameter: Any) -> str:
    help_text = _cell(getattr(parameter, "help", None) or "")
    if parameter.param_type_name == "argument":
        return f"| `{(parameter.metavar or parameter.name).upper()}` | | {help_text} |"
    if parameter.name == "help":
        return ""
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    if getattr(parameter, "multiple", False):
        names += " ..."
    if choices := list(_choices(parameter.type_descriptor.annotation)):
        help_text += f" One of {', '.join(choices)}."
    default = parameter.default
    plain = isinstance(default, (str, int, float)) and not isinstance(default, bool)
    shown = "required" if parameter.required else f"`{default}`" if plain and default != "" else ""
    return f"| {names} | {shown} | {help_text} |"


def _choices(annotation: Any) -> Iterator[str]:
    """Values that an option can have, if these are a few words."""
    if get_origin(annotation) is Literal:
        yield from (f"`{one}`" for one in get_args(annotation))
        return
    for part in get_args(annotation):
        yield from _choices(part)


def recipes() -> str:
    """The keys of every method's recipes, from their schemas."""
    parts = ["# Keys of recipes", "Any key can be set on the command line, as in `--set stage.steps=2000`.", ""]
    for method in registry.method_names():
        parts += [f"## {method}", ""]
        sections: dict[str, Any] = {"model": registry.method_class(method).Config}
        sections |= registry.training(method).STAGES
        for section, schema in sections.items():
            parts += [f"### {method}: {section}", "", _prose(schema.__doc__ or ""), ""]
            rows = _keys(schema.model_json_schema(), section)
            parts += ["| key | type | default | meaning |", "|---|---|---|---|", *rows, ""]
    return "\n".join(parts)


def _keys(schema: Mapping[str, Any], prefix: str) -> Iterator[str]:
    required = set(schema.get("required", ()))
    for name, value in schema.get("properties", {}).items():
        default = "required" if name in required else f"`{_cell(json.dumps(value.get('default')))}`"
        yield f"| `{prefix}.{name}` | {_cell(_type(value))} | {default} | {_cell(value.get('description', ''))} |"


def _type(value: Mapping[str, Any]) -> str:
    if "enum" in value:
        return ", ".join(f"`{one}`" for one in value["enum"])
    if "const" in value:
        return f"`{value['const']}`"
    if "anyOf" in value:
        return " or ".join(_type(one) for one in value["anyOf"])
    if "$ref" in value:
        return str(value["$ref"]).rsplit("/", 1)[-1]
    kind = str(value.get("type", "any"))
    limits = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    return " ".join([kind, *(f"{sign} {value[key]}" for key, sign in limits.items() if key in value)])


def http() -> str:
    """The HTTP interface of ``blindsr serve``, from its stored OpenAPI description."""
    stored = json.loads((ROOT / "tests" / "web" / "openapi.json").read_text(encoding="utf-8"))
    parts = ["# HTTP", _prose(stored["info"].get("description", "The interface of `blindsr serve`.")), ""]
    for path, methods in stored["paths"].items():
        for method, operation in methods.items():
            parts += [f"## {method.upper()} `{path}`", ""]
            parts += [_prose(operation.get("description") or operation.get("summary", "")), ""]
            rows = [
                f"| `{one['name']}` | {one['in']} | {'yes' if one.get('required') else ''} | "
                f"{_cell(one.get('description', _type(one.get('schema', {}))))} |"
                for one in operation.get("parameters", ())
            ]
            if rows:
                parts += ["| parameter | in | required | meaning |", "|---|---|---|---|", *rows, ""]
            for kind, body in operation.get("requestBody", {}).get("content", {}).items():
                parts += [f"Body, `{kind}`:", "", *_fields(stored, body["schema"]), ""]
            answers = [
                f"| {status} | {_cell(one.get('description', ''))} |" for status, one in operation["responses"].items()
            ]
            parts += ["| status | meaning |", "|---|---|", *answers, ""]
    told = _prose(stored["components"]["schemas"]["JobOptions"]["description"])
    parts += ["## Options", "", f"{told} They mean the same as on the [command line](command-line.md).", ""]
    parts += _fields(stored, {"$ref": "#/components/schemas/JobOptions"})
    return "\n".join(parts)


def _fields(stored: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """The fields of a body."""
    schema = stored["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema
    required = schema.get("required", ())
    rows = []
    for name, value in schema["properties"].items():
        example = value.get("example", next(iter(value.get("examples", ())), None))
        told = [value.get("description", ""), "" if example is None else f"e.g. `{_cell(str(example))}`"]
        kind = "file" if value.get("format") == "binary" else _type(value).removesuffix(" or null")
        kind = "[options](#options)" if kind == "JobOptions" else kind
        rows.append(
            f"| `{name}` | {_cell(kind)} | {'yes' if name in required else ''} | {'; '.join(filter(None, told))} |"
        )
    return ["| field | type | required | meaning |", "|---|---|---|---|", *rows]


def leaderboard() -> str:
    """The submissions of this repository, by case and data set."""
    submissions = [load_submission(path) for path in sorted((ROOT / "benchmarks" / "submissions").glob("*.json"))]
    parts = [
        "# Leaderboard",
        "The submissions in `benchmarks/submissions`, best PSNR first; in brackets the interval of 95% over images. "
        "Published rows are what authors printed, on LR images that may differ in noise and rounding. Times are "
        "processor time, since the machine did other work as well. [How this is measured](../benchmark.md).",
        "",
    ]
    for suite in map(load_suite, suite_names()):
        mine = [one for one in submissions if one.suite == suite.name]
        parts += [f"## {suite.name}", "", suite.title + ".", "", *_programs(mine)]
        for case in suite.cases:
            for data_set in case.data_sets:
                parts += _board(case.name, data_set, case.title, mine)
    return "\n".join(parts)


def _programs(submissions: list[Submission]) -> list[str]:
    """Who is on a suite, and at what cost."""
    rows = []
    for one in sorted(submissions, key=lambda one: one.program.name.lower()):
        if not one.published:
            memory = one.run.memory
            name = f"[{one.program.name}]({one.program.url})" if one.program.url else one.program.name
            note = "; ".join(filter(None, (one.program.note, one.program.version)))
            rows.append(
                f"| {name} | {_cell(note)} | "
                f"{'-' if one.program.parameters is None else f'{one.program.parameters / 1e6:.2f} M'} | "
                f"{speed_text(one)} | "
                f"{'-' if memory is None else f'{memory / 2**20:.0f}'} | {_cell(one.run.hardware) or '-'} |"
            )
    head = ["program", "note", "parameters", "processor time, s per LR megapixel", "memory, MiB", "hardware"]
    return [f"| {' | '.join(head)} |", "|---|---|---:|---:|---:|---|", *rows, ""]


def _board(case: str, data_set: str, title: str, submissions: list[Submission]) -> list[str]:
    entries = [(one, result) for one in submissions if (result := one.result(case, data_set)) is not None]
    if not any(not one.published for one, _ in entries):
        return []
    found = {name: label for one, _ in entries for name, label in one.measures.items()}
    names = {name: found[name] for name in sorted(found, key=list(DIGITS).index)}
    entries.sort(key=lambda entry: -(entry[1].means["psnr"].mean if "psnr" in entry[1].means else 0))
    rows = []
    for one, result in entries:
        cells = []
        for name in names:
            value = result.means.get(name)
            digits = DIGITS[name]
            text = "-" if value is None else f"{value.mean:.{digits}f}"
            if value is not None and value.low is not None and value.high is not None:
                text += f" [{value.low:.{digits}f}, {value.high:.{digits}f}]"
            cells.append(text)
        name = f"{one.program.name} (published)" if one.published else one.program.name
        rows.append(f"| {name} | {' | '.join(cells)} |")
    head = " | ".join(f"{label} {'↓' if name in LOWER else '↑'}" for name, label in names.items())
    return [
        f"### {case}, {data_set}",
        "",
        f"{title}.",
        "",
        f"| program | {head} |",
        "|---|" + "---:|" * len(names),
        *rows,
        "",
    ]


def analysis() -> str:
    """What ``blindsr analyze`` prints of the photograph of the start page."""
    command = [sys.executable, "-m", "blindsr", "analyze", "examples/temple_phone.png"]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return "".join(textwrap.fill(line, 100, subsequent_indent="    ") + "\n" for line in printed.splitlines())


def gallery(folder: Path) -> str:
    """The gallery: each script is run once, and stands below its pictures."""
    parts = [(HERE / "gallery" / "head.md").read_text(encoding="utf-8")]
    for script in sorted((HERE / "gallery").glob("*.py")):
        code = script.read_text(encoding="utf-8")
        told, _, code = code.partition('"""')[2].partition('"""\n\n')  # not shown twice
        title, _, text = told.partition("\n\n")
        _run(script, folder / script.stem)
        parts += [f"## {title.strip('.')}", "", " ".join(text.split()), "", _wipe(script.stem), ""]
        parts += [f"```python\n{code}```", ""]
    return "\n".join(parts)


def _wipe(name: str) -> str:
    place = f"../_static/gallery/{name}"
    return (
        '<div class="wipe" data-label="bicubic interpolation left, result right">'
        f'<img src="{place}/before.webp" alt="bicubic interpolation" width="480" height="480">'
        f'<img src="{place}/after.webp" alt="result" width="480" height="480"></div>'
    )


def _run(script: Path, folder: Path) -> None:
    """Run a script of the gallery beside the examples, unless its pictures are newer than it and the weights."""
    changed = max(path.stat().st_mtime for path in (script, *weights.available().values()))
    made = [folder / "before.webp", folder / "after.webp"]
    if all(path.is_file() and path.stat().st_mtime >= changed for path in made):
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "examples").symlink_to(ROOT / "examples")
        subprocess.run([sys.executable, str(script)], cwd=place, check=True)
        for path in made:
            shutil.copyfile(Path(place) / path.name, path)


def _prose(text: str) -> str:
    return "\n".join(line.strip() for line in text.replace("Args:", "").replace("``", "`").splitlines()).strip()


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("``", "`").split())
