"""Examples in docstrings, run; and that what the reference shows has some."""

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest
from PIL import Image

import blindsr

SOURCE = Path(blindsr.__file__).parent
WITH_EXAMPLES = [
    ".".join(("blindsr", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")
    for path in sorted(SOURCE.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "blindsr.spandrel":
        pytest.importorskip("spandrel")
    with Image.open(SOURCE.parents[1] / "examples" / "pens_iso3200.jpg") as image:
        image.crop((200, 300, 264, 348)).save(tmp_path / "photo.jpg", quality=90)
    monkeypatch.chdir(tmp_path)
    module = import_module(name)
    # Names of this module alone: doctest follows what `blindsr` resolves at first use.
    tests = [test for test in doctest.DocTestFinder().find(module, name, globs={}) if test.examples]
    assert tests
    for test in tests:
        runner = doctest.DocTestRunner(verbose=False)
        said: list[str] = []
        runner.run(test, out=said.append)
        assert runner.summarize(verbose=False).failed == 0, "".join(said)


@pytest.mark.parametrize("name", blindsr.__all__)
def test_public_names_have_an_example(name: str) -> None:
    documented = getattr(blindsr, name).__doc__ or ""
    assert re.search(r"^\s*>>> ", documented, re.MULTILINE)
