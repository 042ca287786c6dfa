"""The migrations of the first versions of a state file; `migrations` has the others."""

FIRST_MIGRATIONS: dict[int, str] = {
    1: """
ALTER TABLE job ADD COLUMN obeys INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN weight INTEGER NOT NULL DEFAULT 2;
ALTER TABLE job ADD COLUMN stale INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN schedule TEXT NOT NULL DEFAULT '';
INSERT INTO job (id, name) VALUES (0, '.robots');
ALTER TABLE listing ADD COLUMN served REAL NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN class INTEGER NOT NULL DEFAULT 2;
ALTER TABLE host ADD COLUMN opens_at REAL NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN gap REAL NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN address TEXT;
ALTER TABLE host ADD COLUMN backoff REAL NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN failing_since REAL;
ALTER TABLE host ADD COLUMN silent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN latency REAL NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN spent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN rules_until REAL NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN refresh_at REAL NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN asked_until REAL NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN crawl_delay REAL NOT NULL DEFAULT 0;
DROP INDEX host_ready;
CREATE INDEX host_ready ON host (class, ready_at) WHERE owner IS NULL AND ready_at IS NOT NULL;
CREATE INDEX host_held ON host (address) WHERE owner IS NOT NULL AND address IS NOT NULL;
CREATE INDEX host_closed ON host (opens_at) WHERE opens_at > 0;
CREATE INDEX host_asked ON host (asked_until) WHERE asked_until > 0;
CREATE TABLE robots (
    origin TEXT PRIMARY KEY,
    body BLOB,
    status INTEGER,
    fetched_at REAL NOT NULL,
    until REAL NOT NULL,
    refresh_at REAL NOT NULL,
    failing_since REAL,
    failures INTEGER NOT NULL,
    reason TEXT NOT NULL,
    crawl_delay REAL NOT NULL
) STRICT, WITHOUT ROWID;
ALTER TABLE process ADD COLUMN seen_at REAL NOT NULL DEFAULT 0;
ALTER TABLE process ADD COLUMN state TEXT NOT NULL DEFAULT 'starting';
ALTER TABLE process ADD COLUMN config TEXT NOT NULL DEFAULT '';
ALTER TABLE process ADD COLUMN busy INTEGER NOT NULL DEFAULT 0;
ALTER TABLE process ADD COLUMN visits INTEGER NOT NULL DEFAULT 0;
ALTER TABLE process ADD COLUMN rate REAL NOT NULL DEFAULT 0;
ALTER TABLE process ADD COLUMN rate_ok REAL NOT NULL DEFAULT 0;
ALTER TABLE process ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN via INTEGER;
ALTER TABLE task ADD COLUMN directives TEXT;
ALTER TABLE task ADD COLUMN ended TEXT;
ALTER TABLE task ADD COLUMN first_seen INTEGER;
ALTER TABLE task ADD COLUMN success_at INTEGER;
ALTER TABLE task ADD COLUMN changed_at INTEGER;
ALTER TABLE task ADD COLUMN every REAL;
ALTER TABLE task ADD COLUMN extra TEXT;
DROP TRIGGER task_retires;
DROP TRIGGER task_retired;
DROP TRIGGER task_revived;
UPDATE task SET state = 0 WHERE state = 4 AND id > :after AND id <= :upto;
DELETE FROM tally WHERE kind = 'retired';
UPDATE task SET ended = kind, success_at = CASE WHEN kind IN ('stored', 'unchanged')
    THEN CAST(finished_at AS INTEGER) END
    WHERE state IN (2, 3) AND id > :after AND id <= :upto;
UPDATE task SET listed = 0 WHERE id > :after AND id <= :upto;
UPDATE job SET stale = 1;
CREATE TABLE source (
    id INTEGER PRIMARY KEY,
    job INTEGER NOT NULL,
    name TEXT NOT NULL,
    mark TEXT NOT NULL DEFAULT '',
    listed INTEGER NOT NULL DEFAULT 0,
    bad INTEGER NOT NULL DEFAULT 0,
    synced_at REAL,
    UNIQUE (job, name)
) STRICT;
CREATE TABLE chunk (
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL,
    anchor INTEGER NOT NULL,
    key INTEGER NOT NULL,
    bad INTEGER NOT NULL,
    fingerprints BLOB NOT NULL,
    UNIQUE (source, anchor)
) STRICT;
CREATE TABLE unlisted (
    job INTEGER NOT NULL,
    fingerprint INTEGER NOT NULL,
    PRIMARY KEY (job, fingerprint)
) STRICT, WITHOUT ROWID;
INSERT INTO unlisted SELECT job, fingerprint FROM task WHERE id > :after AND id <= :upto;
CREATE TABLE alive (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at REAL NOT NULL
) STRICT;
DROP INDEX task_waiting;
CREATE INDEX task_waiting ON task (host, job, due_at) WHERE state = 0;
""",
    2: """
CREATE TABLE fingerprint (
    fingerprint INTEGER PRIMARY KEY,
    task INTEGER NOT NULL
) STRICT;
INSERT INTO fingerprint
    SELECT fingerprint, id FROM task WHERE id > :after AND id <= :upto ORDER BY fingerprint;
DROP INDEX task_fingerprint;
CREATE TABLE recent (
    fingerprint INTEGER PRIMARY KEY,
    task INTEGER NOT NULL
) STRICT;
CREATE TABLE sweep (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
) STRICT;
INSERT INTO sweep VALUES (1, -9223372036854775808);
CREATE VIEW known AS
    SELECT fingerprint, task FROM recent UNION ALL SELECT fingerprint, task FROM fingerprint;
""",
    3: """
CREATE TABLE ledger (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    uid TEXT NOT NULL,
    generation INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO ledger (id, uid) VALUES (1, '');
ALTER TABLE ledger ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE ledger ADD COLUMN digest TEXT NOT NULL DEFAULT '';
ALTER TABLE job ADD COLUMN digest TEXT NOT NULL DEFAULT '';
ALTER TABLE process ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE process ADD COLUMN digest TEXT NOT NULL DEFAULT '';
ALTER TABLE host ADD COLUMN rules_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN answered_at REAL NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN failed_until REAL NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN put_off_until REAL NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN turn_at REAL NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN refused_path INTEGER NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN refused_since REAL;
UPDATE host SET answered_at = max(0.0, next_at - gap),
    failed_until = CASE WHEN failures > 0 THEN next_at ELSE 0.0 END,
    put_off_until = CASE WHEN failures = 0 AND next_at > strftime('%s', 'now') + gap
        THEN next_at ELSE 0.0 END
WHERE next_at > 0;
CREATE TABLE address (
    ip TEXT PRIMARY KEY,
    owner INTEGER,
    answered_at REAL NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO address SELECT address, max(owner), max(answered_at) FROM host
    WHERE address IS NOT NULL GROUP BY address;
ALTER TABLE task ADD COLUMN unverified INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN put_off INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN host_asked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN meaning TEXT NOT NULL DEFAULT '';
ALTER TABLE job ADD COLUMN held INTEGER;
ALTER TABLE job ADD COLUMN believed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE source ADD COLUMN reader INTEGER;
ALTER TABLE source ADD COLUMN pass INTEGER NOT NULL DEFAULT 0;
CREATE TABLE dropped (
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL,
    fingerprints BLOB NOT NULL
) STRICT;
CREATE INDEX dropped_source ON dropped (source);
UPDATE OR IGNORE source SET name = substr(name, 1, instr(name, ' ') - 1)
    WHERE name LIKE 'command:% %';
CREATE INDEX task_unneeded ON task (job) WHERE state = 4 AND digest IS NOT NULL;
ALTER TABLE job ADD COLUMN heir_of INTEGER;
ALTER TABLE job ADD COLUMN behind INTEGER NOT NULL DEFAULT 0;
""",
}
