import io
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from blindsr.cli.pipe import piped
from blindsr.errors import BlindSRError, Code


@pytest.fixture
def incoming(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"image"), isatty=lambda: False))


@pytest.mark.usefixtures("incoming")
def test_what_comes_in_is_a_file_and_what_goes_out_was_one(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    with piped(["-"], "-", ".webp") as ((source,), target):
        assert Path(source).read_bytes() == b"image"
        assert target.endswith(".webp")
        Path(target).write_bytes(b"result")
    assert capsysbinary.readouterr().out == b"result"
    assert not Path(source).exists()


def test_files_stay_as_they_are_and_a_failure_sends_nothing(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    with piped(["a.png", "b.png"], "out", None) as (sources, target):
        assert (sources, target) == (["a.png", "b.png"], "out")
    with piped(["a.png"], "-", None):
        pass
    assert capsysbinary.readouterr().out == b""


def test_what_cannot_go_through(monkeypatch: pytest.MonkeyPatch) -> None:
    for inputs, out in ((["-", "-"], "out"), (["a", "b"], "-")):
        with pytest.raises(BlindSRError, check=Code.CONFLICTING_OPTIONS.matches), piped(inputs, out, None):
            pass
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    with pytest.raises(BlindSRError, check=Code.CANNOT_READ.matches), piped(["-"], "out", None):
        pass


def test_files_need_no_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_there(*_arguments: object, **_options: object) -> None:
        raise FileNotFoundError(2, "no usable temporary directory")

    monkeypatch.setattr("blindsr.cli.pipe.TemporaryDirectory", none_there)
    with piped(["a.png"], "out", None):
        pass
    with pytest.raises(BlindSRError), piped(["-"], "out", None):
        pass


def test_nothing_comes_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b""), isatty=lambda: False))
    with pytest.raises(BlindSRError), piped(["-"], "out", None):
        pass
    with Path(os.devnull).open(encoding="utf-8") as closed:
        monkeypatch.setattr(sys, "stdin", closed)
        with pytest.raises(BlindSRError), piped(["-"], "out", None):
            pass
    with Path(os.devnull).open("w", encoding="utf-8") as closed:
        monkeypatch.setattr(sys, "stdout", closed)
        with pytest.raises(BlindSRError), piped([str(tmp_path / "a.png")], "-", None):
            pass
