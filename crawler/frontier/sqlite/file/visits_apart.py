"""A part of the script from version 5 to 6: what visits leave gets tables of its own.

A table loses columns as a whole, in one transaction. So its rows move to another one in slices;
their pages become free as new ones are needed.
"""

VISITS_APART = """\
-- what visits leave of a URL has a table of its own; URLs move to a table without it
CREATE TABLE visited (
    task INTEGER PRIMARY KEY,
    location TEXT,
    suspicion INTEGER NOT NULL DEFAULT 0,
    hops INTEGER NOT NULL DEFAULT 0,
    kind TEXT,
    status INTEGER,
    reason TEXT,
    directives TEXT,
    size INTEGER,
    etag TEXT,
    last_modified TEXT,
    unverified INTEGER NOT NULL DEFAULT 0,
    media_type TEXT,
    charset TEXT,
    final_location TEXT,
    part TEXT,
    part_etag TEXT,
    part_modified TEXT,
    part_total INTEGER,
    success_at INTEGER,
    changed_at INTEGER,
    every REAL,
    host_asked INTEGER NOT NULL DEFAULT 0,
    store INTEGER,
    part_store INTEGER,
    cookies TEXT
) STRICT;
CREATE TABLE moved (
    id INTEGER PRIMARY KEY,
    fingerprint INTEGER NOT NULL,
    job INTEGER NOT NULL,
    host INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL,
    url TEXT NOT NULL,
    path TEXT,
    listed INTEGER NOT NULL DEFAULT 1,
    attempt INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    put_off INTEGER NOT NULL DEFAULT 0,
    digest BLOB,
    finished_at REAL,
    ended TEXT,
    first_seen INTEGER,
    extra TEXT,
    via INTEGER,
    rank INTEGER NOT NULL DEFAULT 1,
    found_by INTEGER,
    depth INTEGER NOT NULL DEFAULT 0
) STRICT;
DROP INDEX task_waiting;
DROP INDEX task_leased;
DROP INDEX task_unneeded;
CREATE TRIGGER task_moves AFTER DELETE ON task BEGIN
    INSERT INTO moved VALUES (
        OLD.id, OLD.fingerprint, OLD.job, OLD.host, OLD.state, OLD.due_at, OLD.url, OLD.path,
        OLD.listed, OLD.attempt, OLD.failures, OLD.put_off, OLD.digest,
        OLD.finished_at, OLD.ended, OLD.first_seen, OLD.extra, OLD.via, OLD.rank,
        OLD.found_by, OLD.depth);
    INSERT INTO visited SELECT OLD.id,
        OLD.location, OLD.suspicion, OLD.hops, OLD.kind, OLD.status, OLD.reason,
        OLD.directives, OLD.size, OLD.etag, OLD.last_modified, OLD.unverified, OLD.media_type,
        NULL, OLD.final_location, OLD.part, OLD.part_etag, OLD.part_modified, OLD.part_total,
        OLD.success_at, OLD.changed_at, OLD.every, OLD.host_asked, NULL, NULL, NULL
    WHERE OLD.attempt > 0 OR coalesce(OLD.location, OLD.kind, OLD.status, OLD.reason,
        OLD.directives, OLD.size, OLD.etag, OLD.last_modified, OLD.media_type,
        OLD.final_location, OLD.part, OLD.part_etag, OLD.part_modified, OLD.part_total,
        OLD.success_at, OLD.changed_at, OLD.every) IS NOT NULL
        OR OLD.suspicion + OLD.hops + OLD.unverified + OLD.host_asked > 0;
END;
DELETE FROM task WHERE id > :after AND id <= :upto;
DROP TABLE task;
ALTER TABLE moved RENAME TO task;
CREATE INDEX task_waiting ON task (host, job, rank, due_at) WHERE state = 0;
CREATE INDEX task_leased ON task (host) WHERE state = 1;
CREATE INDEX task_unneeded ON task (job) WHERE state = 4 AND digest IS NOT NULL;
CREATE VIEW entry AS SELECT
    task.*, visited.location, ifnull(visited.suspicion, 0) AS suspicion,
    ifnull(visited.hops, 0) AS hops, visited.kind, visited.status, visited.reason,
    visited.directives, visited.size, visited.etag, visited.last_modified,
    ifnull(visited.unverified, 0) AS unverified, visited.media_type, visited.charset,
    visited.final_location, visited.part, visited.part_etag, visited.part_modified,
    visited.part_total, visited.success_at, visited.changed_at, visited.every,
    ifnull(visited.host_asked, 0) AS host_asked, visited.store, visited.part_store
FROM task LEFT JOIN visited ON visited.task = task.id;
-- which cookies jobs keep
CREATE TABLE cookie (
    job INTEGER NOT NULL,
    jar TEXT NOT NULL,
    key INTEGER NOT NULL,
    domain TEXT NOT NULL,
    wide INTEGER NOT NULL,
    path TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    secure INTEGER NOT NULL,
    expires REAL NOT NULL,
    set_at REAL NOT NULL,
    PRIMARY KEY (job, jar, key)
) STRICT, WITHOUT ROWID;
-- how jobs log in
CREATE TABLE login (
    job INTEGER PRIMARY KEY,
    made_at REAL NOT NULL DEFAULT 0,
    ended INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    next_at REAL NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    refused INTEGER NOT NULL DEFAULT 0,
    owner INTEGER
) STRICT;
"""
