import sys
from io import StringIO

import pytest

from blindsr.cli.progress import Progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_programs_get_lines_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(2) as progress:
        progress.advance(1.0)
        progress.line("result", err=False)
        progress.line("trouble")
        progress.summary("all in all")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("result\n", "trouble\n")


def test_people_see_a_bar_with_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with Progress(2) as progress:
        progress.advance(1.5)
        progress.line("a [file].png is damaged")
        progress.advance(1.5)
    progress.summary("all in all")
    text = screen.getvalue()
    assert "2/2" in text
    assert "megapixels/s" in text
    assert "a [file].png is damaged" in text
    assert text.rstrip().endswith("all in all")
