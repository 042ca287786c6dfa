"""The guards of a daemon: they look at its machine and at itself, before something fails."""
