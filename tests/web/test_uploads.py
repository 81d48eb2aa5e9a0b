import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blindsr.web.uploads import safe_name, save_upload


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("holiday.jpg", "holiday.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\a.png", "a.png"),
        ("..", "photo"),
        ("", "photo"),
        (".hidden.png", "hidden.png"),
        ('a"b<c>\r\n.png', "abc.png"),
        ("Ünïcode ☃.png", "Ünïcode ☃.png"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("%2e%2e%2fx.png", "2e2e2fx.png"),
    ],
)
def test_names_that_are_safe(given_name: str, kept: str) -> None:
    assert safe_name(given_name) == kept


@given(st.text(max_size=400))
def test_every_name_becomes_a_safe_one(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe) <= 120
    assert not set(safe) & set('/\\<>:"|?*\n\r\0')
    assert not safe.startswith(".")
    assert safe_name(safe) == safe


def test_an_upload_is_copied_whole(tmp_path: Path) -> None:
    data = bytes(range(256)) * 9000
    file = io.BytesIO(data)
    file.seek(17)
    size, digest = save_upload(file, tmp_path / "new" / "source.png")
    assert (size, digest) == (len(data), hashlib.sha256(data).hexdigest())
    assert (tmp_path / "new" / "source.png").read_bytes() == data
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
