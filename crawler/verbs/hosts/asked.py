"""What is asked of us for a host: its delays and by whom, and its robots.txt."""

from crawler.config.quantities import duration
from crawler.frontier.hosts import HostLine, Rules
from crawler.frontier.wishes import Scope, Verb
from crawler.model import Seconds
from crawler.verbs.hosts.state import Look
from crawler.verbs.words import span

ROBOTS, SET, CONFIGURED, RETRY_AFTER = "robots.txt", "set", "configuration", "Retry-After"
"""Who asks for a delay: the host by its file, an operator, the configuration, the host once."""
_USUAL = frozenset({None, 200, 404, 410})


def delays(line: HostLine, look: Look) -> dict[str, Seconds]:
    """Return the delays that are asked for, in seconds, by who asks; the longest one first.

    What the configuration asks for by `hosts` or by `adaptive` shows in the delay in force alone.
    """
    host, found = line.state, {}
    if line.obeys and host.crawl_delay:
        found[ROBOTS] = host.crawl_delay
    who, value = _configured(line, look)
    calm = host.gap if host.backoff < host.gap else 0.0
    if calm > max(value, *found.values(), 0.0) or (who == CONFIGURED and 0.0 < calm < value):
        who, value = CONFIGURED, calm
    found[who] = value
    if host.put_off_until > look.now:
        found[RETRY_AFTER] = host.put_off_until - look.now
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _configured(line: HostLine, look: Look) -> tuple[str, Seconds]:
    """Return what the configuration asks for, or what is set above that."""
    own, others = _set(line.state.key, look)
    if own:
        return SET, own[-1]
    return SET if line.configured in others else CONFIGURED, line.configured


def _set(key: str, look: Look) -> tuple[list[Seconds], list[Seconds]]:
    """Return the delays that are set for a host, and those for all or for jobs."""
    found = [one for one in look.wishes if one.verb is Verb.SET and one.option == "delay"]
    names = {key, key.rpartition(":")[0]}
    own = [one for one in found if one.subject.scope is Scope.HOST]
    mine = [duration(one.value) for one in own if one.subject.name in names]
    return mine, [duration(one.value) for one in found if one not in own]


def longest(line: HostLine, look: Look) -> str:
    """Return the longest delay that is asked for, and by whom: `10 s robots.txt`; '' for none."""
    who, value = next(iter(delays(line, look).items()))
    return f"{span(value)} {who}" if value else ""


def rules_word(line: HostLine, look: Look) -> str:
    """Return what is known of a host's robots.txt: `rules, 3 h old`."""
    if not line.obeys:
        return "ignored"
    if line.robots is None:
        return "asked for" if line.state.gated(look.now) else "not known"
    return _known(line.robots, look.now)


def _known(found: Rules, now: Seconds) -> str:
    if found.until <= now:
        return f"not fetched{_status(found)}"
    if found.none_allowed:
        return f"given up{_status(found)}"
    age = span(max(0, round(now - found.fetched_at)))
    return f"{'rules' if found.bytes else f'none{_status(found)}'}, {age} old"


def _status(found: Rules) -> str:
    return "" if found.status in _USUAL else f" ({found.status})"
