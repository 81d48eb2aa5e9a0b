"""What studies draw, and single figures of a model for `blindsr inspect`."""
