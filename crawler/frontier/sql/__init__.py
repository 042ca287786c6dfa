"""The verbs of a frontier in SQL, once for all engines: each runs them on its own connection."""
