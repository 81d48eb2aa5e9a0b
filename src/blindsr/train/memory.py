"""Settings of the C library and the CPU for training: freed memory and denormals."""

import ctypes
import platform
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4


def keep_freed_memory() -> None:
    """Let glibc reuse large blocks instead of returning them to the system after every layer.

    Otherwise each activation of tens of megabytes is mapped and page-faulted anew at every step: a fifth of a
    training step of SRResNet-10 on a CPU. Other C libraries are left as they are.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_MAX, 0)
        libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)


@contextmanager
def without_denormals() -> Iterator[None]:
    """Set numbers below 1e-38 to 0 in this thread and those that it starts, if the CPU supports it.

    Saturated activations have such gradients, and a CPU needs a hundred times as long for a product with one: they made
    the backward pass of SPAN with random weights six times as slow.
    """
    able = torch.set_flush_denormal(True)
    try:
        yield
    finally:
        if able:
            torch.set_flush_denormal(False)
