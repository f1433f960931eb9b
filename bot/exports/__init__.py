"""What can be taken out: bibliographies, tables, the reference format, feeds. Pure."""
