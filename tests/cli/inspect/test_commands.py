from collections.abc import Callable
from typing import Any


def test_what_looks_into_models_lies_below_one_command(blindsr: Callable[..., Any]) -> None:
    ended = blindsr("inspect", "--help")
    assert ended.code == 0
    for name in ("compare", "curve", "estimates", "maps", "representations"):
        assert f" {name} " in ended.out
        assert f" {name} " not in blindsr("--help").out
