"""Graphs in less precision."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from blindsr.errors import BlindSRError, Code
from blindsr.runtimes.compiled import example
from blindsr.runtimes.graph import IMAGE
from blindsr.runtimes.precision import to_float16, to_int8
from blindsr.runtimes.session import open_session

pytest.importorskip("onnxruntime", reason="needs the extra onnx")

Make = Callable[[str], Any]


def _inputs(method: Any) -> dict[str, Any]:
    image = np.random.default_rng(0).random((1, 3, 16, 18), np.float32)
    return {IMAGE: image, **{name: value.numpy() for name, value in example(method).items()}}


def test_float16(method: Make, graph: Make) -> None:
    inputs, half = _inputs(method("mrda")), to_float16(graph("mrda"))
    full = open_session(graph("mrda"), "onnxruntime")(inputs)[0]
    made = open_session(half, "onnxruntime")(inputs)[0]
    assert made.dtype == np.float32
    assert 0 < np.abs(made - full).max() < 2 / 255
    assert len(half) < 0.8 * len(graph("mrda"))


def test_int8(method: Make, graph: Make) -> None:
    inputs = _inputs(method("cmdsr"))
    small = to_int8(graph("cmdsr"), [inputs, inputs])
    made, full = (open_session(one, "onnxruntime")(inputs)[0] for one in (small, graph("cmdsr")))
    assert 0 < np.abs(made - full).mean() < 0.05


def test_without_the_packages(graph: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    made = graph("mrda")
    monkeypatch.setitem(sys.modules, "onnx", None)
    for change in (to_float16, lambda one: to_int8(one, [])):
        with pytest.raises(BlindSRError, check=Code.MISSING_DEPENDENCY.matches):
            change(made)
