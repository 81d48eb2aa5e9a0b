"""Zoom of a phone.

A temple, photographed by a phone from far away. The blur of the lens and the sharpening by the phone are unknown.
"""

from PIL import Image

import blindsr

photo = Image.open("examples/temple_phone.png")
sr = blindsr.load("cmdsr_x4.photo", detail=0.3).upscale(photo)
width, height = 4 * photo.width, 4 * photo.height
photo.resize((width, height), Image.Resampling.BICUBIC).save("before.webp", quality=88)
blindsr.write(sr, "after.webp", quality=88)
