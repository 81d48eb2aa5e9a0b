"""What holds for all tests."""

import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import settings

from blindsr import images
from blindsr.contract import Method, StrictModel
from blindsr.degrade import resize
from blindsr.methods import registry

# Speed is measured in benchmarks/; a busy machine must not fail a test.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# There is not a torchvision for every build of torch, and spandrel imports some of its names
if find_spec("torchvision") is None:
    sys.path.append(str(Path(__file__).parent / "stand_ins"))

LargestFile = Callable[[int], AbstractContextManager[None]]


@pytest.fixture
def largest_file() -> LargestFile:
    """Give files a limit of bytes for as long as a context lasts: for a writer, the disk is full."""

    @contextmanager
    def limited(size: int) -> Iterator[None]:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return limited


@pytest.fixture
def hr_folder(tmp_path: Path) -> Path:
    """``Set5`` with ``a.png`` (46x41, RGB) and ``b.png`` (40x40, gray)."""
    folder = tmp_path / "hr" / "Set5"
    folder.mkdir(parents=True)
    generator = torch.Generator().manual_seed(0)
    a = resize(torch.rand(1, 3, 14, 15, generator=generator), 4)[0, :, :41, :46].clamp(0, 1)
    b = resize(torch.rand(1, 1, 10, 10, generator=generator), 4)[0].clamp(0, 1).expand(3, -1, -1)
    images.write(images.Picture(a), folder / "a.png")
    images.write(images.Picture(b, metadata=images.Metadata(gray=True)), folder / "b.png")
    return folder


@pytest.fixture(scope="session")
def load_script() -> Callable[[Path], Any]:
    """Import a script that is in no package, by its path."""

    def load(path: Path) -> Any:
        spec = spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@cache
def _small_configs() -> dict[str, tuple[type[Method[Any]], StrictModel]]:
    """Every method's small configurations by the names of both, those of installed plug-ins included."""
    classes = {name: registry.method_class(name) for name in registry.method_names()}
    return {
        f"{name} {variant}": (cls, config)
        for name, cls in classes.items()
        for variant, config in cls.small_configs().items()
    }


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for a ``network_name`` on the small networks of every method."""
    if "network_name" in metafunc.fixturenames:
        metafunc.parametrize("network_name", list(_small_configs()))


@pytest.fixture(scope="session")
def small_network() -> Callable[[str], Method[Any]]:
    """Build a small network by its name; weights are random but the same each time, and the condition matters."""

    def build(name: str) -> Method[Any]:
        cls, config = _small_configs()[name]
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)
            network = cls(config)
            with torch.no_grad():
                for parameter in network.parameters():  # also where training starts from a neutral network
                    parameter.add_(0.01 * torch.randn_like(parameter))
        return network.eval()

    return build
