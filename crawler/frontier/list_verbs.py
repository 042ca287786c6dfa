"""The verbs of the frontier's contract that are about lists; `contract` has the others."""

from collections.abc import Sequence
from typing import Protocol

from crawler.frontier.list_values import (
    NewList,
    Pass,
    Portion,
    SourceState,
    Synced,
)


class ListVerbs(Protocol):
    """What the seeder asks of a frontier."""

    def begin_pass(self, owner: int, job: str, source: str) -> Pass | None:
        """Begin to read a source, which becomes known; None while another living process reads it.

        The owner's own pass of that source, if there is one, is lost by it: `put` and `end_pass`
        raise PassLostError for a pass after which another has begun, and do nothing. So asked again
        it begins another, of the next number. A source of a job that has got another name is read
        after `CountDown`, for which the caller cares.
        """

    def put(self, owner: int, read: Sequence[Portion | NewList]) -> list[Synced | None]:
        """Take in what was read of lists: chunks of passes, or short lists of new jobs as a whole.

        Nothing is taken away before `end_pass`. An anchor that is known gets the chunk given last,
        and what it named before stays listed until then. There is an answer for each element, in
        their order, of what this call did; None stands for a list of a job that is known by now
        (which has a source, or ever had a URL): it is to be read in a pass, or was taken in before.
        A retired URL that is named comes back as its last end left it; it waits if it had none, due
        now, or if its job has a schedule. A URL that has ended and, by `Seed.modified`, changed
        since is due as soon as it has rested for as long as it had not changed before, a day
        (`lastmod.UNCHANGED_REST_S`) at most.

        Raises:
            PassLostError: one of the passes is lost, has ended or is another owner's, and nothing
                of all was taken in.
        """

    def end_pass(
        self,
        one: Pass,
        read: SourceState | None,
        gone: Sequence[int] | None = None,
        after: int = 0,
    ) -> int | None:
        """End a pass; `read` is the source as it was read to its end, None where it was not.

        With `gone`, the anchors of chunks that the source no longer has, these and what changed
        chunks lost are taken away first, a slice a call, always of the same `gone`. Without it,
        which is not an empty one, all stays, to be taken away by a later pass; `read` becomes the
        state of the source (SourceState) only if no changed chunk has lost a URL since. A URL that
        no line names any more waits for `Retire`. A source that holds nothing is forgotten. Who
        read it to its end is the one that read it last, until somebody does not
        (`SourceState.elsewhere`).

        Raises:
            PassLostError: another pass of the source has begun.
        """
