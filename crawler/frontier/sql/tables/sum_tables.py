"""Tables of a state file that have sums of its URLs, kept in every transaction."""

SUMS = """\
CREATE TABLE tally (                       -- what has become of URLs
    job INTEGER NOT NULL,
    kind TEXT NOT NULL,                    -- of `ended`; '' all known, '+' due again, 'retired'
    n INTEGER NOT NULL,
    PRIMARY KEY (job, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE leased (                      -- URLs that are leased
    process INTEGER NOT NULL,              -- the owner of their hosts
    job INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (process, job)
) STRICT, WITHOUT ROWID;
"""
