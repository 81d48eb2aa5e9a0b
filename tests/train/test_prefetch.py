"""Batches made ahead: in order, once, and not after the last."""

import threading
from dataclasses import dataclass

import pytest
import torch

from blindsr.degrade.families import Isotropic
from blindsr.train.prefetch import Prefetcher, tensors_of

CPU = torch.device("cpu")


@pytest.mark.parametrize("threaded", [False, True])
def test_each_batch_is_made_once_and_in_order(threaded: bool) -> None:
    made: list[int] = []

    def make(step: int) -> int:
        made.append(step)
        return 10 * step

    with Prefetcher(make, 6, CPU, threaded=threaded) as batches:
        assert [batches.batch(step) for step in range(3, 7)] == [30, 40, 50, 60]
    assert made == [3, 4, 5, 6]


def test_the_next_batch_is_made_while_one_is_worked_with() -> None:
    begun = threading.Event()

    def make(step: int) -> int:
        if step == 2:
            begun.set()
        return threading.get_ident()

    with Prefetcher(make, 2, CPU, threaded=True) as batches:
        assert batches.batch(1) != threading.get_ident()
        assert begun.wait(10)


def test_without_a_thread_nothing_is_made_before_it_is_asked_for() -> None:
    made: list[int] = []
    with Prefetcher(made.append, 9, CPU, threaded=False) as batches:
        batches.batch(1)
        assert made == [1]


def test_what_fails_in_the_thread_fails_where_the_batch_is_asked_for() -> None:
    def make(step: int) -> int:
        if step == 2:
            raise ValueError("step 2")
        return step

    with Prefetcher(make, 3, CPU, threaded=True) as batches:
        assert batches.batch(1) == 1
        with pytest.raises(ValueError, match="step 2"):
            batches.batch(2)


def test_leaving_ends_the_thread() -> None:
    before = threading.active_count()
    with Prefetcher(lambda step: step, 9, CPU, threaded=True) as batches:
        batches.batch(1)
    assert threading.active_count() == before


def test_another_step_than_the_next_is_made_too() -> None:
    with Prefetcher(lambda step: step, 9, CPU, threaded=True) as batches:
        assert [batches.batch(step) for step in (1, 5, 2)] == [1, 5, 2]


def test_batches_need_no_gradients() -> None:
    weight = torch.ones(1, requires_grad=True)
    with Prefetcher(lambda step: step * weight, 2, CPU, threaded=True) as batches:
        assert not batches.batch(1).requires_grad


def test_autocast_of_the_thread_leaves_cast_weights_of_others_alone() -> None:
    """A weight that is used twice has one cast, whatever the thread does in between."""

    def make(step: int) -> None:
        with torch.autocast("cpu", enabled=False):
            torch.rand(2)

    weight, x = torch.rand(4, 4, requires_grad=True), torch.rand(4, 4)
    with Prefetcher(make, 1, CPU, threaded=True) as batches, torch.autocast("cpu", torch.bfloat16):
        first = x @ weight
        batches.batch(1)
        second = x @ weight
    casts = [out.grad_fn.next_functions[1][0] for out in (first, second) if out.grad_fn is not None]
    assert len(casts) == 2
    assert casts[0] is casts[1]


def test_all_tensors_of_a_batch_are_known() -> None:
    @dataclass(frozen=True)
    class Nested:
        first: torch.Tensor
        others: tuple[dict[str, list[torch.Tensor]], int]

    tensors = [torch.zeros(1) for _ in range(3)]
    found = list(tensors_of((Nested(tensors[0], ({"a": [tensors[1], tensors[2]]}, 5)), "text", None)))
    assert [id(tensor) for tensor in found] == [id(tensor) for tensor in tensors]
    assert len(list(tensors_of(Isotropic(4, 15, noise=(0, 75)).sample(2)))) == 4
