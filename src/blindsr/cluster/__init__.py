"""Restoration of images on the machines of a Ray cluster."""
