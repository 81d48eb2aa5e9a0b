"""Degradations of several steps, like those of photographs, for whole batches."""
