"""What holds for all tests."""

import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from hypothesis import settings

from blindsr import images
from blindsr.degrade import resize

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
