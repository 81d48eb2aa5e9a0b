"""Memory of the system: taken in large pages, and given back when it was freed."""

import ctypes
import math
import mmap
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor

_SLACK = 64_000_000
"""Bytes that may be kept, since new pages cost more time than kept ones."""
_floor = 0
"""Bytes in memory after the last time that something was returned."""


def empty(shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """A tensor of arbitrary values on the CPU, in large pages where the system has them.

    The system zeroes memory page by page, which takes longer than most layers take for as large a tensor: 22 ms for
    37 MB in pages of 4 KB, 2 ms in those of 2 MB.
    """
    size = math.prod(shape) * dtype.itemsize
    if size < _SLACK // 8 or not hasattr(mmap, "MADV_HUGEPAGE"):
        return torch.empty(shape, dtype=dtype)
    pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with suppress(OSError):  # a kernel that was built without them
        pages.madvise(mmap.MADV_HUGEPAGE)
    return torch.frombuffer(pages, dtype=dtype).view(shape)


def trim() -> None:
    """Return freed memory to the system where the C library keeps much of it; to be called after each image.

    glibc keeps what lies between blocks that are still in use. After images of many sizes these gaps fit none of the
    next ones, and the process grows with each. Other C libraries return large blocks by themselves.
    """
    global _floor  # noqa: PLW0603  # the heap is one for the whole process
    if _malloc_trim is not None and _resident() - _floor > _SLACK:
        _malloc_trim(0)
        _floor = _resident()


def _resident() -> int:
    """Bytes of this process in memory."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _find() -> Callable[[int], int] | None:
    """The function of glibc on Linux."""
    try:
        function: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
        _resident()
    except (OSError, AttributeError, TypeError):  # TypeError: on Windows
        return None
    return function


_malloc_trim = _find()
