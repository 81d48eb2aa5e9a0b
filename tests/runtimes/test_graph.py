"""Graphs give what torch gives, on images of every size."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from blindsr.contract import Hints, Method
from blindsr.errors import BlindSRError, Code
from blindsr.methods import registry
from blindsr.runtimes.compiled import example
from blindsr.runtimes.graph import ENCODER_INPUT, IMAGE, Encoder, Restorer, encoder_graph, restoring_graph
from blindsr.runtimes.session import open_session

pytest.importorskip("onnxruntime", reason="needs the extra onnx")
pytest.importorskip("onnx", reason="needs the extra onnx")

Make = Callable[[str], Any]


def _condition(method: Method[Any], lr: torch.Tensor) -> Any:
    hints = Hints(steps=1) if "steps" in method.supported_hints else Hints()
    return method.condition(lr, generator=torch.Generator().manual_seed(0), hints=hints)


@torch.no_grad()
def test_restoring_with_the_condition_as_inputs(graph_name: str, method: Make, graph: Make) -> None:
    network, session = method(graph_name), open_session(graph(graph_name), "onnxruntime")
    condition = _condition(network, torch.rand(1, 3, 20, 24, generator=torch.Generator().manual_seed(1)))
    given = {key: value.numpy() for key, value in network.to_tensors(condition).items()}
    for height, width in ((1, 1), (2, 7), (17, 33), (40, 40)):
        lr = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(2))
        (made,) = session({IMAGE: lr.numpy(), **given})
        wanted = network.restore(lr, condition).numpy()
        assert np.abs(made - wanted).max() < 3e-4 * (1 + np.abs(wanted).max())


@pytest.mark.parametrize("name", registry.method_names())
@torch.no_grad()
def test_restoring_with_a_fixed_condition(name: str, method: Make) -> None:
    network, lr = method(name), torch.rand(1, 3, 20, 24)
    condition = _condition(network, lr)
    session = open_session(restoring_graph(Restorer(network, network.to_tensors(condition), fixed=True)), "onnxruntime")
    assert np.abs(session({IMAGE: lr.numpy()})[0] - network.restore(lr, condition).numpy()).max() < 1e-4


@torch.no_grad()
def test_conditions(graph_name: str, method: Make) -> None:
    network, lr = method(graph_name), torch.rand(1, 3, 30, 26)
    seen = network.encoder_input(lr, torch.Generator().manual_seed(0))
    if seen is None:
        pytest.skip("has no network that estimates conditions")
    wanted = network.to_tensors(_condition(network, lr))
    session = open_session(encoder_graph(Encoder(network, list(wanted)), seen), "onnxruntime")
    for made, tensor in zip(session({ENCODER_INPUT: seen.numpy()}), wanted.values(), strict=True):
        assert made.shape == tuple(tensor.shape)
        assert np.abs(made - tensor.numpy()).max() < 1e-3 * (1 + tensor.abs().max().item())
    if seen.ndim == 4:
        large = network.encoder_input(torch.rand(1, 3, 300, 280), torch.Generator().manual_seed(0))
        assert len(large) > 1
        found = network.encode(large)
        for made, key in zip(session({ENCODER_INPUT: large.numpy()}), wanted, strict=True):
            assert np.abs(made - found[key].numpy()).max() < 1e-3 * (1 + found[key].abs().max().item())


def test_networks_have_tensors_for_a_graph_or_refuse(network_name: str, small_network: Make) -> None:
    try:
        tensors = example(small_network(network_name))
    except BlindSRError as error:
        assert error.code == Code.UNSUPPORTED_OPTION  # noqa: PT017  # either is right
    else:
        assert all(isinstance(one, torch.Tensor) for one in tensors.values())
