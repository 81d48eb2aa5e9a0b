import torch

from blindsr.degrade.resample import resize
from blindsr.inference import Bicubic, Upscaler


def test_bicubic_keeps_its_precision_under_autocast() -> None:
    lr = torch.rand(1, 3, 9, 12, generator=torch.Generator().manual_seed(0))
    sr = Upscaler(Bicubic(3), device="cpu", precision="bf16")(lr)
    torch.testing.assert_close(sr, resize(lr, 3).clamp(0, 1), atol=1e-6, rtol=0)
