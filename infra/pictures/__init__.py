"""`make pictures`: what README.md shows, taken of the running product."""
