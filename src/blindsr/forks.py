"""Restrictions for forked processes, in which threads of libraries do not exist."""

import os

import torch

from blindsr.errors import BlindSRError, Code

_registered = False
_vips_process: int | None = None
"""The process in which libvips was first used."""


def limit_forked_threads() -> None:
    """Limit processes that are forked from now on to one thread, like the workers of torch's data loaders.

    Otherwise they would wait forever for the other threads of OpenMP, which exist only in the parent.
    """
    global _registered  # noqa: PLW0603  # handlers cannot be removed again
    if not _registered and hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_compute_alone)
    _registered = True


def check_not_forked() -> None:
    """Check that the process was not forked after its parent used libvips; to be called before each use.

    Raises:
        BlindSRError: the process would wait forever for the threads of libvips.
    """
    global _vips_process  # noqa: PLW0603  # it is inherited at a fork, as the state of libvips is
    limit_forked_threads()
    process = os.getpid()
    if _vips_process is None:
        _vips_process = process
    elif _vips_process != process:
        raise BlindSRError(
            "image files cannot be read or written in a process that was forked after its parent read or wrote some; "
            "start it by multiprocessing's 'spawn' or 'forkserver'",
            Code.FORKED,
        )


def _compute_alone() -> None:
    torch.set_num_threads(1)
