"""Prefetching of batches in another thread, on a GPU in its own stream.

A batch depends only on its step, so prefetching does not change it, and batches of an interrupted run can be dropped.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields, is_dataclass
from types import TracebackType
from typing import Any, Generic, NamedTuple, Self, TypeVar

import torch
from torch import Tensor

Made = TypeVar("Made")


class _Ready(NamedTuple, Generic[Made]):
    batch: Made
    event: torch.cuda.Event | None
    """Recorded on the GPU after the batch was prepared."""


class Prefetcher(Generic[Made]):
    """Source of batches by step that prepares the next one in advance.

    Context manager: batches in preparation when it ends are completed and dropped.
    """

    def __init__(self, make: Callable[[int], Made], last: int, device: torch.device, *, threaded: bool) -> None:
        """Start the thread, if any.

        Args:
            make: prepares the batch of a step; called in another thread if ``threaded`` is set.
            last: the last step.
            device: device of the batches.
            threaded: whether to prepare batches ahead; otherwise each is prepared on request.
        """
        self._make, self._last = make, last
        self._stream = torch.cuda.Stream(device) if threaded and device.type == "cuda" else None
        if self._stream is not None:  # photographs may still be copied to the device
            self._stream.wait_stream(torch.cuda.current_stream(device))
        self._executor = ThreadPoolExecutor(1, "blindsr-batches", _stay_in_autocast) if threaded else None
        self._next: tuple[int, Future[_Ready[Made]]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)

    def batch(self, step: int) -> Made:
        """Return the batch of a step, and start to prepare the next."""
        if self._executor is None:
            return self._make(step)
        known = self._next
        future = known[1] if known is not None and known[0] == step else self._executor.submit(self._made, step)
        ready = future.result()
        self._next = (step + 1, self._executor.submit(self._made, step + 1)) if step < self._last else None
        if ready.event is not None:
            current = torch.cuda.current_stream()
            current.wait_event(ready.event)
            for tensor in tensors_of(ready.batch):  # otherwise their memory could be reused too early
                tensor.record_stream(current)
        return ready.batch

    def _made(self, step: int) -> _Ready[Made]:
        stream: AbstractContextManager[Any] = nullcontext()
        if self._stream is not None:
            stream = torch.cuda.stream(self._stream)
        with stream, torch.no_grad():
            batch = self._make(step)
            event = None if self._stream is None else self._stream.record_event()
        return _Ready(batch, event)


def _stay_in_autocast() -> None:
    """Enter a disabled autocast context for the lifetime of a thread.

    Leaving the outermost autocast context of a thread clears the cache of cast weights of all threads. A training step
    that runs at the same time would cast its weights again and sum their gradients in another order.
    """
    torch.autocast("cpu", enabled=False).__enter__()


def tensors_of(value: Any) -> Iterator[Tensor]:
    """Yield every tensor in dataclasses, tuples, lists and dictionaries, however nested."""
    if isinstance(value, Tensor):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from tensors_of(getattr(value, field.name))
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from tensors_of(part)
    elif isinstance(value, dict):
        yield from tensors_of(list(value.values()))
