"""Which network gains most on photographs from the same time of training.

    OMP_NUM_THREADS=1 python benchmarks/base_networks.py --data photos/ --minutes 15 --csv base-networks.csv

Three networks begin from weights of the package: SPAN of 6 blocks as in `cmdsr_x4.photo`, the same with 3 more blocks,
which start as the identity, and `mrda_x4.real`. Each learns the degradations of `cmdsr_x4.photo` by Adam for the same
processor time, from the same crops in the same order. PSNR in dB is that of 16 photographs that were held out of all
trainings; the time to restore is the processor's for an image of 128x128 pixels.
"""

import argparse
import copy
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from table import Row, show  # stands beside this file
from torch import Tensor, nn

from blindsr import weights
from blindsr.contract import Method
from blindsr.degrade.realworld.photo import PhotoFamily
from blindsr.methods.cmdsr.model import CMDSR
from blindsr.methods.mrda.model import MRDA
from blindsr.photos import Photos
from blindsr.train.validate import Validation

_SCALE, _SIDE, _BATCH = 4, 256, 8
"""A step sees 8 crops of 256x256 pixels."""
_RATE, _GAIN_RATE = 1e-4, 2e-3
_WARMUP = 20
"""Steps."""
_ADDED, _AFTER = 3, 3
"""Number of added blocks, and the block after which they stand; the last block's inner features are used by SPAN."""


@dataclass(frozen=True)
class Network:
    """A network to train."""

    name: str
    method: Method[Tensor]
    restore: Callable[[Tensor], Tensor]
    """Maps LR images of different degradations to results, with gradients."""
    groups: list[dict[str, object]]
    """Parameters and their learning rates."""


class AddedBlock(nn.Module):
    """A block of SPAN with a skip connection, the identity at first (ReZero: Bachlechner et al., 2020)."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.block = copy.deepcopy(block)
        self.gain = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        out, inner = self.block(x)
        return x + self.gain * out, inner


def span(added: int = 0) -> Network:
    """The network of `cmdsr_x4.photo`, whose ConditionNet is kept as it is."""
    method = weights.load_weights("cmdsr_x4.photo").method
    assert isinstance(method, CMDSR)
    net, count = method.condition_net, method.config.support
    assert net is not None
    gains = _add_blocks(method, added)

    def restore(lr: Tensor) -> Tensor:
        with torch.no_grad():
            patches = lr[:, None, :, : method.config.patch, : method.config.patch].expand(-1, count, -1, -1, -1)
            feature = method.with_denoise(net(patches).float(), 1.0)
        return method.restore_tasks(lr, feature)

    others = [parameter for parameter in method.base.parameters() if not any(parameter is gain for gain in gains)]
    groups: list[dict[str, object]] = [{"params": others, "lr": _RATE}]
    if gains:
        groups.append({"params": gains, "lr": _GAIN_RATE})
    return Network(f"SPAN under CMDSR, {6 + added} blocks", method, restore, groups)


def _add_blocks(method: CMDSR, added: int) -> list[nn.Parameter]:
    """Add blocks to the BaseNet; return their gains."""
    body = method.base.body
    blocks = list(body.children())
    new = [AddedBlock(blocks[_AFTER - 1]) for _ in range(added)]
    for number, block in enumerate([*blocks[:_AFTER], *new, *blocks[_AFTER:]], 1):
        body.add_module(f"block_{number}", block)
    return [block.gain for block in new]


def mrda() -> Network:
    """The student's network of `mrda_x4.real`."""
    method = weights.load_weights("mrda_x4.real").method
    assert isinstance(method, MRDA)
    parameters = [*method.student.parameters(), *method.rdan.parameters()]
    return Network(
        "`mrda_x4.real`",
        method,
        lambda lr: method.rdan(lr, method.student(lr)).float(),
        [{"params": parameters, "lr": _RATE}],
    )


def train(network: Network, photos: Photos, minutes: float) -> int:
    """Train for some processor time, with a rate that falls linearly to 0; return the number of steps."""
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(network.groups)
    parameters = [one for group in optimizer.param_groups for one in group["params"]]
    for parameter in parameters:
        parameter.requires_grad_(True)  # loading weights makes them constants
    rates = [float(group["lr"]) for group in optimizer.param_groups]
    family = PhotoFamily(_SCALE)
    begin, steps, share = time.process_time(), 0, 0.0
    while share < 1:
        hr = photos.crops(_BATCH, _SIDE, generator)
        lr = family.sample(_BATCH, generator).apply(hr, generator)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * min(1.0, (steps + 1) / _WARMUP) * (1 - share)
        with torch.autocast("cpu", torch.bfloat16):
            sr = network.restore(lr.contiguous(memory_format=torch.channels_last))
        loss = F.l1_loss(sr, hr)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        steps, share = steps + 1, (time.process_time() - begin) / (60 * minutes)
        if steps % 50 == 0:
            print(f"{network.name}: step {steps}, {share:.0%} of the time, loss {float(loss):.4f}", flush=True)
    return steps


@torch.no_grad()
def seconds(network: Network) -> float:
    """Least processor time of five to restore an image of 128x128 pixels."""
    lr = torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    condition = network.method.condition(lr, generator=torch.Generator().manual_seed(0))
    times = []
    for _ in range(5):
        begin = time.process_time()
        network.method.restore(lr, condition)
        times.append(time.process_time() - begin)
    return min(times)


def main() -> None:
    """Train and measure each network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, action="append", required=True, help="folder of photographs; repeatable")
    parser.add_argument("--minutes", type=float, default=15.0, help="processor time for each network")
    parser.add_argument("--csv", type=Path)
    chosen = parser.parse_args()
    photos, held_out = Photos.read(chosen.data).split(16)
    validation = Validation.prepare(held_out, PhotoFamily(_SCALE), torch.device("cpu"))
    rows: list[Row] = [("network", "parameters", "seconds to restore 128x128", "steps", "PSNR before", "after")]
    for network in (span(), span(_ADDED), mrda()):
        count = sum(one.numel() for group in network.groups for one in group["params"])  # type: ignore[attr-defined]
        before = validation.run(network.method, nullcontext())["psnr"]
        steps = train(network, photos, chosen.minutes)
        after = validation.run(network.method, nullcontext())["psnr"]
        rows.append((network.name, f"{count:,}", f"{seconds(network):.2f}", steps, f"{before:.2f}", f"{after:.2f}"))
        show(rows, chosen.csv)


if __name__ == "__main__":
    main()
