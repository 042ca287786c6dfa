"""The names of all events of the log, for options that name one; a test holds them to the code."""

from difflib import get_close_matches

_SERVICES = (
    "feeder",
    "hearing",
    "hooks",
    "keeper",
    "leading",
    "leaser",
    "logins",
    "saying",
    "seeder",
    "setting",
    "settler",
    "waking",
    "worker",
)
EVENTS = frozenset(
    f"""
    visit progress visit.bug greenlet.failed descriptors.few signal.ignored
    daemon.ready daemon.draining daemon.drained daemon.stopped daemon.waiting daemon.failed
    daemon.paused daemon.resumed
    config.rejected config.postponed config.reloaded config.outdated
    job.synced job.failed job.capped job.uncapped
    list.failed list.unended list.shrunk list.elsewhere list.filtered list.renewed list.unchecked
    files.removed
    wish.heard wish.ended wish.passed_over order.heard wish.unheard
    inbox.failed inbox.passed_over url.bad cookie.bad url.reclaimed url.died
    urls.led_on
    login.made login.ended login.failed login.given_up
    proxy.failed proxy.found clock.doubted clock.moved host.rested host.unwanted
    hook.failed hook.resumed hook.given_up hook.dropped lease.lost lease.reclaimed
    lease.released ledger.new ledger.taken_over ledger.busy ledger.free ledger.waiting
    ledger.migrating ledger.migrated output.lost output.found
    room.short room.enough memory.full visits.fewer visits.restored
    worker.abandoned visit.overdue process.stalled stacks.dumped hub.blocked
    log.dropped log.failed log.resumed log.reopened
    web.ready web.acted web.logged_in web.refused web.failed web.token_read web.token_kept
    web.stopped
    {" ".join(f"{one}.restarted {one}.paused {one}.resumed" for one in _SERVICES)}
    """.split()
)


def event_name(text: str) -> str:
    """Return the name of an event.

    Raises:
        ValueError: there is none of that name.
    """
    if text in EVENTS:
        return text
    near = get_close_matches(text, sorted(EVENTS), 3)
    hint = f"; is it {' or '.join(near)}?" if near else "; docs/log.md lists them"
    raise ValueError(f"is no event of the log{hint}")
