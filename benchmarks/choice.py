"""How well `auto` tells clean, sharp photographs from others, and what its choice gains.

    python benchmarks/choice.py --data BSD100/ --limit 100 [--csv choice.csv]

Crops are shrunk to a quarter, clean or degraded by known amounts, and chosen for. Gains are PSNR-Y of the weights that
the comparison decides over against the general ones, whichever was chosen.
"""

import argparse
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from table import Row, show  # stands beside this file
from torch import Tensor

from blindsr.analysis.artefacts import smoothed
from blindsr.analysis.choice import Auto
from blindsr.degrade.resample import resize
from blindsr.evaluate import metrics
from blindsr.images import Picture
from blindsr.inference.load import load

_SIDES = (256, 320, 384, 480)


def quantised(x: Tensor) -> Tensor:
    """Round to eight bits."""
    return (255 * x).round().clamp(0, 255) / 255


def reduced(hr: Tensor, blur: float = 0.0) -> Tensor:
    """Reduce a photograph to a quarter after a Gaussian blur; its width is in pixels of the result."""
    return resize(smoothed(hr, 4 * blur) if blur else hr, 0.25)


def compressed(lr: Tensor, quality: int, kind: str = "JPEG") -> Tensor:
    """JPEG or WebP, 4:2:0."""
    buffer = io.BytesIO()
    Image.fromarray((255 * lr[0]).round().byte().permute(1, 2, 0).numpy()).save(buffer, kind, quality=quality)
    return opened(buffer)


def degradations(rng: np.random.Generator) -> dict[str, Callable[[Tensor], Tensor]]:
    """Named ways from a photograph to a quarter of it; widths are pixels of the result."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
    level, width = float(rng.uniform(2, 8)), float(rng.uniform(0.6, 1.5))
    soft, grain, quality = float(rng.uniform(0.15, 0.5)), float(rng.uniform(0.4, 1.0)), int(rng.integers(50, 93))

    def noise(x: Tensor) -> Tensor:
        return torch.randn(x.shape, generator=generator)

    def coarse(x: Tensor) -> Tensor:
        made = smoothed(noise(x), grain)
        return made / made.std()

    return {
        "only reduced": reduced,
        f"noise {'below' if level < 4.5 else 'above'} 4.5": lambda hr: reduced(hr) + level / 255 * noise(reduced(hr)),
        "grain": lambda hr: reduced(hr) + level / 255 * coarse(reduced(hr)),
        f"blur {'below' if soft < 0.35 else 'above'} 0.35": lambda hr: reduced(hr, soft),
        "blur above 0.6": lambda hr: reduced(hr, width),
        "JPEG below 93": lambda hr: compressed(quantised(reduced(hr)), quality),
    }


def opened(source: Path | io.BytesIO) -> Tensor:
    """Read an image as ``(1, 3, h, w)`` in [0, 1]."""
    with Image.open(source) as image:
        return torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)[None].float() / 255


def main() -> None:
    """Choose, and print for each degradation how many went to which weights."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--limit", type=int, default=60)
    parser.add_argument("--csv", type=Path, help="write the table")
    chosen = parser.parse_args()
    rng = np.random.default_rng(0)
    paths = sorted(path for folder in chosen.data for path in folder.iterdir() if path.suffix in {".jpg", ".png"})
    auto = Auto(partial(load, device="cpu"))
    compared = [name for name, suits in auto.suited.items() if suits.compared]
    taken: dict[str, list[tuple[bool, float]]] = {}
    for path in rng.permutation(np.array(paths, dtype=object))[: chosen.limit]:
        side = int(rng.choice(_SIDES))
        hr = opened(path)[..., :side, :side]
        hr = hr[..., : hr.shape[-2] // 4 * 4, : hr.shape[-1] // 4 * 4]
        ways = degradations(rng)
        for name in ("only reduced", str(rng.choice([name for name in ways if name != "only reduced"]))):
            lr = quantised(ways[name](hr))[0]
            choice = auto.choose(Picture(lr), None)[1]
            scores = [
                float(metrics.psnr(auto.load(one)(lr[None]), hr, metrics.luma_convention(4)))
                for one in (*compared[:1], auto.general_name)
            ]
            taken.setdefault(name, []).append((choice.model in compared, scores[0] - scores[-1]))
    general = f"`{auto.general_name}`"
    rows: list[Row] = [("photographs", "taken", f"mean (least) gain over {general}, dB: taken", "left")]
    for name, found in sorted(taken.items()):
        gains = {flag: [gain for one, gain in found if one is flag] for flag in (True, False)}
        told = [f"{np.mean(of):+.2f} ({min(of):+.2f})" if of else "-" for of in gains.values()]
        rows.append((name, f"{len(gains[True])} of {len(found)}", *told))
    show(rows, chosen.csv)


if __name__ == "__main__":
    main()
