"""Separation of degradations by the representations of images (MRDA, Figures 7 and 8; CMDSR, Figure 6).

The same images are degraded in different ways. If their representations are close to those of other images with the
same degradation, the method represents the degradation and not the content.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from blindsr import images
from blindsr.contract import Method
from blindsr.degrade import kernels
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate.definition import degradation
from blindsr.evaluate.folder import DataSet
from blindsr.inference.upscaler import Upscaler
from blindsr.reproduce.drawings.figure import blank, save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_KERNEL = 21


@dataclass(frozen=True)
class Representations:
    """Representations, a row for each image and degradation."""

    vectors: Tensor
    """``(n, d)``."""
    labels: Tensor
    """Index of the degradation in ``names``, ``(n,)``."""
    names: tuple[str, ...]
    """Labels of the degradations."""

    def neighbours_agree(self, k: int = 5) -> float:
        """Return the leave-one-out accuracy of a k-nearest-neighbour vote (Euclidean distance), 0 to 1.

        Raises:
            BlindSRError: there are too few representations.
        """
        if k >= len(self.vectors):
            raise BlindSRError(f"{k} neighbours are more than {len(self.vectors)} representations", Code.TOO_SMALL)
        distance = torch.cdist(self.vectors.double(), self.vectors.double()).fill_diagonal_(torch.inf)
        nearest = self.labels[distance.topk(k, largest=False).indices]
        votes = torch.nn.functional.one_hot(nearest, len(self.names)).sum(1)
        return float((votes.argmax(1) == self.labels).double().mean())


def represent(upscaler: Upscaler, data: DataSet, widths: Sequence[float], noise: float = 0.0) -> Representations:
    """Estimate the representation of every image under isotropic blurs of several widths.

    Args:
        upscaler: a model whose condition can be packed.
        data: HR images.
        widths: standard deviations of the blur, HR pixels.
        noise: standard deviation of the noise, 0 to 255.
    """
    vectors, labels = [], []
    for path in data.paths:
        hr = images.modcrop(images.read(path).pixels, upscaler.scale)[None]
        for label, width in enumerate(widths):
            kernel = kernels.gaussian(_KERNEL, width)
            (record,) = degradation(f"width-{width:g}", path.stem, scale=upscaler.scale, kernel=kernel, noise=noise)
            vectors.append(packed(upscaler.method, upscaler.condition(record.apply(hr))))
            labels.append(label)
    return Representations(torch.stack(vectors), torch.tensor(labels), tuple(f"width {width:g}" for width in widths))


def packed(method: Method[Any], condition: Any) -> Tensor:
    """Flatten a condition to a vector."""
    return torch.cat([values.flatten().float().cpu() for values in method.pack(condition).values()])


def draw(found: Representations, path: Path, *, overwrite: bool = True) -> None:
    """Draw a t-SNE of the representations to a PNG, PDF or SVG file, atomically.

    Raises:
        BlindSRError: matplotlib or scikit-learn is not installed, there are too few representations, or the file
            cannot be written.
    """
    figure = blank(5, 5)
    scatter(found, figure.add_subplot())
    save_figure(figure, path, overwrite=overwrite)


def scatter(found: Representations, axes: "Axes") -> None:
    """Draw a t-SNE of the representations, coloured by degradation.

    Raises:
        BlindSRError: scikit-learn is not installed, or too few representations.
    """
    try:
        from sklearn.manifold import TSNE
    except ImportError:
        raise BlindSRError(
            "plotting requires matplotlib and scikit-learn: pip install 'blindsr[plot]'", Code.MISSING_DEPENDENCY
        ) from None
    if len(found.vectors) < 4:
        raise BlindSRError(
            f"{len(found.vectors)} representations are too few to plot; use more images or widths", Code.TOO_SMALL
        )
    perplexity = min(30.0, (len(found.vectors) - 1) / 3)
    flat = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(found.vectors.numpy())
    for label, name in enumerate(found.names):
        rows = (found.labels == label).numpy()
        axes.scatter(flat[rows, 0], flat[rows, 1], s=12, label=name)
    axes.set(xticks=[], yticks=[])
    axes.legend(fontsize="small", loc="upper center", bbox_to_anchor=(0.5, 0), ncols=2)
