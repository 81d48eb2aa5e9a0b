"""Blur kernels from files."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from blindsr.degrade.kernels import check_kernel
from blindsr.errors import BlindSRError, Code


def load_kernel(path: str | Path) -> Tensor:
    """Read a kernel from ``.npy``, ``.mat`` (its only 2-D matrix) or an image (gray levels), scaled to sum 1.

    Returns:
        ``(k, k)`` float32.

    Raises:
        BlindSRError: the file cannot be read, or does not contain a valid kernel (see `check_kernel`).
    """
    path = Path(path)
    readers = {".npy": _read_npy, ".mat": _read_mat, ".png": _read_image, ".tif": _read_image, ".tiff": _read_image}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise BlindSRError(
            f"unsupported kernel file {path.name!r}: use .npy, .mat, .png or .tif", Code.UNSUPPORTED_FORMAT
        )
    try:
        array = reader(path)
    except Exception as error:  # readers raise various errors for damaged files
        raise BlindSRError(f"cannot read a kernel from {path}: {error}", Code.CANNOT_READ) from None
    if array.dtype.kind not in "buif":
        raise BlindSRError(f"{path} does not contain real numbers", Code.INVALID_FILE)
    return check_kernel(torch.from_numpy(array.astype(np.float64)), str(path))


def _read_npy(path: Path) -> np.ndarray:
    return np.atleast_2d(np.load(path, allow_pickle=False).squeeze())


def _read_mat(path: Path) -> np.ndarray:
    from scipy import io  # noqa: PLC0415  # takes longer to load than all of this package

    found = [value for key, value in io.loadmat(path).items() if not key.startswith("__")]
    matrices = [np.squeeze(value) for value in found if isinstance(value, np.ndarray) and np.squeeze(value).ndim == 2]
    if len(matrices) != 1:
        raise ValueError(f"expected one matrix, found {len(matrices)}")
    return matrices[0]


def _read_image(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("F"))
