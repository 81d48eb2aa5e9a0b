"""Stands in for torchvision in tests: of all of it, spandrel imports the names in ``transforms.functional``."""
