"""Kernels from files, and files that hold none."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import savemat

from blindsr.degrade import kernels
from blindsr.degrade.kernel_io import load_kernel
from blindsr.errors import BlindSRError, Code


def test_kernels_are_read_from_three_kinds_of_file(tmp_path: Path) -> None:
    expected = kernels.gaussian(9, 1.5)
    np.save(tmp_path / "k.npy", 7 * expected.numpy())
    savemat(tmp_path / "k.mat", {"kernel": expected.numpy()})
    Image.fromarray((expected / expected.max() * 255).round().byte().numpy()).save(tmp_path / "k.png")
    torch.testing.assert_close(load_kernel(tmp_path / "k.npy"), expected)
    torch.testing.assert_close(load_kernel(tmp_path / "k.mat"), expected)
    torch.testing.assert_close(load_kernel(tmp_path / "k.png"), expected, atol=1e-3, rtol=0)


def test_the_only_matrix_among_scalars_and_a_kernel_of_one_pixel_are_read(tmp_path: Path) -> None:
    savemat(tmp_path / "k.mat", {"kernel": np.full((3, 3), 2.0), "name": "box", "width": 3.0})
    torch.testing.assert_close(load_kernel(tmp_path / "k.mat"), torch.full((3, 3), 1 / 9))
    np.save(tmp_path / "one.npy", np.ones((1, 1)))
    assert load_kernel(tmp_path / "one.npy").tolist() == [[1.0]]


def test_files_of_numbers_that_are_no_kernel_say_what_is_wrong(tmp_path: Path) -> None:
    savemat(tmp_path / "two.mat", {"a": np.eye(3), "b": np.eye(3)})
    savemat(tmp_path / "damaged.mat", {"a": np.eye(3)})
    head = (tmp_path / "damaged.mat").read_bytes()[:128]
    (tmp_path / "damaged.mat").write_bytes(head + b"\xff" * 200)
    np.save(tmp_path / "complex.npy", np.eye(3) * 1j)
    np.save(tmp_path / "words.npy", np.full((3, 3), "a"))
    np.save(tmp_path / "line.npy", np.ones(3))
    wrong = {
        "two.mat": Code.CANNOT_READ,
        "damaged.mat": Code.CANNOT_READ,
        "complex.npy": Code.INVALID_FILE,
        "words.npy": Code.INVALID_FILE,
        "line.npy": Code.INVALID_VALUE,
    }
    for name, code in wrong.items():
        with pytest.raises(BlindSRError, check=code.matches):
            load_kernel(tmp_path / name)


@pytest.mark.parametrize("name", ["missing.npy", "text.npy", "text.mat", "text.png", "k.txt"])
def test_a_file_that_holds_no_kernel_gives_one_sentence(tmp_path: Path, name: str) -> None:
    if not name.startswith("missing"):
        (tmp_path / name).write_text("no kernel")
    with pytest.raises(BlindSRError) as caught:
        load_kernel(tmp_path / name)
    assert "\n" not in str(caught.value)
