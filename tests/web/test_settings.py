from pathlib import Path
from typing import Any

import pytest

from blindsr.errors import BlindSRError, Code
from blindsr.web.settings import Settings, is_loopback, parse_duration, parse_size, read_token


def test_sizes_and_times_read_as_users_write_them() -> None:
    assert [parse_size(text) for text in ("100MB", "1.5GiB", "7", "2k")] == [10**8, 3 * 2**29, 7, 2000]
    assert [parse_duration(text) for text in ("90s", "30m", "24h", "7d")] == [90, 1800, 86400, 604800]


@pytest.mark.parametrize("text", ["", "x", "-1", "0", "1PB", "1e3"])
def test_other_sizes_and_times_are_refused(text: str) -> None:
    with pytest.raises(BlindSRError):
        parse_size(text)
    with pytest.raises(BlindSRError):
        parse_duration(text)


@pytest.mark.parametrize(
    ("host", "alone"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False), ("box.lan", False)],
)
def test_loopback_is_this_machine_alone(host: str, alone: bool, tmp_path: Path) -> None:
    assert is_loopback(host) == alone
    if alone:
        Settings(state=tmp_path, host=host)
    else:
        with pytest.raises(BlindSRError, check=Code.MISSING_OPTION.matches):
            Settings(state=tmp_path, host=host)
        Settings(state=tmp_path, host=host, token="0123456789abcdef")
        Settings(state=tmp_path, host=host, no_auth=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": "short"},
        {"token": "0123456789 abcdef"},
        {"keep": 0},
        {"max_time": float("nan")},
        {"max_megapixels": float("inf")},
        {"allow_origin": ("example.org",)},
        {"allow_origin": ("https://example.org/page",)},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(BlindSRError):
        Settings(state=tmp_path, **wrong)


def test_the_token_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("0123456789abcdef\n")
    assert read_token(tmp_path / "token") == "0123456789abcdef"
    with pytest.raises(BlindSRError, check=Code.CANNOT_READ.matches):
        read_token(tmp_path / "missing")
