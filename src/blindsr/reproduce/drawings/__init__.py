"""Figures of studies, and figures of a model for `blindsr inspect`."""
