"""When not to use it: faces.

A face of two dozen pixels, compressed, with `detail=1`. The smile is gone, and lines and shadows have come that make
another person of her. Do not recognise persons by results.
"""

import io

from PIL import Image

import blindsr

clean = Image.open("examples/astronaut.jpg")
buffer = io.BytesIO()
clean.resize((80, 80), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=60)
photo = Image.open(buffer)
sr = blindsr.load("cmdsr_x4.photo", detail=1).upscale(photo)
width, height = 4 * photo.width, 4 * photo.height
photo.resize((width, height), Image.Resampling.BICUBIC).save("before.webp", quality=88)
blindsr.write(sr, "after.webp", quality=88)
