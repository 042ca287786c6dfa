"""Tables of a state file that only tell what happens: no visit depends on them."""

ACCOUNTS = """\
CREATE TABLE failure (                     -- visits that failed, by host and cause
    host INTEGER NOT NULL,
    cause TEXT NOT NULL,                   -- see causes.cause_of
    n INTEGER NOT NULL,                    -- since first_at
    first_at REAL NOT NULL,
    last_at REAL NOT NULL,
    url TEXT NOT NULL,                     -- of the last one, like the reason
    reason TEXT NOT NULL,
    PRIMARY KEY (host, cause)
) STRICT, WITHOUT ROWID;
CREATE INDEX failure_last ON failure (last_at);

CREATE TABLE looked (                      -- when somebody looked at what is under way
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at REAL NOT NULL
) STRICT;
CREATE TABLE under_way (                   -- the oldest visits of each process, while one looks
    process INTEGER NOT NULL,
    n INTEGER NOT NULL,
    url TEXT NOT NULL,
    job TEXT NOT NULL,
    began_at REAL NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (process, n)
) STRICT, WITHOUT ROWID;
"""
