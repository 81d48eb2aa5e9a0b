"""Perceptual distances, differentiable, with weights from files that the user names: LPIPS and DISTS."""

from blindsr.nn.perceptual.alexnet import AlexNet
from blindsr.nn.perceptual.dists import DISTS
from blindsr.nn.perceptual.lpips import LPIPS
from blindsr.nn.perceptual.vgg import VGG

__all__ = ["DISTS", "LPIPS", "VGG", "AlexNet"]
