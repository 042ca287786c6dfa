"""The guards of a daemon: they look at its machine and at itself, before something fails."""

from crawler.daemon.guards.guards import Guards

__all__ = ["Guards"]
