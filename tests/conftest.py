"""What holds for all tests."""

import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

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
