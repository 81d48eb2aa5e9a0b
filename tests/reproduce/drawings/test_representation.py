from pathlib import Path

import numpy as np
import pytest
import torch

from blindsr.errors import BlindSRError, Code
from blindsr.evaluate import data_sets
from blindsr.inference import Bicubic, Upscaler
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.reproduce.drawings.representation import Representations, draw, represent


def clusters(spread: float) -> Representations:
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(3).repeat_interleave(12)
    vectors = torch.randn(36, 4, generator=generator) * spread + 5 * labels[:, None]
    return Representations(vectors, labels, ("a", "b", "c"))


@pytest.mark.parametrize("spread", [0.1, 4.0, 20.0])
def test_accuracy_is_scikit_learns_with_each_row_left_out(spread: float) -> None:
    from sklearn.neighbors import KNeighborsClassifier

    found = clusters(spread)
    x, y = found.vectors.numpy(), found.labels.numpy()
    right = []
    for row in range(len(x)):
        rest = np.arange(len(x)) != row
        right.append(KNeighborsClassifier(5).fit(x[rest], y[rest]).predict(x[row : row + 1])[0] == y[row])
    assert found.neighbours_agree(5) == pytest.approx(np.mean(right))


def test_apart_and_mixed() -> None:
    assert clusters(0.1).neighbours_agree() == 1
    assert clusters(100.0).neighbours_agree() < 0.7
    with pytest.raises(BlindSRError, check=Code.TOO_SMALL.matches):
        clusters(1.0).neighbours_agree(36)


def test_each_image_under_each_width(hr_folder: Path) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        net = CMDSR(CMDSRConfig(blocks=1, channels=4, support=2, patch=8, features=32))
    (data, *_) = data_sets(hr_folder)
    found = represent(Upscaler(net, device="cpu", precision="fp32"), data, (0.5, 3.0), noise=5.0)
    assert found.vectors.shape == (2 * len(data.paths), 32)
    assert found.labels.tolist() == [0, 1] * len(data.paths)
    assert not torch.equal(found.vectors[0], found.vectors[1])
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
        represent(Upscaler(Bicubic(4), device="cpu"), data, (0.5, 3.0))


def test_a_picture_of_them(tmp_path: Path) -> None:
    draw(clusters(0.5), tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 2000
    few = clusters(0.5)
    with pytest.raises(BlindSRError, check=Code.TOO_SMALL.matches):
        draw(Representations(few.vectors[:3], few.labels[:3], few.names), tmp_path / "b.png")
