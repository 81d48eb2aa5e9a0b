"""Methods used from several threads at once: results are those of one thread, and weights stay as they are."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from torch import Tensor

from blindsr.contract import Method
from blindsr.inference.ensemble import Ensemble
from blindsr.inference.modulation import modulation_map
from blindsr.inference.upscaler import Upscaler
from blindsr.methods.cmdsr.bases import BASES
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.methods.dmsr.model import DMSR, DMSRConfig
from blindsr.methods.mrda.model import MRDA, MRDAConfig
from blindsr.methods.mzsr.model import MZSR, MZSRConfig

THREADS = 4
SIZES = ((8, 9), (9, 8), (10, 8))


def cmdsr(**config: Any) -> CMDSR:
    sizes = {"blocks": 2, "channels": 8, "support": 2, "patch": 8, "features": 4}
    return CMDSR(CMDSRConfig.model_validate({**sizes, **config}))


def dmsr(**config: Any) -> DMSR:
    sizes = {"groups": 1, "blocks": 2, "channels": 8, "reduction": 4, "extractor": 4}
    return DMSR(DMSRConfig.model_validate({**sizes, **config}))


def mrda(**config: Any) -> MRDA:
    return MRDA(MRDAConfig.model_validate({"channels": 8, "blocks": 2, "mln": 8, **config}))


def mzsr(**config: Any) -> MZSR:
    return MZSR(MZSRConfig.model_validate({"layers": 3, "channels": 8, "steps": 2, **config}))


METHODS: dict[str, Callable[[], Method[Any]]] = {
    **{f"cmdsr {base}": lambda base=base: cmdsr(base=base) for base in BASES},  # type: ignore[misc]
    "cmdsr sft": lambda: cmdsr(modulation="sft"),
    "cmdsr none": lambda: cmdsr(modulation="none"),
    "dmsr": dmsr,
    "dmsr sigma": lambda: dmsr(noise="sigma"),
    "mrda": mrda,
    "mrda channel": lambda: mrda(modulation="channel"),
    "mzsr": mzsr,
    "mzsr adam": lambda: mzsr(descent="adam", down="bicubic", back_projection=1),
    "mzsr learned rates": lambda: mzsr(learned_rates=True),
    "mrda ensemble": lambda: Ensemble(mrda(blocks=1)),
    "mzsr ensemble": lambda: Ensemble(mzsr(down="bicubic", layers=2, steps=1)),
}


@pytest.fixture(autouse=True)
def hasty_threads() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def seeded(make: Callable[[], Method[Any]]) -> Method[Any]:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        method = make()
        for parameter in method.parameters():  # conditions that matter, also where training starts neutral
            parameter.data.add_(0.1 * torch.randn_like(parameter))
        return method


def images() -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.rand(1, 3, *size, generator=generator) for size in SIZES]


@pytest.mark.parametrize(
    ("name", "precision"),
    [*((name, "fp32") for name in METHODS), *((name, "bf16") for name in ("cmdsr srresnet", "dmsr", "mrda", "mzsr"))],
)
def test_threads_get_what_one_thread_gets(name: str, precision: Any) -> None:
    method = seeded(METHODS[name])
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


def test_maps_are_those_of_the_image_while_others_are_restored() -> None:
    upscaler = Upscaler(seeded(mrda), device="cpu", precision="fp32")
    image, other = images()[:2]
    condition, unlike = upscaler.condition(image), upscaler.condition(other)
    alone = modulation_map(upscaler, image, condition)
    with ThreadPoolExecutor(THREADS) as threads:
        others = [threads.submit(upscaler.restore, other, unlike) for _ in range(8)]
        maps = list(threads.map(lambda _: modulation_map(upscaler, image, condition), range(8)))
        assert all(one.result().shape[-1] == 4 * other.shape[-1] for one in others)
    assert all(torch.equal(one, alone) for one in maps)
