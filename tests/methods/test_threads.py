"""Methods used from several threads at once: results are those of one thread, and weights stay as they are."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from torch import Tensor

from blindsr.contract import Method
from blindsr.errors import BlindSRError, Code
from blindsr.inference.ensemble import Ensemble
from blindsr.inference.modulation import modulation_map
from blindsr.inference.upscaler import Upscaler
from blindsr.methods import registry

Build = Callable[[str], Method[Any]]
THREADS = 4
SIZES = ((8, 9), (9, 8), (10, 8))


@pytest.fixture(autouse=True)
def hasty_threads() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def images() -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.rand(1, 3, *size, generator=generator) for size in SIZES]


def check_threads(method: Method[Any], precision: Any) -> None:
    upscaler = Upscaler(method, device="cpu", precision=precision)
    state = {key: values.clone() for key, values in method.state_dict().items()}
    alone = [upscaler(image) for image in images()]
    assert all(float(one.std()) > 0 for one in alone)
    with ThreadPoolExecutor(THREADS) as threads:
        together = list(threads.map(upscaler, 3 * images()))
    assert all(torch.equal(one, other) for one, other in zip(together, 3 * alone, strict=True))
    assert method.state_dict().keys() == state.keys()
    assert all(torch.equal(values, state[key]) for key, values in method.state_dict().items())
    assert torch.equal(upscaler(images()[0]), alone[0])


def test_threads_get_what_one_thread_gets(network_name: str, small_network: Build) -> None:
    check_threads(small_network(network_name), "fp32")


@pytest.mark.parametrize("name", registry.method_names())
def test_threads_in_bf16(name: str, small_network: Build) -> None:
    check_threads(small_network(f"{name} {next(iter(registry.method_class(name).small_configs()))}"), "bf16")


@pytest.mark.parametrize("name", registry.method_names())
def test_threads_share_an_ensemble(name: str, small_network: Build) -> None:
    networks = [small_network(f"{name} {variant}") for variant in registry.method_class(name).small_configs()]
    check_threads(Ensemble(next(network for network in networks if network.symmetric)), "fp32")


def test_ensembles_are_symmetric(network_name: str, small_network: Build) -> None:
    network = small_network(network_name)
    if network.symmetric:
        assert Ensemble(network).symmetric
    else:
        with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
            Ensemble(network)


def test_maps_are_those_of_the_image_while_others_are_restored(network_name: str, small_network: Build) -> None:
    upscaler = Upscaler(small_network(network_name), device="cpu", precision="fp32")
    image, other = images()[:2]
    condition, unlike = upscaler.condition(image), upscaler.condition(other)
    try:
        alone = modulation_map(upscaler, image, condition)
    except BlindSRError as error:
        assert error.code == Code.UNSUPPORTED_OPTION  # noqa: PT017  # most methods have no maps
        return
    with ThreadPoolExecutor(THREADS) as threads:
        others = [threads.submit(upscaler.restore, other, unlike) for _ in range(8)]
        maps = list(threads.map(lambda _: modulation_map(upscaler, image, condition), range(8)))
        assert all(one.result().shape[-1] == upscaler.scale * other.shape[-1] for one in others)
    assert all(torch.equal(one, alone) for one in maps)
