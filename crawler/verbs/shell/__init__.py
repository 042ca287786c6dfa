"""What the command line says of itself: examples, completion for shells, pages of a manual."""
