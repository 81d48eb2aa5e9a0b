"""Noise of a camera.

A door, photographed at ISO 6400. `cmdsr_x4.photo` removes the noise and keeps the edges; fine scratches
are removed too.
"""

from PIL import Image

import blindsr

photo = Image.open("examples/door_iso6400.jpg").crop((318, 38, 462, 182))
sr = blindsr.load("cmdsr_x4.photo", detail=0.3).upscale(photo)
width, height = 4 * photo.width, 4 * photo.height
photo.resize((width, height), Image.Resampling.BICUBIC).save("before.webp", quality=88)
blindsr.write(sr, "after.webp", quality=88)
