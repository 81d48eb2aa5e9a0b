"""Building blocks of networks that several papers share."""
