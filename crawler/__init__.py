"""crawlerd: URL lists in YAML become whole files on disk, by a gevent daemon under supervisord."""

from crawler import early_signals as early_signals  # before all else, for it takes a while

from crawler import plugins  # isort: skip
from gevent import monkey  # isort: skip

with plugins.asked_for():
    monkey.patch_all()

__version__ = "0.1.0"
