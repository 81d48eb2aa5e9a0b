from pathlib import Path
from typing import Any

import pytest

from blindsr.web.api import page
from blindsr.web.app import bare_app

FILES = {"index.html": b"<!doctype html>" + b"x" * 500, "js/a.js": b"let a = 1", "b.webp": b"RIFF"}


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, local: Any) -> Any:
    (tmp_path / "secret").write_text("secret")
    folder = tmp_path / "static"
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    monkeypatch.setattr(page, "FOLDER", folder)
    return local(bare_app())


def test_files_with_their_types(client: Any) -> None:
    assert client.get("/").headers["content-type"].startswith("text/html")
    assert client.get("/static/js/a.js").headers["content-type"].startswith("text/javascript")
    assert client.get("/static/b.webp").headers["content-type"] == "image/webp"


def test_text_is_compressed_for_who_wants_it(client: Any) -> None:
    small = client.get("/", headers={"accept-encoding": "gzip"})
    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) < len(FILES["index.html"]) / 2
    plain = client.get("/", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert small.content == plain.content == FILES["index.html"]


def test_what_the_browser_has_is_not_sent_again(client: Any) -> None:
    tag = client.get("/static/js/a.js").headers["etag"]
    assert client.get("/static/js/a.js", headers={"if-none-match": tag}).status_code == 304
    (page.FOLDER / "js" / "a.js").write_bytes(b"let a = 22")
    assert client.get("/static/js/a.js", headers={"if-none-match": tag}).content == b"let a = 22"


@pytest.mark.parametrize(
    "name", ["../secret", "%2e%2e/secret", "js", "nothing", "js/../../secret", "/etc/passwd", "%00"]
)
def test_nothing_else_is_served(client: Any, name: str) -> None:
    answer = client.get(f"/static/{name}")
    assert answer.status_code == 404
    assert b"secret" not in answer.content
