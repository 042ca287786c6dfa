"""Tables of a state file that say where URLs are listed, and what was read of that."""

LISTS = """\
CREATE TABLE source (                      -- where a job's URLs are listed
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again, see Pass
    job INTEGER NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL DEFAULT '',      -- what was read to its end, as its server or file says
    listed INTEGER NOT NULL DEFAULT 0,
    bad INTEGER NOT NULL DEFAULT 0,
    synced_at REAL,
    reader INTEGER,                        -- the process that reads it
    pass INTEGER NOT NULL DEFAULT 0,       -- grows with every reading
    read_by INTEGER,                       -- the process that read it to its end last
    filtered INTEGER NOT NULL DEFAULT 0,   -- URLs on its lines that its job left out
    filter_mark TEXT NOT NULL DEFAULT '',  -- a mark of what left them out; '' for nothing
    UNIQUE (job, name)
) STRICT;
CREATE INDEX source_synced ON source (job, synced_at, filtered);

CREATE TABLE chunk (                       -- a run of lines of a source
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL,
    anchor INTEGER NOT NULL,               -- of its last line
    key INTEGER NOT NULL,                  -- of all its lines
    bad INTEGER NOT NULL,
    fingerprints BLOB NOT NULL,            -- of the URLs on them, 8 bytes each
    filtered INTEGER NOT NULL DEFAULT 0,   -- URLs on them that its job left out
    UNIQUE (source, anchor)
) STRICT;

CREATE TABLE dropped (                     -- URLs that changed chunks named, see passes.py
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL,
    fingerprints BLOB NOT NULL
) STRICT;
CREATE INDEX dropped_source ON dropped (source);

CREATE TABLE unlisted (                    -- URLs on no line any more, see retiring.py
    job INTEGER NOT NULL,
    fingerprint INTEGER NOT NULL,
    PRIMARY KEY (job, fingerprint)
) STRICT, WITHOUT ROWID;
"""
