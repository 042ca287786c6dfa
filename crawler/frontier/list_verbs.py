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
        """Begin to read a source, which becomes known; None while another process reads it.

        Raises:
            LeaseLostError: the owner was taken for dead. So do all verbs of a pass, and beside it:
            PassLostError: another pass of the source has begun.
        """

    def put(self, owner: int, read: Sequence[Portion | NewList]) -> list[Synced | None]:
        """Take in what was read of lists: chunks of passes, or short lists of new jobs as a whole.

        Nothing is taken away before `end_pass`. None stands for a list of a job that is known by
        now: it is to be read in a pass. The caller bounds the number of URLs.
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
        chunks lost are taken away first, a slice a call: it returns the cursor to go on from, and
        None when the pass has ended. Else all stays, to be taken away by a later pass. A source
        that holds nothing is forgotten.
        """
