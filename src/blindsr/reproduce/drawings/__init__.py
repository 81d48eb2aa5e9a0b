"""Figures of studies, and of models for ``blindsr inspect``."""
