"""When not to use it: faces.

A face two dozen pixels wide, compressed, and restored with `detail=1`. New lines and shadows make her look like another
person. Do not recognise people by a result.
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
