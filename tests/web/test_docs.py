"""The examples of docs/server.md, run as they stand there."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from blindsr.cli.serve import serve
from blindsr.web.app import bare_app

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "docs" / "server.md").read_text()


def example(language: str, served: Any) -> str:
    found = re.search(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    return found[1].replace("http://127.0.0.1:8000", served.url.rstrip("/"))


@pytest.mark.parametrize(("language", "command"), [("sh", ["sh", "-c"]), ("python", [sys.executable, "-c"])])
def test_examples(
    served: Any, photograph: Callable[..., bytes], tmp_path: Path, language: str, command: list[str]
) -> None:
    (tmp_path / "photo.jpg").write_bytes(photograph(kind="JPEG"))
    subprocess.run([*command, example(language, served)], cwd=tmp_path, check=True, capture_output=True)
    expected = ["upscale", "photo.jpg", "--scale", "2", "--out", "expected.jpg"]
    subprocess.run([sys.executable, "-m", "blindsr", *expected], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "photo_x2.jpg").read_bytes() == (tmp_path / "expected.jpg").read_bytes()


def test_all_that_is_named_exists() -> None:
    paths = {re.sub(r"\{\w+\}", "{}", path) for path in bare_app().openapi()["paths"]}
    named = re.findall(r"`(?:GET |POST |DELETE )?(?:, )?(/(?:v1/|healthz|readyz|metrics)[^` ]*)`", TEXT)
    assert len(named) > 8
    for path in named:
        assert re.sub(r"\{\w+\}", "{}", path) in {*paths, "/v1/openapi.json"}, path
    options = {option for parameter in typer.main.get_command(_app()).params for option in parameter.opts}
    for text in (TEXT, (ROOT / "docs" / "security.md").read_text(), (ROOT / "compose.yaml").read_text()):
        own = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) - {"--gpus", "--build-arg", "--clients"}
        assert own <= options


def _app() -> typer.Typer:
    app = typer.Typer()
    app.command()(serve)
    return app
