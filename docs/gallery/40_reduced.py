"""A clean, reduced photograph.

Flowers, reduced with a good filter and not compressed. For such images, `cmdsr_x4.bicubic` is better than
`cmdsr_x4.photo`.
"""

from PIL import Image

import blindsr

clean = Image.open("examples/flowers.jpg").crop((96, 0, 576, 480))
photo = clean.resize((120, 120), Image.Resampling.BICUBIC)
sr = blindsr.load("cmdsr_x4.bicubic").upscale(photo)
width, height = 4 * photo.width, 4 * photo.height
photo.resize((width, height), Image.Resampling.BICUBIC).save("before.webp", quality=88)
blindsr.write(sr, "after.webp", quality=88)
