"""The verbs that tell processes something once: stop, and reload."""
