"""How a state file of an older version becomes one of the next: one script for each step.

What a released script does never changes; `test_migrations.py` runs every one on a file that the
release of its day would have written. A statement with `:after` and `:upto` goes over tasks or
hosts in slices by their numbers.
"""

from crawler.frontier.sqlite.file.first_migrations import FIRST_MIGRATIONS
from crawler.frontier.sqlite.file.visits_apart import VISITS_APART

MIGRATIONS: dict[int, str] = {
    **FIRST_MIGRATIONS,
    4: """
ALTER TABLE ledger ADD COLUMN obeys TEXT NOT NULL DEFAULT '{}';
ALTER TABLE ledger ADD COLUMN obeyed_upto INTEGER;
ALTER TABLE job ADD COLUMN urls_per_host INTEGER;
ALTER TABLE job ADD COLUMN ranked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE source RENAME COLUMN mark TO version;
ALTER TABLE listing RENAME TO host_job;
ALTER TABLE host_job ADD COLUMN found INTEGER NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN bucket INTEGER NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN obeys INTEGER;
ALTER TABLE host ADD COLUMN parked INTEGER NOT NULL DEFAULT 0;
UPDATE host SET bucket = bucket_of(key) WHERE id > :after AND id <= :upto;
DROP INDEX host_ready;
CREATE INDEX host_ready ON host (class, ready_at)
    WHERE owner IS NULL AND ready_at IS NOT NULL AND NOT parked;
CREATE INDEX host_parked ON host (address, ready_at) WHERE parked;
ALTER TABLE address ADD COLUMN crowded REAL;
CREATE INDEX address_owner ON address (owner) WHERE owner IS NOT NULL;
CREATE INDEX address_crowded ON address (owner, crowded) WHERE crowded IS NOT NULL;
ALTER TABLE task ADD COLUMN rank INTEGER NOT NULL DEFAULT 1;
ALTER TABLE task ADD COLUMN found_by INTEGER;
ALTER TABLE task ADD COLUMN depth INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN media_type TEXT;
ALTER TABLE task ADD COLUMN final_location TEXT;
UPDATE task SET host = ifnull((SELECT id FROM host WHERE key = host_of(url)), host)
    WHERE id > :after AND id <= :upto AND state = 0 AND job != 0 AND ended IS NOT NULL
    AND location IS NULL AND hops = 0;
UPDATE job SET stale = 1 WHERE id != 0;
DROP INDEX task_waiting;
CREATE INDEX task_waiting ON task (host, job, rank, due_at) WHERE state = 0;
ALTER TABLE file ADD COLUMN machine TEXT NOT NULL DEFAULT '';
ALTER TABLE file ADD COLUMN store TEXT NOT NULL DEFAULT '';
""",
    5: VISITS_APART
    + """
CREATE INDEX host_failing ON host (failing_since) WHERE failing_since IS NOT NULL;
CREATE INDEX host_silent ON host (failing_since)
    WHERE failing_since IS NOT NULL AND silent AND failures >= 5;
DROP INDEX host_asked;
CREATE INDEX host_asked ON host (asked_until, rules_until) WHERE asked_until > 0;
CREATE TABLE leased (
    process INTEGER NOT NULL,
    job INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (process, job)
) STRICT, WITHOUT ROWID;
INSERT INTO leased SELECT owner, job, count(*) FROM task JOIN host ON host.id = task.host
    WHERE state = 1 AND owner IS NOT NULL GROUP BY owner, job;
-- the frontier has a clock of its own
CREATE TABLE clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    boot TEXT NOT NULL DEFAULT '', offset REAL NOT NULL DEFAULT 0, at REAL,
    stepped REAL NOT NULL DEFAULT 0, settled INTEGER NOT NULL DEFAULT 0, doubted REAL,
    doubted_since REAL NOT NULL DEFAULT 0, ahead INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO clock (id, at) VALUES (1, (SELECT at FROM alive));
DROP TABLE alive;
-- how hosts are, and which visits fail
ALTER TABLE host ADD COLUMN well_at REAL;
ALTER TABLE host ADD COLUMN share REAL;
ALTER TABLE host ADD COLUMN first_failed_at REAL;
ALTER TABLE host ADD COLUMN spacing REAL;
ALTER TABLE host ADD COLUMN per_day INTEGER;
CREATE INDEX host_failed ON host (failed_until) WHERE failed_until > 0;
CREATE INDEX host_put_off ON host (put_off_until) WHERE put_off_until > 0;
CREATE TABLE failure (
    host INTEGER NOT NULL,
    cause TEXT NOT NULL,
    n INTEGER NOT NULL,
    first_at REAL NOT NULL,
    last_at REAL NOT NULL,
    url TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (host, cause)
) STRICT, WITHOUT ROWID;
CREATE INDEX failure_last ON failure (last_at);
CREATE TABLE looked (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at REAL NOT NULL
) STRICT;
CREATE TABLE under_way (
    process INTEGER NOT NULL,
    n INTEGER NOT NULL,
    url TEXT NOT NULL,
    job TEXT NOT NULL,
    began_at REAL NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (process, n)
) STRICT, WITHOUT ROWID;
-- what status tells of processes, and of URLs that are tried again
ALTER TABLE process ADD COLUMN no_room INTEGER NOT NULL DEFAULT 0;
ALTER TABLE process ADD COLUMN paused_at REAL;
ALTER TABLE process ADD COLUMN paused_for TEXT NOT NULL DEFAULT '';
ALTER TABLE process ADD COLUMN reloaded_at REAL;
ALTER TABLE process ADD COLUMN reloaded TEXT NOT NULL DEFAULT '';
CREATE INDEX task_retrying ON task (job) WHERE state <= 1 AND (failures > 0 OR put_off > 0);
-- what troubles a process, in words, and its crawler
ALTER TABLE process ADD COLUMN trouble TEXT NOT NULL DEFAULT '';
ALTER TABLE process ADD COLUMN version TEXT NOT NULL DEFAULT '';
ALTER TABLE process ADD COLUMN declared INTEGER NOT NULL DEFAULT 0;
-- no number of a source is used again
ALTER TABLE source RENAME TO source_before;
CREATE TABLE source (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job INTEGER NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL DEFAULT '',
    listed INTEGER NOT NULL DEFAULT 0,
    bad INTEGER NOT NULL DEFAULT 0,
    synced_at REAL,
    reader INTEGER,
    pass INTEGER NOT NULL DEFAULT 0,
    read_by INTEGER,
    filtered INTEGER NOT NULL DEFAULT 0,
    filter_mark TEXT NOT NULL DEFAULT '',
    UNIQUE (job, name)
) STRICT;
INSERT INTO source SELECT id, job, name, version, listed, bad, synced_at, reader, pass, NULL, 0, ''
    FROM source_before;
DROP TABLE source_before;
ALTER TABLE chunk ADD COLUMN filtered INTEGER NOT NULL DEFAULT 0;
-- what an operator wishes
ALTER TABLE ledger ADD COLUMN wishes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE process ADD COLUMN heard INTEGER NOT NULL DEFAULT 0;
CREATE TABLE wish (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    verb TEXT NOT NULL,
    scope TEXT NOT NULL,
    subject TEXT NOT NULL,
    option TEXT NOT NULL,
    value TEXT NOT NULL,
    who TEXT NOT NULL,
    machine TEXT NOT NULL,
    why TEXT NOT NULL,
    made_at REAL NOT NULL,
    until REAL,
    UNIQUE (verb, scope, subject, option)
) STRICT;
CREATE TABLE budget (
    job INTEGER PRIMARY KEY,
    max_bytes INTEGER,
    max_time REAL,
    max_urls INTEGER,
    schedule TEXT NOT NULL,
    bytes INTEGER NOT NULL DEFAULT 0,
    urls INTEGER NOT NULL DEFAULT 0,
    began_at REAL,
    ends_at REAL
) STRICT;
CREATE TABLE woken (
    host INTEGER PRIMARY KEY,
    number INTEGER NOT NULL,
    forced INTEGER NOT NULL
) STRICT;
-- what nothing refers to is forgotten
ALTER TABLE ledger ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN marking INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN unlearned INTEGER NOT NULL DEFAULT 0;
CREATE TABLE used (
    walk INTEGER NOT NULL,
    host INTEGER NOT NULL,
    PRIMARY KEY (walk, host)
) STRICT, WITHOUT ROWID;
CREATE TABLE ordered (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    process INTEGER NOT NULL,
    verb TEXT NOT NULL,
    who TEXT NOT NULL,
    machine TEXT NOT NULL,
    made_at REAL NOT NULL,
    heard_at REAL
) STRICT;
CREATE INDEX ordered_process ON ordered (process);
-- in which output folder files lie
CREATE TABLE store (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    machine TEXT NOT NULL,
    folder TEXT NOT NULL,
    seen_at REAL NOT NULL
) STRICT;
ALTER TABLE process ADD COLUMN store INTEGER NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN store INTEGER NOT NULL DEFAULT 0;
CREATE INDEX host_home ON host (store, class, ready_at)
    WHERE store > 0 AND owner IS NULL AND ready_at IS NOT NULL AND NOT parked;
-- what measures the crawler
ALTER TABLE process ADD COLUMN descriptors INTEGER;
ALTER TABLE process ADD COLUMN memory INTEGER;
ALTER TABLE process ADD COLUMN disk_free INTEGER;
ALTER TABLE process ADD COLUMN disk_inodes INTEGER;
ALTER TABLE process ADD COLUMN lag REAL NOT NULL DEFAULT 0;
CREATE INDEX source_synced ON source (job, synced_at, filtered);
CREATE TABLE counter (
    metric TEXT NOT NULL,
    job TEXT NOT NULL,
    label TEXT NOT NULL,
    n REAL NOT NULL,
    PRIMARY KEY (metric, job, label)
) STRICT, WITHOUT ROWID;
CREATE TABLE counted (
    process INTEGER PRIMARY KEY,
    sums TEXT NOT NULL
) STRICT;
CREATE TABLE sample (
    step INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    at REAL NOT NULL,
    processes INTEGER NOT NULL,
    in_flight INTEGER NOT NULL,
    waiting INTEGER NOT NULL,
    lag REAL NOT NULL,
    bytes REAL NOT NULL,
    visits TEXT NOT NULL,
    PRIMARY KEY (step, slot)
) STRICT, WITHOUT ROWID;
-- events of which hooks are to be told
CREATE TABLE hook (
    id INTEGER PRIMARY KEY,
    job TEXT NOT NULL,
    name TEXT NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    failing_since REAL,
    rests_until REAL NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hook INTEGER NOT NULL,
    event TEXT NOT NULL,
    lane INTEGER NOT NULL,
    body TEXT NOT NULL,
    made_at REAL NOT NULL,
    due_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    owner INTEGER,
    UNIQUE (hook, event)
) STRICT;
CREATE INDEX outbox_order ON outbox (hook, id);
CREATE INDEX outbox_lane ON outbox (hook, lane, id);
CREATE INDEX outbox_due ON outbox (hook, due_at) WHERE owner IS NULL;
CREATE INDEX outbox_owner ON outbox (owner) WHERE owner IS NOT NULL;
CREATE TABLE begun (
    job INTEGER PRIMARY KEY
) STRICT;
""",
}
