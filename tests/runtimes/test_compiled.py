"""Methods in other runtimes restore what they restore in torch."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from blindsr import Options, Picture, read, restore_file, weights, write
from blindsr.contract import Hints
from blindsr.errors import BlindSRError, Code
from blindsr.inference import Upscaler
from blindsr.inference.bicubic import Bicubic
from blindsr.inference.load import load
from blindsr.methods import registry
from blindsr.runtimes import compiled as room
from blindsr.runtimes import tune
from blindsr.runtimes.compiled import Compiled, cache, cached_graph, compiled, digest

Make = Callable[[str], Any]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLINDSR_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def ready(graph: Make, method: Make) -> Make:
    """A method whose graph lies in the cache already."""

    def made(name: str) -> Any:
        path = cache() / "graphs" / f"{digest(method(name))}.onnx"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(graph(name))
        return method(name)

    return made


def test_bicubic_interpolation_has_no_network_to_run() -> None:
    method = Bicubic(2)
    assert compiled(method, "onnxruntime", "cpu") is method


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("name", registry.method_names())
def test_results_are_those_of_torch(runtime: Any, name: str, ready: Make) -> None:
    pytest.importorskip(runtime)
    method = ready(name)
    other = Upscaler(compiled(method, runtime, "cpu"), device="cpu", precision="fp32", tile=24, guard=False)
    torch_ = Upscaler(method, device="cpu", precision="fp32", tile=24, guard=False)
    lr = torch.rand(1, 3, 40, 33, generator=torch.Generator().manual_seed(0))
    assert (other(lr) - torch_(lr)).abs().max() < 1 / 255
    assert other.method.traits == method.traits
    assert other.method.symmetric == method.symmetric
    assert type(other.method).__name__ == type(method).__name__
    condition = other.condition(lr)
    assert other.method.describe(condition) == method.describe(condition)
    assert isinstance(other.method.estimate(condition), type(method.estimate(condition)))
    values = {"noise": 1.0, "support": [lr], "steps": 1}
    useless = Hints(**next({key: value} for key, value in values.items() if key not in method.supported_hints))  # type: ignore[arg-type]  # one of them
    with pytest.raises(BlindSRError, match=type(method).__name__) as caught:
        other.check(useless)
    assert caught.value.code == Code.UNSUPPORTED_OPTION


def test_conditions_are_kept(ready: Make) -> None:
    pytest.importorskip("onnxruntime")
    method = ready("mrda")
    other = compiled(method, "onnxruntime", "cpu")
    condition = other.condition(torch.rand(1, 3, 20, 20), generator=torch.Generator())
    assert torch.equal(other.unpack(other.pack(condition)), condition)
    other.check_packable()
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
        compiled(ready("mzsr"), "onnxruntime", "cpu").check_packable()


def test_graphs_are_kept(method: Make, graph: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bytes] = []

    def make(_: Any) -> bytes:
        made.append(graph("mrda"))
        return made[-1]

    monkeypatch.setattr(room, "restoring_graph", make)
    assert cached_graph(method("mrda")) == cached_graph(method("mrda")) == graph("mrda")
    assert len(made) == 1
    monkeypatch.setenv("BLINDSR_CACHE", "/dev/null/none")
    assert cached_graph(method("mrda")) == graph("mrda")
    assert digest(method("mrda")) != digest(method("mrda channel"))


def test_auto_takes_what_was_measured(ready: Make) -> None:
    pytest.importorskip("onnxruntime")
    method = ready("mrda")
    assert compiled(method, "auto") is method
    tune.store_times(digest(method), {"torch": 2.0, "onnxruntime": 1.0}, cache())
    assert isinstance(compiled(method, "auto"), Compiled)
    assert compiled(method, "auto", "cuda") is method
    assert compiled(method, "torch") is method
    tune.store_times(digest(method), {"torch": 1.0, "onnxruntime": 2.0}, cache())
    assert compiled(method, "auto") is method


def test_refusals(ready: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime")
    method = ready("mrda")
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        compiled(method, "tensorrt")  # type: ignore[arg-type]  # the mistake that is tested
    with pytest.raises(BlindSRError, check=Code.CONFLICTING_OPTIONS.matches):
        compiled(method, "onnxruntime", "cuda:0")
    wrong = np.ones((1, 3, 13 * method.traits.scale, 18 * method.traits.scale), np.float32)
    monkeypatch.setattr(room, "open_session", lambda *_: lambda _: [wrong])
    with pytest.raises(BlindSRError, check=Code.IMPLAUSIBLE_RESULT.matches):
        compiled(method, "onnxruntime", "cpu")


def test_files_and_ensembles(ready: Make, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    method = ready("cmdsr")
    config = method.config.model_dump(mode="json")
    path = tmp_path / "cmdsr_x2.tiny.safetensors"
    weights.save_weights(
        path, method, weights.Card(name="cmdsr_x2.tiny", method="cmdsr", config=config, recipe={}, provenance={})
    )
    photo = tmp_path / "a.png"
    write(Picture(torch.rand(3, 12, 15, generator=torch.Generator().manual_seed(0))), photo)
    results = {}
    for runtime in ("torch", "onnxruntime"):
        options = Options(model=path, runtime=runtime, device="cpu", precision="fp32", tta=True)
        outcome = restore_file(photo, tmp_path / f"{runtime}.png", options)
        assert outcome.error is None
        results[runtime] = read(tmp_path / f"{runtime}.png").to_array(8).astype(int)
    assert np.abs(results["torch"] - results["onnxruntime"]).max() <= 1
    assert isinstance(load(path, runtime="onnxruntime", device="cpu").method, Compiled)
