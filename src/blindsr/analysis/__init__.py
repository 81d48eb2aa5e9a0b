"""What is wrong with a photograph, and which model suits it."""
