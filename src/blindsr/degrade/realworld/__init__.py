"""Degradations of several steps, as photographs go through, for whole batches."""
