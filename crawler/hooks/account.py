"""What log, metrics and the row of the process hear of deliveries."""

from collections.abc import Callable, Collection, Sequence

from crawler.frontier.outbox import HookTerms, Told, Waiting
from crawler.hooks.hook import Hook
from crawler.log import Log

DELIVERED, FAILED, GIVEN_UP, DROPPED = "delivered", "failed", "given_up", "dropped"
"""What may become of an event: `failed` is a delivery that will be tried again."""


class Account:
    """Tells of deliveries; `count` gets a job, a word and a number, `stands` a name and a trouble.

    A hook that fails is told once, and once more when it is well again.
    """

    def __init__(
        self,
        log: Log,
        count: Callable[[str, str, int], None],
        stands: Callable[[str, str], None],
    ) -> None:
        self._log = log
        self._count = count
        self._stands = stands
        self._failing: dict[int, tuple[str, int]] = {}
        """Names of the troubles of hooks that fail, and how often in a row, by their numbers."""

    def failures(self, hook: Hook) -> int:
        """Return how often a hook has failed in a row, as this process has seen."""
        return self._failing.get(hook.terms.id, ("", 0))[1]

    def told(self, hook: Hook, waiting: Sequence[Waiting], told: Told) -> None:
        """Tell what came of a delivery."""
        terms = hook.terms
        for word, number in (
            (DELIVERED, len(told.delivered)),
            (FAILED, len(told.failed)),
            (GIVEN_UP, len(told.given_up)),
        ):
            if number:
                self._count(terms.job, word, number)
        ids = {one.number: one for one in waiting}
        for number in told.given_up:
            one = ids[number]
            self._log.error(
                "hook.given_up", job=terms.job, hook=terms.name, event_id=one.id,
                attempts=one.attempts + 1, cause=told.reason,
            )  # fmt: skip
        if told.reason:
            self._note_failure(terms, told.reason)
        elif told.delivered:
            self._note_success(terms)

    def trimmed(self, terms: HookTerms, number: int) -> None:
        """Tell of events that were given up since too many wait."""
        self._count(terms.job, GIVEN_UP, number)
        cause = "too many events wait"
        self._log.error("hook.given_up", job=terms.job, hook=terms.name, events=number, cause=cause)

    def dropped(self, terms: HookTerms, number: int) -> None:
        """Tell of a hook that the configuration has no more, and of what waited for it."""
        self._forget(terms.id)
        if number:
            self._count(terms.job, DROPPED, number)
        self._log.warning("hook.dropped", job=terms.job, hook=terms.name, events=number)

    def keep(self, hooks: Collection[int]) -> None:
        """Forget hooks that are none of these."""
        for number in self._failing.keys() - set(hooks):
            self._forget(number)

    def _note_failure(self, terms: HookTerms, reason: str) -> None:
        name, failures = self._failing.get(terms.id, (f"hook {terms.id}", 0))
        self._failing[terms.id] = name, failures + 1
        self._stands(name, f"hook {terms.name} of {terms.job} fails: {reason}")
        if not failures:
            self._log.warning("hook.failed", job=terms.job, hook=terms.name, cause=reason)

    def _note_success(self, terms: HookTerms) -> None:
        if terms.id in self._failing:
            self._forget(terms.id)
            self._log.info("hook.resumed", job=terms.job, hook=terms.name)

    def _forget(self, number: int) -> None:
        name, _ = self._failing.pop(number, ("", 0))
        if name:
            self._stands(name, "")
