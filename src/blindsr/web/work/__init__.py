"""Worker processes; the only part of the server that loads torch and decodes images."""
