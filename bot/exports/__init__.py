"""What can be taken out: the reference format and JSON lines. Pure."""
