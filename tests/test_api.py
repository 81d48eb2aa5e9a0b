"""The public names, and how little it costs to import them."""

import subprocess
import sys

import pytest

import blindsr


def _python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_every_public_name_is_there() -> None:
    assert len(blindsr.__all__) <= 12
    for name in blindsr.__all__:
        assert getattr(blindsr, name) is not None
    assert set(blindsr.__all__) <= set(dir(blindsr))


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="'blindsr' has no attribute 'upscalr'"):
        _ = blindsr.upscalr


def test_names_are_those_of_the_rooms() -> None:
    from blindsr.images import Picture
    from blindsr.inference.load import load

    assert blindsr.load is load
    assert blindsr.Picture is Picture


def test_import_is_light() -> None:
    loaded = _python("import blindsr, sys; print(*sys.modules)").split()
    assert not {"torch", "numpy", "PIL", "pydantic"} & set(loaded)


def test_the_version_is_printed_without_a_parser() -> None:
    loaded = _python(
        "import sys, blindsr.cli.main as m\n"
        "try: m.run(['--version'])\n"
        "except SystemExit as end: print(end.code, {'torch', 'typer'} & set(sys.modules))"
    ).split()
    assert loaded == ["blindsr", blindsr.__version__, "0", "set()"]


def test_degradations_load_no_codecs_and_no_optimisers() -> None:
    loaded = _python("import blindsr.degrade, sys; print(*sys.modules)").split()
    assert "torch" in loaded
    assert not {"scipy", "pyvips", "tifffile"} & set(loaded)
