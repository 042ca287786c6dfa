"""The web server beside the daemon: one page, the answers and acts of the verbs, and metrics."""
