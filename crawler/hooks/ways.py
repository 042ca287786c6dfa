"""The three ways in which hooks are told: a web server, a program, a function."""

from collections.abc import Sequence
from pathlib import Path

from crawler.frontier.outbox import Waiting
from crawler.hooks import calls, posting, programs
from crawler.hooks.hook import Hook
from crawler.hooks.results import Result


class AllWays:
    """Tells hooks in their way; modules of functions may lie in a folder."""

    def __init__(self, folder: Path) -> None:
        self._posts = posting.Posts()
        self._calls = calls.Calls(folder)

    def number(self, hook: Hook, *, failing: bool) -> int:
        """Return how many events a delivery takes: one, where it is to show if a server is back."""
        if hook.options.run is not None:
            return programs.MAX_EVENTS
        if failing:
            return 1
        return calls.MAX_EVENTS if hook.options.call is not None else posting.MAX_EVENTS

    def deliver(self, hook: Hook, waiting: Sequence[Waiting]) -> Result:
        """Tell a hook of events."""
        if hook.options.run is not None:
            return programs.deliver(hook, waiting)
        if hook.options.call is not None:
            return self._calls.deliver(hook, waiting)
        return self._posts.deliver(hook, waiting)
