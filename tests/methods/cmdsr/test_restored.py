"""Which patches are restored, and against what."""

from typing import Any

import pytest
import torch

from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.methods.cmdsr.training import Alternating, AlternatingRecipe


def stage(**changes: Any) -> Alternating:
    torch.default_generator.manual_seed(0)
    net = CMDSR(CMDSRConfig(blocks=1, channels=8, support=4, patch=8, features=16))
    values = {"steps": 10, "tasks": 3, "images": 2, "crop": 40, **changes}
    return Alternating(net, AlternatingRecipe.model_validate(values))


@pytest.mark.parametrize(("images", "restored", "expected"), [(2, 4, 4), (2, 1, 1), (4, 3, 3), (1, 20, 4)])
def test_patches_and_targets_show_the_same_place_of_the_same_task(
    monkeypatch: pytest.MonkeyPatch, images: int, restored: int, expected: int
) -> None:
    one = stage(images=images, restored=restored)
    source = torch.Generator().manual_seed(0)
    lr = torch.rand(3 * images, 3, 10, 10, generator=source)
    hr = torch.nn.functional.interpolate(lr, scale_factor=4)
    _, corners = one.patches(lr, source)
    seen: list[torch.Tensor] = []

    def spy(lr: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        seen.extend((lr, features))
        return lr

    monkeypatch.setattr(one.method, "restore_tasks", spy)
    feature = torch.arange(3.0)[:, None]
    _, targets = one.restore_patches(hr, lr, corners, feature)
    assert len(targets) == 3 * expected
    torch.testing.assert_close(targets[..., ::4, ::4], seen[0])
    torch.testing.assert_close(seen[1][:, 0], torch.arange(3.0).repeat_interleave(expected))
