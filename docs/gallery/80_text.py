"""When not to use it: small text.

The large letters on the blue pencil can still be read. The digits on the green one are two or three pixels high in the
input: they get sharper, but not readable, and may turn into others. Never read letters or numbers from a result.
"""

from PIL import Image

import blindsr

clean = Image.open("examples/pens_iso3200.jpg").crop((100, 160, 420, 480))
photo = clean.resize((107, 107), Image.Resampling.BICUBIC)
sr = blindsr.load("cmdsr_x4.photo", detail=0.3).upscale(photo)
width, height = 4 * photo.width, 4 * photo.height
photo.resize((width, height), Image.Resampling.BICUBIC).save("before.webp", quality=88)
blindsr.write(sr, "after.webp", quality=88)
