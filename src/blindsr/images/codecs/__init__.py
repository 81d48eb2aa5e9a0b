"""Codecs: what single file formats need beyond libvips and Pillow."""
