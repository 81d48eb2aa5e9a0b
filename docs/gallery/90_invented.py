"""When not to use it: too little is left.

Strong blur, noise and JPEG quality 15: windows turn into smooth walls, or into patterns that were never there.
"""

import torch
from PIL import Image

import blindsr
from blindsr.degrade import Degradation
from blindsr.degrade.kernels import gaussian

clean = blindsr.read("examples/city.jpg").pixels[None, :, 96:, :480]
damage = Degradation(
    scale=4,
    kernels=gaussian(21, 3.0)[None],
    noise=torch.tensor([20.0]),
    jpeg=torch.tensor([15]),
    seeds=torch.tensor([0]),
)
photo = Image.fromarray((damage.apply(clean)[0].permute(1, 2, 0) * 255).round().byte().numpy())
sr = blindsr.load("cmdsr_x4.photo", detail=0.3).upscale(photo)
width, height = 4 * photo.width, 4 * photo.height
photo.resize((width, height), Image.Resampling.BICUBIC).save("before.webp", quality=88)
blindsr.write(sr, "after.webp", quality=88)
