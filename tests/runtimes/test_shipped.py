"""All weights of the package restore in other runtimes what they restore in torch, images of any size."""

from typing import Any

import pytest

from blindsr import weights
from blindsr.inference import Upscaler
from blindsr.inference.named import load_method
from blindsr.runtimes.compiled import compiled
from blindsr.runtimes.graph import comparison_image

pytestmark = pytest.mark.slow
SIZES = ((1, 1), (33, 17), (480, 640))


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("name", weights.available())
def test_results_are_those_of_torch(
    runtime: Any, name: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(runtime)
    monkeypatch.setenv("BLINDSR_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))  # both share the graphs
    method = load_method(name)
    settings: dict[str, Any] = {"device": "cpu", "precision": "fp32", "guard": False}
    other, torch_ = Upscaler(compiled(method, runtime, "cpu"), **settings), Upscaler(method, **settings)
    for height, width in SIZES:
        lr = comparison_image(height, width)
        condition = torch_.condition(lr)
        difference = (other.restore(lr, condition) - torch_.restore(lr, condition)).abs().max()
        assert difference < 1 / 255, f"{height}x{width}"
