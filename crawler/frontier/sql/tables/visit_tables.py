"""Tables of a state file that visits fill: most URLs of a long list have no row there for long."""

VISITS = """\
CREATE TABLE visited (                     -- what visits have left of a URL, and parts of them
    task INTEGER PRIMARY KEY,
    location TEXT,                         -- where a redirect led; NULL: url
    suspicion INTEGER NOT NULL DEFAULT 0,  -- of having killed the process, see reclaiming.py
    hops INTEGER NOT NULL DEFAULT 0,
    kind TEXT,                             -- of the last visit, like the next three
    status INTEGER,
    reason TEXT,
    directives TEXT,                       -- X-Robots-Tag and <meta name=robots>
    size INTEGER,                          -- of the stored file, like the next six
    etag TEXT,                             -- as its server wrote it, like the next one
    last_modified TEXT,
    unverified INTEGER NOT NULL DEFAULT 0, -- whether nothing said where it ends
    media_type TEXT,                       -- as its server said, like the next one
    charset TEXT,
    final_location TEXT,                   -- where it came from; NULL: url
    part TEXT,                             -- a body that broke off and may go on
    part_etag TEXT,
    part_modified TEXT,
    part_total INTEGER,
    success_at INTEGER,                    -- wall times in seconds
    changed_at INTEGER,                    -- when a visit last brought other content
    every REAL,                            -- seconds between visits, where they adapt
    host_asked INTEGER NOT NULL DEFAULT 0, -- whether it waits as its host asked, and not by us
    store INTEGER,                         -- where the stored file lies; NULL: in the first one
    part_store INTEGER,                    -- and the part
    cookies TEXT                           -- that redirects of this visit have set, as JSON
) STRICT;
CREATE VIEW entry AS SELECT
    task.*, visited.location, ifnull(visited.suspicion, 0) AS suspicion,
    ifnull(visited.hops, 0) AS hops, visited.kind, visited.status, visited.reason,
    visited.directives, visited.size, visited.etag, visited.last_modified,
    ifnull(visited.unverified, 0) AS unverified, visited.media_type, visited.charset,
    visited.final_location, visited.part, visited.part_etag, visited.part_modified,
    visited.part_total, visited.success_at, visited.changed_at, visited.every,
    ifnull(visited.host_asked, 0) AS host_asked, visited.store, visited.part_store
FROM task LEFT JOIN visited ON visited.task = task.id;
"""
