"""Tables of a state file that have the cookies which jobs keep, and their logins."""

COOKIES = """\
CREATE TABLE cookie (
    job INTEGER NOT NULL,
    jar TEXT NOT NULL,                     -- of a site, or =host, see cookie_jar.jar_name
    key INTEGER NOT NULL,                  -- of domain, path and name
    domain TEXT NOT NULL,
    wide INTEGER NOT NULL,                 -- whether it is for subdomains too
    path TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    secure INTEGER NOT NULL,
    expires REAL NOT NULL,                 -- in the past: it is gone
    set_at REAL NOT NULL,                  -- of two with one key the newer one counts
    PRIMARY KEY (job, jar, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE login (                       -- of jobs that log in
    job INTEGER PRIMARY KEY,
    made_at REAL NOT NULL DEFAULT 0,       -- when its session began; 0: there was none
    ended INTEGER NOT NULL DEFAULT 0,      -- whether it is over
    failures INTEGER NOT NULL DEFAULT 0,   -- logins in a row that led nowhere
    next_at REAL NOT NULL DEFAULT 0,       -- no login before
    reason TEXT NOT NULL DEFAULT '',       -- why the last one failed
    refused INTEGER NOT NULL DEFAULT 0,    -- whether the next one would fail as it did
    owner INTEGER                          -- the process that makes one; NULL: none does
) STRICT;
"""
