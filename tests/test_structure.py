"""Rules of the code base that no linter checks."""

import ast
import re
from pathlib import Path

import pytest

import blindsr
from blindsr.methods import registry

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "blindsr"
MODULES = sorted(SOURCE.rglob("*.py"))
PACKAGES = sorted({path.parent for path in MODULES})
METHODS = [name for name in registry.method_names() if (SOURCE / "methods" / name).is_dir()]


def test_the_citation_has_the_version_of_the_package() -> None:
    assert f"\nversion: {blindsr.__version__}\n" in (ROOT / "CITATION.cff").read_text()


def test_there_are_modules() -> None:
    assert len(MODULES) > 40
    assert METHODS


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_files_are_short_and_named_for_their_content(module: Path) -> None:
    assert len(module.read_text().splitlines()) <= 400
    assert module.stem not in {"utils", "util", "helpers", "base", "common", "misc", "core"}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_packages_are_small(package: Path) -> None:
    assert sum(len(path.read_text().splitlines()) for path in package.glob("*.py")) <= 1800


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_packages_have_tests(package: Path) -> None:
    assert any((ROOT / "tests" / package.relative_to(SOURCE)).glob("test_*.py"))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_module_names_a_method(module: Path) -> None:
    """Strings and names in code, docstrings excluded; methods and protocols of their papers name them."""
    if {"methods", "protocols"} & set(module.relative_to(SOURCE).parts):
        return
    # Protocols and studies, as cmdsr-middle and mzsr-table-2, are of papers and not of methods
    named = re.compile(rf"\b({'|'.join(METHODS)})(\b(?!-)|_x\d)")
    tree = ast.parse(module.read_text())
    expressions = [node for node in ast.walk(tree) if not isinstance(node, ast.Expr)]
    documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    strings = [node for node in expressions if isinstance(node, ast.Constant) and id(node) not in documents]
    assert [node.value for node in strings if isinstance(node.value, str) and named.search(node.value)] == []
    imports = [node.module or "" for node in expressions if isinstance(node, ast.ImportFrom)]
    assert [name for name in imports if named.search(name)] == []
