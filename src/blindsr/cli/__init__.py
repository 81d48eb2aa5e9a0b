"""The command line: parse, import what is needed, hand over."""
