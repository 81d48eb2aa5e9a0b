"""An old JPEG.

A photograph of a city, reduced and saved at JPEG quality 40. Blocks and ringing around edges are removed; the
detail that the compression removed does not come back.
"""

import io

from PIL import Image

import blindsr

clean = Image.open("examples/city.jpg").crop((0, 96, 480, 576))
buffer = io.BytesIO()
clean.resize((120, 120), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=40)
photo = Image.open(buffer)
sr = blindsr.load("cmdsr_x4.photo", detail=0.3).upscale(photo)
width, height = 4 * photo.width, 4 * photo.height
photo.resize((width, height), Image.Resampling.BICUBIC).save("before.webp", quality=88)
blindsr.write(sr, "after.webp", quality=88)
