"""The command line: thin, imports lazily, hands over."""
