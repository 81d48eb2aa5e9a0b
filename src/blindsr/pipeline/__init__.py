"""From files to restored files: one, many, larger than memory, of several frames."""
