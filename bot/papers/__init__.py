"""What is known about papers: identifiers, TeX, the taxonomy. Pure."""
