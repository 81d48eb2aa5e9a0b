"""The process around the commands."""

import subprocess
import sys
from pathlib import Path

import pytest

from blindsr.cli import app, main, streams


def test_module_runs() -> None:
    result = subprocess.run([sys.executable, "-m", "blindsr", "--version"], capture_output=True, text=True, check=True)
    assert "0." in result.stdout


def test_a_folder_that_is_gone_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(SystemExit) as ended:
        main.run(["models"])
    assert ended.value.code == 2


@pytest.mark.parametrize(("complete", "code", "expected"), [(True, 0, 0), (True, 1, 1), (False, 0, 1), (False, 2, 2)])
def test_output_that_broke_is_no_success(
    complete: bool, code: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(_arguments: list[str]) -> None:
        sys.exit(code)

    monkeypatch.setattr(app, "execute", ends)
    monkeypatch.setattr(streams, "finish", lambda: complete)
    with pytest.raises(SystemExit) as ended:
        main.run(["models"])
    assert ended.value.code == expected
