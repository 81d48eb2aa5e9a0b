from pathlib import Path
from typing import Any

import pytest

from blindsr.web.access import COOKIE, Access
from blindsr.web.problems import ProblemError
from blindsr.web.settings import Settings

TOKEN = "a-token-of-some-length"


def access(tmp_path: Path, **settings: Any) -> Access:
    return Access(Settings(state=tmp_path, **settings))


def refused(door: Access, method: str = "GET", **headers: str) -> str | None:
    """The code that a request is refused with."""
    try:
        door.check(method, "/v1/jobs", {name.replace("_", "-"): value for name, value in headers.items()}, {})
    except ProblemError as problem:
        return problem.code
    return None


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST"])
def test_own_names(host: str, tmp_path: Path) -> None:
    assert refused(access(tmp_path), host=host) is None


@pytest.mark.parametrize(
    "host", ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.0.7", "[", "a b", "[::1"]
)
def test_other_names_are_refused_for_they_may_be_bound_to_this_address(host: str, tmp_path: Path) -> None:
    assert refused(access(tmp_path), host=host) == "wrong-host"


def test_a_server_for_other_machines_is_reached_by_its_addresses_and_the_names_it_is_told(tmp_path: Path) -> None:
    door = access(tmp_path, host="0.0.0.0", no_auth=True, allow_host=("photos.example",))
    assert refused(door, host="192.168.0.7:8000") is None
    assert refused(door, host="photos.example") is None
    assert refused(door, host="evil.example") == "wrong-host"


def test_pages_of_other_sites_change_nothing(tmp_path: Path) -> None:
    door, host = access(tmp_path, allow_origin=("https://friend.example",)), "localhost:8000"
    assert refused(door, "POST", host=host) is None
    assert refused(door, "POST", host=host, origin="http://localhost:8000") is None
    assert refused(door, "POST", host=host, origin="https://friend.example") is None
    for origin in ("http://evil.example", "null", "http://localhost:9000", "http://localhost"):
        assert refused(door, "POST", host=host, origin=origin) == "foreign-origin"
        assert refused(door, "DELETE", host=host, origin=origin) == "foreign-origin"
    assert refused(door, "POST", host=host, sec_fetch_site="cross-site") == "foreign-origin"
    assert refused(door, "GET", host=host, origin="http://evil.example") is None


def test_a_token_is_asked_for(tmp_path: Path) -> None:
    door = access(tmp_path, token=TOKEN)
    assert refused(door, host="localhost") == "no-token"
    assert refused(door, host="localhost", authorization=f"Bearer {TOKEN}") is None
    for wrong in (f"Bearer {TOKEN}x", "Bearer ", "Bearer ü", f"Basic {TOKEN}", TOKEN):
        assert refused(door, host="localhost", authorization=wrong) == "no-token"
    for path in ("/", "/static/page.js", "/healthz", "/readyz"):
        door.check("GET", path, {"host": "localhost"}, {})
    for path in ("/metrics", "/static", "/v1/models", "/v1/openapi.json", "//", "/healthz/"):
        with pytest.raises(ProblemError):
            door.check("GET", path, {"host": "localhost"}, {})


def test_a_link_signs_a_browser_in_once(tmp_path: Path) -> None:
    door = access(tmp_path, token=TOKEN)
    code = door.link()
    assert door.sign_in(code + "x") is None
    cookie = door.sign_in(code)
    assert cookie is not None
    assert door.sign_in(code) is None
    door.check("GET", "/v1/jobs", {"host": "localhost"}, {COOKIE: cookie})
    until, _, signature = cookie.partition(".")
    for wrong in ("", ".", f"{int(until) + 1}.{signature}", f"{until}.{signature[:-1]}0", f"1.{signature}", "ü.ü"):
        with pytest.raises(ProblemError):
            door.check("GET", "/v1/jobs", {"host": "localhost"}, {COOKIE: wrong if wrong != cookie else ""})
    other = access(tmp_path, token=TOKEN[::-1])
    with pytest.raises(ProblemError):
        other.check("GET", "/v1/jobs", {"host": "localhost"}, {COOKIE: cookie})


def test_a_link_is_worth_nothing_without_a_token(tmp_path: Path) -> None:
    door = access(tmp_path)
    assert door.sign_in(door.link()) is None
