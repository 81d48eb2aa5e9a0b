"""Runtimes, and what is told where one is missing."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from blindsr.errors import BlindSRError, Code
from blindsr.runtimes.compiled import example
from blindsr.runtimes.graph import IMAGE
from blindsr.runtimes.session import installed, open_session

Make = Callable[[str], Any]


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
def test_threads_share_a_session(runtime: str, method: Make, graph: Make) -> None:
    pytest.importorskip(runtime)
    session = open_session(graph("mrda"), runtime)
    given = {name: value.numpy() for name, value in example(method("mrda")).items()}
    images = [np.full((1, 3, 9, 9 + index), index / 9, np.float32) for index in range(6)]
    alone = [session({IMAGE: image, **given})[0] for image in images]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda image: session({IMAGE: image, **given})[0], images))
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
def test_runtimes_that_are_missing(runtime: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, runtime, None)
    with pytest.raises(BlindSRError, check=Code.MISSING_DEPENDENCY.matches):
        open_session(b"", runtime)


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
def test_graphs_that_are_none(runtime: str) -> None:
    pytest.importorskip(runtime)
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        open_session(b"nothing", runtime)


def test_installed() -> None:
    assert installed("onnxruntime") == all(name in sys.modules or _found(name) for name in ("onnx", "onnxruntime"))


def _found(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None
