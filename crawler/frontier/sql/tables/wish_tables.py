"""The tables of a state file that have what an operator wishes; `schema` has the others."""

WISHES = """
CREATE TABLE wish (                        -- what an operator wishes, as long as it stands
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    verb TEXT NOT NULL,                    -- see wishes.Verb
    scope TEXT NOT NULL,                   -- all, job, host
    subject TEXT NOT NULL,                 -- '', job.name, host.key; name: for every port
    option TEXT NOT NULL,                  -- that is set, with its value as JSON; else ''
    value TEXT NOT NULL,
    who TEXT NOT NULL,
    machine TEXT NOT NULL,
    why TEXT NOT NULL,
    made_at REAL NOT NULL,
    until REAL,                            -- it is taken back then; NULL: not by itself
    UNIQUE (verb, scope, subject, option)
) STRICT;

CREATE TABLE budget (                      -- of jobs that have one, see budgets.py
    job INTEGER PRIMARY KEY,
    max_bytes INTEGER,                     -- NULL: any
    max_time REAL,
    max_urls INTEGER,
    schedule TEXT NOT NULL,                -- as JSON; '': its pass ends with its lists
    bytes INTEGER NOT NULL DEFAULT 0,      -- spent in this pass
    urls INTEGER NOT NULL DEFAULT 0,
    began_at REAL,                         -- of this pass; NULL: it has not begun
    ends_at REAL                           -- NULL: not known yet, or with its lists
) STRICT;

CREATE TABLE woken (                       -- hosts whose failures count no more, see woken.py
    host INTEGER PRIMARY KEY,
    number INTEGER NOT NULL,               -- ledger.wishes, for owners that have not heard
    forced INTEGER NOT NULL                -- whether what the host asked for counts no more either
) STRICT;

CREATE TABLE ordered (                     -- what processes are told once
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    process INTEGER NOT NULL,              -- void once that is no more
    verb TEXT NOT NULL,                    -- see wishes.Order
    who TEXT NOT NULL,
    machine TEXT NOT NULL,
    made_at REAL NOT NULL,
    heard_at REAL                          -- NULL: not yet
) STRICT;
CREATE INDEX ordered_process ON ordered (process);
"""
