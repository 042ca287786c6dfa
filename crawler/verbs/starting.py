"""The verb `run`: from a configuration to its daemon."""

from pathlib import Path

from crawler import config
from crawler.daemon import process as daemon
from crawler.daemon.disk import Start
from crawler.daemon.service_manager import service_manager
from crawler.errors import ConfigError


def run(file: Path, *, until_done: bool, new_ledger: bool, take_over: bool) -> int:
    """Run the daemon until it ends; return its exit code.

    Raises:
        ConfigError: the configuration is wrong, which the log says too.
    """
    try:
        settings = config.load(file)
    except ConfigError as error:
        daemon.log_rejected(error)
        raise
    manager = service_manager()
    start = Start(file.absolute(), manager, new_ledger=new_ledger, take_over=take_over)
    return daemon.run(settings, start, until_done=until_done)
