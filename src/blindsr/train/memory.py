"""How the C library hands out memory to a training run."""

import ctypes
import platform

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
