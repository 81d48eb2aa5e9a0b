"""Methods use no operator that torch lacks on Apple's devices, so that ``PYTORCH_ENABLE_MPS_FALLBACK`` is not needed.

No such device is needed for this: the operators that a method calls are compared with the list of those that torch was
built from, which is in its package. It says nothing about results.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
import torchgen
import yaml
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from blindsr.contract import Hints, Method

_LIST = Path(torchgen.__file__).parent / "packaged" / "ATen" / "native" / "native_functions.yaml"


class _Calls(TorchDispatchMode):
    """Notes operators on float32 tensors; what is float64 lies on the CPU by intention."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's
        self.names: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        if not any(tensor.dtype == torch.float64 for tensor in tensors):
            self.names.add(func.name().removeprefix("aten::"))
        return func(*args, **(kwargs or {}))


@lru_cache
def _on_mps() -> dict[str, bool]:
    """Whether torch computes an operator on MPS, by the operator's name."""
    entries = {entry["func"].split("(")[0]: entry for entry in yaml.load(_LIST.read_text(), yaml.CSafeLoader)}

    def has(entry: dict[str, Any]) -> bool:
        groups = entry.get("dispatch", {"CompositeImplicitAutograd": ""})
        keys = {key.strip() for group in groups for key in group.split(",")}
        if "structured_delegate" in entry:
            return has(entries[entry["structured_delegate"]])
        return any(key == "MPS" or key.startswith("Composite") for key in keys)

    return {name: has(entry) for name, entry in entries.items()}


def test_the_list_is_read() -> None:
    listed = _on_mps()
    assert listed["add.Tensor"]
    assert listed["relu"]
    assert not listed["linalg_eig"]
    assert len(listed) > 2000


def test_operators(network_name: str, small_network: Callable[[str], Method[Any]]) -> None:
    method, lr = small_network(network_name), torch.rand(1, 3, 33, 40)
    hints = Hints(steps=2) if "steps" in method.supported_hints else Hints()
    with torch.no_grad(), _Calls() as calls:
        condition = method.condition(lr, generator=torch.Generator(), hints=hints)
        method.restore(lr, condition)
    assert len(calls.names) > 5
    listed = _on_mps()
    assert {one for one in calls.names if not listed.get(one, False)} == set()
