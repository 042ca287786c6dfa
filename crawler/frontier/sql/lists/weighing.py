"""Lists that were all read are weighed: what lost too much is held."""

from crawler.frontier.list_values import Weighed
from crawler.frontier.sql.rows.slices import Slice
from crawler.frontier.work import Apply, Tidied, Weigh
from crawler.policy.shrinking import is_loss

_LISTS = "job = ? AND name != 'urls' AND name NOT LIKE 'inbox:%'"


def weigh(one: Slice, work: Weigh) -> Tidied[Weighed]:
    """Judge a job's lists, which were all read: URLs on them now, against those applied last."""
    db, urls = one.db, work.urls
    number = one.names.job_id(db, work.job)
    counted = "listed - bad + filtered" if work.refiltered else "listed - bad"
    (before,) = db.execute(
        f"SELECT ifnull(sum({counted}), 0) FROM source WHERE {_LISTS}", (number,)
    ).fetchone()
    shown, believed = db.execute(
        "SELECT held, believed FROM job WHERE id = ?", (number,)
    ).fetchone()
    loss = work.emptied or is_loss(before, urls, work.max_shrink)
    if loss and believed and shown is not None:
        loss = is_loss(shown, urls, work.max_shrink)
    if loss and (shown, believed) != (urls, 0):
        db.execute("UPDATE job SET held = ?, believed = FALSE WHERE id = ?", (urls, number))
    return Tidied(Weighed(before, held=loss, held_before=shown is not None), None)


def apply(one: Slice, work: Apply) -> Tidied[None]:
    """Note that a job's lists were applied: nothing of them is held any more."""
    number = one.names.job_id(one.db, work.job)
    one.db.execute("UPDATE job SET held = NULL, believed = FALSE WHERE id = ?", (number,))
    return Tidied(None, None)
