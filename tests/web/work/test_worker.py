import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "blindsr.web.work.worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as made:
        assert made.stdout is not None
        assert json.loads(made.stdout.readline()) == {"id": 0}
        yield made
        made.kill()


def ask(process: subprocess.Popen[str], **message: Any) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(message) + "\n")
    process.stdin.flush()


def answers(process: subprocess.Popen[str], number: int) -> list[dict[str, Any]]:
    """All that is said of a request."""
    assert process.stdout is not None
    found: list[dict[str, Any]] = []
    while not found or "progress" in found[-1] or "started" in found[-1]:
        found.append(json.loads(process.stdout.readline()))
        assert found[-1].pop("id") == number
    return found


def test_lines_in_and_lines_out(
    process: subprocess.Popen[str], photograph: Callable[..., bytes], tmp_path: Path
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(photograph())
    values = {"source": str(path), "name": "b.png", "folder": str(tmp_path / "out"), "settings": {}}
    ask(process, id=1, do="restore", **{"with": {**values, "values": {"model": "bicubic"}}})
    told = answers(process, 1)
    assert told[:2] == [{"started": True}, {"progress": 0.0}]
    assert told[-2] == {"progress": 1.0}
    assert told[-1]["result"]["name"] == "b_x4.png"
    ask(process, id=2, do="restore", **{"with": {**values, "values": {"model": "nothing"}}})
    assert answers(process, 2)[-1]["problem"]["code"] == "unknown-name"
    ask(process, id=3, do="restore", **{"with": {**values, "values": {}}})
    ask(process, cancel=3)
    assert answers(process, 3)[-1]["problem"]["code"] == "cancelled"
    ask(process, id=4, do="no such task", **{"with": {}})
    assert answers(process, 4)[-1]["problem"]["code"] == "internal"


def test_a_worker_ends_with_its_server(process: subprocess.Popen[str]) -> None:
    ask(process, id=1, do="check", **{"with": {"values": {}, "settings": {}}})
    answers(process, 1)
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(20) == 0
