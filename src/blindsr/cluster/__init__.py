"""The pipeline on the machines of a cluster."""
