"""Differentiable perceptual distances, with weights from files given by the user: LPIPS and DISTS."""

from blindsr.nn.perceptual.alexnet import AlexNet
from blindsr.nn.perceptual.dists import DISTS
from blindsr.nn.perceptual.lpips import LPIPS
from blindsr.nn.perceptual.vgg import VGG

__all__ = ["DISTS", "LPIPS", "VGG", "AlexNet"]
