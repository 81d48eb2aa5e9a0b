"""The pages of the documentation, and the code in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "how-to").glob("*.md")),
    *sorted((ROOT / "docs" / "methods").glob("*.md")),
    *sorted((ROOT / "src" / "blindsr" / "methods").glob("*/README.md")),
    ROOT / "integrations" / "README.md",
    ROOT / "examples" / "README.md",
]
SHELL = {"", "console", "sh", "bash"}


@dataclass(frozen=True)
class Line:
    """A line of the shell on a page."""

    page: Path
    text: str

    def __str__(self) -> str:
        return f"{name(self.page)}: {self.text[:70]}"


def name(page: Path) -> str:
    """A short name of a page, which no other page has."""
    return "/".join(page.with_suffix("").parts[-2:])


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Code of a page with its language, in the page's order: fenced blocks, and indented ones, which have none."""
    text = page.read_text(encoding="utf-8")
    for found in re.finditer(r"^ *```(\w*)\n((?:.*\n)*?) *```|^\n((?: {4}.*\n)+)", text, re.MULTILINE):
        language, fenced, indented = found.groups()
        yield (language, fenced) if indented is None else ("", indented)


def lines(page: Path) -> list[Line]:
    """Lines of the shell, continued ones joined, without comments that stand alone."""
    found = []
    for language, code in blocks(page):
        if language in SHELL:
            joined = re.sub(r"\\\n\s*", "", code)
            found += [Line(page, line.strip().removeprefix("$ ")) for line in joined.splitlines() if line.strip()]
    return found


def commands(page: Path) -> list[Line]:
    """Lines that run the program, or make a folder for it."""
    return [line for line in lines(page) if re.match(r"((\w+=\S+ )?blindsr|mkdir) ", line.text)]


def python(page: Path) -> list[str]:
    """Blocks of Python."""
    return [code for language, code in blocks(page) if language == "python"]
