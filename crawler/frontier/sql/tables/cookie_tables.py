"""The table of a state file that has the cookies which jobs keep."""

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
"""
