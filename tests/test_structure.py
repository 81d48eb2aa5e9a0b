"""The house rules that no linter knows."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "blindsr"
MODULES = sorted(SOURCE.rglob("*.py"))
# Command-line parsing only, or a recipe of names: exercised by the tests of the command line and of their package.
_WITHOUT_TESTS = {"__init__.py", "__main__.py", "errors.py"}


def test_there_are_modules_to_look_at() -> None:
    assert len(MODULES) > 40


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_files_are_short_and_say_what_they_hold(module: Path) -> None:
    assert len(module.read_text().splitlines()) <= 400
    assert module.stem not in {"utils", "util", "helpers", "base", "common", "misc", "core"}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_module_has_its_tests(module: Path) -> None:
    if module.name in _WITHOUT_TESTS:
        return
    mirror = ROOT / "tests" / module.relative_to(SOURCE).with_name(f"test_{module.name}")
    assert mirror.is_file(), f"{mirror.relative_to(ROOT)} is missing"


def test_the_registry_alone_names_the_methods() -> None:
    rooms = [path for path in MODULES if "methods" not in path.parts and "protocols" not in path.parts]
    code = {path: [line.split("#")[0] for line in path.read_text().splitlines()] for path in rooms}
    naming = [path.name for path, lines in code.items() if any("blindsr.methods.cmdsr" in line for line in lines)]
    assert naming == []
