"""Work on jobs and hosts for which nobody waits, a slice of it."""

from collections.abc import Callable
from typing import Any

from crawler.frontier import work as kinds
from crawler.frontier.sql.lists import meaning, passes, retiring, weighing
from crawler.frontier.sql.lists.retiring import check_owner
from crawler.frontier.sql.rows.slices import Slice
from crawler.frontier.sql.visits import budget_passes, clock, jobs, leading, paces, refitting
from crawler.frontier.work import Tidied, Work

_WITHIN: dict[type[Work[Any]], Callable[[Slice, Any], Tidied[Any]]] = {
    kinds.CountDown: passes.count_down,
    kinds.Retire: retiring.retire,
    kinds.Weigh: weighing.weigh,
    kinds.Apply: weighing.apply,
    kinds.Understand: meaning.understand,
    kinds.Wake: jobs.wake,
    kinds.BringBack: clock.bring_back,
    kinds.LeadOn: leading.lead_on,
    kinds.Reckon: budget_passes.reckon,
}
"""What is done within one transaction."""
_STAGED: dict[type[Work[Any]], Callable[[Slice, Any], Tidied[Any]]] = {
    kinds.Refit: refitting.refit,
    kinds.Rests: paces.rests,
}
"""What begins its transaction itself, and reads when that is over."""


def tidy(one: Slice, work: Work[Any]) -> Tidied[Any]:
    """Do a slice of what the class of the work says."""
    if staged := _STAGED.get(type(work)):
        return staged(one, work)
    with one.file.locked():
        check_owner(one.db, one.owner)
        return _WITHIN[type(work)](one, work)
