"""Inference in runtimes other than torch: graphs, reduced precision, and sessions."""
