"""Small networks, and their graphs, made once."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from blindsr.contract import Method
from blindsr.errors import BlindSRError, Code
from blindsr.methods import registry
from blindsr.runtimes.compiled import example
from blindsr.runtimes.graph import Restorer, restoring_graph


def _variants(name: str) -> list[str]:
    return list(registry.method_class(name).small_configs())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test of a ``graph_name`` on one small network of each method, and on all others among the slow tests."""
    if "graph_name" in metafunc.fixturenames:
        slow = [pytest.mark.slow]
        cases = [
            pytest.param(f"{name} {variant}", marks=slow if number else [])
            for name in registry.method_names()
            for number, variant in enumerate(_variants(name))
        ]
        metafunc.parametrize("graph_name", cases)


@pytest.fixture(scope="session")
def method(small_network: Callable[[str], Method[Any]]) -> Callable[[str], Method[Any]]:
    """A small network by the name of its method, or by that and the name of its configuration."""
    return cache(lambda name: small_network(name if " " in name else f"{name} {_variants(name)[0]}"))


@pytest.fixture(scope="session")
def graph(method: Callable[[str], Method[Any]]) -> Callable[[str], bytes]:
    """The graph of a small network by its name; skips networks that cannot be exported."""
    pytest.importorskip("onnx", reason="needs the extra onnx")

    @cache
    def build(name: str) -> bytes:
        try:
            return restoring_graph(Restorer(method(name), example(method(name))))
        except BlindSRError as error:
            if error.code != Code.UNSUPPORTED_OPTION:
                raise
            pytest.skip(f"{name} cannot be exported")

    return build
