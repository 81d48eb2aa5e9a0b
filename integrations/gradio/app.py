"""A Gradio Space that restores a photograph with blindsr."""

import json
import tempfile
from pathlib import Path
from typing import Any

import gradio

import blindsr
from blindsr import weights
from blindsr.errors import BlindSRError

LARGEST = 2_000_000
"""Maximum size of a photograph, pixels."""


def restore(photo: str | None, model: str, strength: float, progress: Any = None) -> tuple[str, str]:
    """Restore a file; return the path of the result, and the findings as JSON.

    Raises:
        gradio.Error: there is no photograph, it is too large, or it cannot be restored.
    """
    if photo is None:
        raise gradio.Error("choose a photograph")
    try:
        picture = blindsr.read(photo)
        if picture.width * picture.height > LARGEST:
            raise gradio.Error(f"choose a photograph of at most {LARGEST / 1e6:g} megapixels")
        target = Path(tempfile.mkdtemp()) / f"{Path(photo).stem}_restored.png"
        options = blindsr.Options(model=model, strength=strength, report=True)
        outcome = blindsr.restore_file(photo, target, options, progress=progress)
    except BlindSRError as error:
        raise gradio.Error(str(error)) from None
    return str(target), json.dumps({"seconds": round(outcome.seconds, 2), **outcome.findings}, indent=2)


def page() -> Any:
    """Create the page."""
    with gradio.Blocks(title="blindsr") as blocks:
        gradio.Markdown("# blindsr\nRestores photographs whose blur, noise and compression are unknown.")
        with gradio.Row():
            photo = gradio.Image(type="filepath", label="Photograph")
            result = gradio.Image(type="filepath", label="Result")
        model = gradio.Dropdown(["auto", *weights.available()], value="auto", label="Model")
        strength = gradio.Slider(0, 1, 1, label="Strength")
        found = gradio.Code(language="json", label="Findings")
        gradio.Button("Restore", variant="primary").click(restore, [photo, model, strength], [result, found])
    return blocks


if __name__ == "__main__":
    page().launch()
