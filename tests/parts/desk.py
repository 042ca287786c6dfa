"""What the tests ask of a ledger from outside, as its verbs do: all pages and slices at once."""

from collections import Counter

from crawler.frontier import Listings, StoredFiles, Wanted, changed, open_ledger, pages


def rows(desk, query):
    """All that a query asks for."""
    return [row for page in pages(desk, query) for row in page]


def number(desk, action, now):
    """How many URLs a change was for."""
    return changed(desk, action, now).total()


def change(file, action, now):
    """Make a change to a ledger by its file, as a verb does; return its sums."""
    with open_ledger(file, write=not getattr(action, "dry", False)) as desk:
        return changed(desk, action, now)


def sums(file, now=None):
    with open_ledger(file) as desk:
        return desk.sums(now)


def unfinished(desk):
    """The URLs of active jobs that wait or are leased."""
    found = rows(desk, Wanted(states=("waiting", "leased")))
    return [entry for entry in found if entry.active]


def times_listed(desk):
    """How often URLs are listed, by kind of their last visit; '' for unfinished."""
    found = Counter()
    for one in rows(desk, Listings()):
        found[one.kind] += one.times
    return dict(found)


def stored(desk):
    return rows(desk, StoredFiles())
