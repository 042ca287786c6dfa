"""The process around the crawler: its limits, its garbage, its log, and how it ends."""

import gc
import os
import resource
import sys
import time
from contextlib import suppress

from crawler.config import Settings
from crawler.daemon.account import stopped_fields
from crawler.daemon.app import App
from crawler.daemon.disk import Start
from crawler.daemon.hub_errors import quiet_hub
from crawler.daemon.log_controls import DaemonLog, check_log
from crawler.daemon.mailbox import Mailbox
from crawler.daemon.opening import StoppedError
from crawler.errors import ConfigError, CrawlerError, LeaseLostError
from crawler.frontier import load_engine
from crawler.log import Log, open_log
from crawler.policy.pressure import wanted_descriptors
from crawler.worker.pool import end_is_handled

FORCED_EXIT = 3
LOG_FLUSH_S = 0.3
"""Seconds that the log has for its last lines when the process ends."""
SWITCH_S = 0.0005
"""How long a native thread may keep the interpreter from others that wait for it, in seconds."""
GC_THRESHOLD = 10_000
"""Objects made minus objects freed between two looks for garbage."""


def run(settings: Settings, start: Start, *, until_done: bool = False) -> int:
    """Run the daemon with a log of its own; return the exit code: 0, 1 or FORCED_EXIT.

    Raises:
        CrawlerError: the daemon failed; the log has the cause.
    """
    options = settings.crawler
    load_engine(options.state)
    own = DaemonLog(options)
    log = own.log
    quiet_hub(log, end_is_handled)
    began = time.monotonic()
    try:
        check_log(options.log)
        raise_descriptors(settings.crawler.concurrency, log)
        tune_interpreter()
        app, forced = _run(settings, start, own, until_done=until_done)
    except StoppedError:
        log.info("daemon.stopped", **stopped_fields(began))
        return 0
    except CrawlerError as error:
        log.error("daemon.failed", cause=str(error))  # noqa: TRY400  the cause is for operators
        raise
    except Exception as error:
        log.error("daemon.failed", cause=repr(error), exc_info=error)  # noqa: TRY400
        raise CrawlerError(f"the daemon failed: {error!r}; its log has the details") from error
    else:
        for name, (why, urls) in app.done.locked_out.items():
            log.error("login.given_up", job=name, reason=why, urls=urls)
        log.info("daemon.stopped", **stopped_fields(began, app.tally, forced=forced))
        incomplete = until_done and (app.seeder.failed > 0 or bool(app.done.locked_out))
        return FORCED_EXIT if forced else int(incomplete)
    finally:
        own.close(LOG_FLUSH_S)


def _run(settings: Settings, start: Start, own: DaemonLog, *, until_done: bool) -> tuple[App, bool]:
    """Run the crawler; return it, and whether its end was forced.

    Where another process took this one for dead (the machine slept, or was cut off from its
    server for longer than a lease), it drops what it held and joins the ledger anew.
    """
    mailbox = Mailbox()
    while True:
        with App(
            settings,
            own.log,
            start=start,
            until_done=until_done,
            controls=own.controls(),
            mailbox=mailbox,
        ) as app:
            try:
                return app, app.run()
            except LeaseLostError as error:
                if mailbox.stop_asked:
                    raise
                own.log.warning("lease.lost", cause=str(error), next="joins the ledger anew")
                settings = app.settings
        mailbox.forget_ended()


def raise_descriptors(concurrency: int, log: Log) -> None:
    """Raise this process's limit of descriptors to the machine's, and warn where that is low.

    More idle connections are kept where there is room for more (`transport.idle`).
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    wanted = wanted_descriptors(concurrency)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        log.warning("descriptors.few", limit=soft, wanted=wanted)


def tune_interpreter() -> None:
    """Have Python look for garbage less often, and its threads take turns more often.

    A visit leaves hardly any garbage: Python's own frequency takes 3 % of the CPU time. The event
    loop gives the interpreter away with every call of the system, some six times a visit, and waits
    for every native thread that is at work: on lists, robots.txt, files and the ledger.
    """
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 20)
    sys.setswitchinterval(SWITCH_S)


def log_rejected(error: ConfigError) -> None:
    """Write the problems of a configuration to the log as well, unless it is a terminal."""
    if not os.isatty(1):
        log, lines = open_log("info", "json")
        log.come_from(0)
        log.error("config.rejected", problems=[str(problem) for problem in error.problems])
        lines.close(LOG_FLUSH_S)
