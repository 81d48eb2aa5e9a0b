"""From the inputs that a user names to pairs of a source and a target."""
