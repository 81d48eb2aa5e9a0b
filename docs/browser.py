"""What the page of an exported model in the browser is served with: its graphs, ONNX Runtime, an example.

Nothing is committed: graphs are exported from the weights of the package, and the runtime is a package of npm.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

from blindsr import weights
from blindsr.pipeline.export import export

HERE = Path(__file__).parent
ROOT = HERE.parent
MODEL = "cmdsr_x4.photo"
RUNTIME = ROOT / "web" / "node_modules" / "onnxruntime-web" / "dist"
PARTS = ("ort.wasm.min.js", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
"""The runtime for processors alone."""
_EXAMPLE = ROOT / "examples" / "door_iso6400.jpg"
_REGION = (318, 38, 446, 166)
"""Left, top, right and bottom of the part of it that is restored on the page."""


def write_files(folder: Path) -> None:
    """Write all files to a folder; those that are newer than what they are made of stay.

    Raises:
        FileNotFoundError: the package of npm is not installed.
    """
    if not RUNTIME.is_dir():
        raise FileNotFoundError(f"{RUNTIME} is not there: run 'npm ci' in {ROOT / 'web'}")
    folder.mkdir(parents=True, exist_ok=True)
    for name in PARTS:
        if not (folder / name).is_file() or (folder / name).stat().st_mtime < (RUNTIME / name).stat().st_mtime:
            shutil.copyfile(RUNTIME / name, folder / name)
    made = folder / f"{MODEL}.json"
    if not made.is_file() or made.stat().st_mtime < weights.find_weights(MODEL).stat().st_mtime:
        export(MODEL, folder, overwrite=True)
        _write_example(folder)


def _write_example(folder: Path) -> None:
    """An image, and the condition and the result that the same graphs give in Python."""
    with Image.open(_EXAMPLE) as whole:
        photo = whole.convert("RGB").crop(_REGION)
    photo.save(folder / "example.png")
    lr = (np.asarray(photo, np.float32) / 255).transpose(2, 0, 1)[None]
    about = json.loads((folder / f"{MODEL}.json").read_text(encoding="utf-8"))
    sets, count, _, side, _ = about["encoder_input"]["shape"]
    corners = [((7 * one) % (lr.shape[2] - side), (11 * one) % (lr.shape[3] - side)) for one in range(sets * count)]
    taken = np.stack([lr[0, :, top : top + side, left : left + side] for top, left in corners])
    encoder = onnxruntime.InferenceSession(folder / f"{MODEL}.condition.onnx")
    found = encoder.run(None, {"encoder_input": taken.reshape(about["encoder_input"]["shape"])})
    restorer = onnxruntime.InferenceSession(folder / f"{MODEL}.onnx")
    (sr,) = restorer.run(None, {"lr": lr, **dict(zip(about["condition"], found, strict=True))})
    levels = (255 * sr[0].transpose(1, 2, 0).clip(0, 1)).round().astype(np.uint8)
    Image.fromarray(levels).save(folder / "example_x4.png")
