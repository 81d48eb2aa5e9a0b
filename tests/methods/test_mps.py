"""Methods use no operator that torch lacks on Apple's devices, so that ``PYTORCH_ENABLE_MPS_FALLBACK`` is not needed.

No such device is needed for this: the operators that a method calls are compared with the list of those that torch was
built from, which is in its package. It says nothing about results.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import torch
import torchgen
import yaml
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from blindsr.contract import Hints, Method
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.methods.dmsr.model import DMSR, DMSRConfig
from blindsr.methods.mrda.model import MRDA, MRDAConfig
from blindsr.methods.mzsr.model import MZSR, MZSRConfig

_LIST = Path(torchgen.__file__).parent / "packaged" / "ATen" / "native" / "native_functions.yaml"
METHODS: dict[str, Method[Any]] = {
    "cmdsr": CMDSR(CMDSRConfig(blocks=1, channels=8, support=2, patch=8, features=4)),
    "cmdsr sft": CMDSR(CMDSRConfig(blocks=1, channels=8, support=2, patch=8, features=4, modulation="sft")),
    "cmdsr idn": CMDSR(CMDSRConfig(base="idn", blocks=1, channels=8, support=2, patch=8, features=4)),
    "cmdsr vdsr": CMDSR(CMDSRConfig(base="vdsr", blocks=1, channels=8, support=2, patch=8, features=4)),
    "cmdsr span": CMDSR(CMDSRConfig(base="span", blocks=1, channels=8, support=2, patch=8, features=4)),
    "mrda": MRDA(MRDAConfig(channels=8, blocks=1, mln=4)),
    "dmsr": DMSR(DMSRConfig(groups=1, blocks=1, channels=8, extractor=8)),
    "mzsr": MZSR(MZSRConfig(layers=2, channels=4)),
}


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


@pytest.mark.parametrize("name", METHODS)
def test_operators(name: str) -> None:
    method, lr = METHODS[name].eval(), torch.rand(1, 3, 33, 40)
    hints = Hints(steps=2) if "steps" in method.supported_hints else Hints()
    with torch.no_grad(), _Calls() as calls:
        condition = method.condition(lr, generator=torch.Generator(), hints=hints)
        method.restore(lr, condition)
    assert len(calls.names) > 5
    listed = _on_mps()
    assert {one for one in calls.names if not listed.get(one, False)} == set()
