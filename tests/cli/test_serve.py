import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def test_an_address_for_others_needs_a_token(blindsr: Callable[..., Any], tmp_path: Path) -> None:
    ended = blindsr("serve", "--host", "0.0.0.0", "--state", tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert "--token" in ended.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--token", "short"], "at least 16"),
        (["--token", "0123456789abcdef", "--token-file", "x"], "either"),
        (["--token-file", "/nowhere"], "/nowhere"),
        (["--keep", "soon"], "24h"),
        (["--disk", "much"], "10GB"),
        (["--state", "/dev/null/x"], "cannot use the folder"),
    ],
)
def test_settings_that_make_no_sense(
    blindsr: Callable[..., Any], tmp_path: Path, options: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    ended = blindsr("serve", "--port", "0", *options)
    assert ended.code == 2
    assert told in ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_port_that_is_taken(blindsr: Callable[..., Any], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = blindsr("serve", "--port", str(taken.getsockname()[1]), "--state", tmp_path)
    assert ended.code == 2
    assert "cannot listen" in ended.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_ends_when_asked(tmp_path: Path, number: int) -> None:
    command = [sys.executable, "-m", "blindsr", "serve", "--port", "0", "--state", str(tmp_path), "--token", "x" * 20]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        assert line.startswith("http://127.0.0.1:")
        assert "/?token=" in line
        for told in process.stderr:
            if "startup complete" in told:
                break
        process.send_signal(number)
        assert process.wait(30) in (0, 128 + number, 130, -number)
        assert "Traceback" not in process.stderr.read()
