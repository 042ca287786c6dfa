"""Tables of a state file that have the events of which hooks are to be told, see outbox/."""

OUTBOX = """
CREATE TABLE hook (                        -- who is told of events
    id INTEGER PRIMARY KEY,                -- made of its job and its target
    job TEXT NOT NULL,                     -- its name
    name TEXT NOT NULL,                    -- for people
    failures INTEGER NOT NULL DEFAULT 0,   -- in a row
    failing_since REAL,                    -- without the steps of the clock, like the other times
    rests_until REAL NOT NULL DEFAULT 0,   -- nothing is tried before
    reason TEXT NOT NULL DEFAULT ''        -- of the last failure
) STRICT;

CREATE TABLE outbox (                      -- events that wait, or that a process is telling
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- their order
    hook INTEGER NOT NULL,
    event TEXT NOT NULL,                   -- its id, by which receivers know it
    lane INTEGER NOT NULL,                 -- order holds within it: a URL, a host, a list
    body TEXT NOT NULL,                    -- JSON
    made_at REAL NOT NULL,
    due_at REAL NOT NULL,                  -- not before
    attempts INTEGER NOT NULL DEFAULT 0,   -- that have failed
    owner INTEGER,                         -- the process that has taken it; NULL: it waits
    UNIQUE (hook, event)
) STRICT;
CREATE INDEX outbox_order ON outbox (hook, id);
CREATE INDEX outbox_lane ON outbox (hook, lane, id);
CREATE INDEX outbox_due ON outbox (hook, due_at) WHERE owner IS NULL;
CREATE INDEX outbox_owner ON outbox (owner) WHERE owner IS NOT NULL;

CREATE TABLE begun (                       -- jobs that had a visit since they were told to be over
    job INTEGER PRIMARY KEY
) STRICT;
"""
