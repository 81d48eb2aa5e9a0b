"""Colour management: ICC profiles, code points, and conversion to sRGB and back."""
