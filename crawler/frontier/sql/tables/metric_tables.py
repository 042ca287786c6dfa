"""Tables of a state file that measure the crawler: no visit depends on them."""

METRICS = """
CREATE TABLE counter (                     -- sums that never fall, of processes that are no more
    metric TEXT NOT NULL,                  -- see frontier/metrics.py
    job TEXT NOT NULL,                     -- '': of none, or of jobs that are gone
    label TEXT NOT NULL,                   -- a kind, or an upper edge of a histogram
    n REAL NOT NULL,
    PRIMARY KEY (metric, job, label)
) STRICT, WITHOUT ROWID;
CREATE TABLE counted (                     -- the same of those that live, since each has joined
    process INTEGER PRIMARY KEY,
    sums TEXT NOT NULL                     -- rows of `counter`, as JSON
) STRICT;

CREATE TABLE sample (                      -- how the crawler was, two rings, see sampling.py
    step INTEGER NOT NULL,                 -- seconds between two samples
    slot INTEGER NOT NULL,                 -- in the ring of that step
    at REAL NOT NULL,
    processes INTEGER NOT NULL,
    in_flight INTEGER NOT NULL,            -- visits under way
    waiting INTEGER NOT NULL,              -- URLs due now or later
    lag REAL NOT NULL,                     -- longest of the event loops
    bytes REAL NOT NULL,                   -- of bodies, so far
    visits TEXT NOT NULL,                  -- so far, by kind, as JSON
    PRIMARY KEY (step, slot)
) STRICT, WITHOUT ROWID;
"""
