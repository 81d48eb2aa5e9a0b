"""Building blocks of networks that several methods share."""
