"""crawlerd: URL lists in YAML become whole files on disk, by a gevent daemon under supervisord."""

from gevent import monkey

monkey.patch_all()

__version__ = "0.1.0"
