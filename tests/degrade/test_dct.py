"""libjpeg's transform against the definition."""

import numpy as np
from scipy import fft

from blindsr.degrade import dct


def test_matrices_are_the_transforms_rounded_to_whole_numbers() -> None:
    orthonormal = fft.dct(np.eye(8), norm="ortho", axis=0)
    np.testing.assert_allclose(dct.forward_matrix() / (2**13 * 8**0.5), orthonormal, atol=1e-4)
    np.testing.assert_allclose(dct.inverse_matrix() / (2**13 * 8**0.5), orthonormal.T, atol=1e-4)
    for matrix in (dct.forward_matrix(), dct.inverse_matrix()):
        assert bool((matrix == matrix.round()).all())
