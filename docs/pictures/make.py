"""Make the picture of README: python docs/pictures/make.py."""

from pathlib import Path

from PIL import Image

import blindsr

HERE = Path(__file__).resolve().parent
photo = Image.open(HERE.parents[1] / "examples" / "temple_phone.png").crop((20, 30, 130, 130))
sr = blindsr.load("cmdsr_x4.photo", detail=0.3).upscale(photo)  # as `auto` does
after = Image.fromarray((sr.pixels.permute(1, 2, 0) * 255).round().byte().numpy())
both = Image.new("RGB", (2 * after.width + 8, after.height), "white")
both.paste(photo.resize(after.size, Image.Resampling.BICUBIC), (0, 0))
both.paste(after, (after.width + 8, 0))
both.save(HERE / "temple.webp", quality=86)
