-- A state file of version 1, dumped as the crawler of 20 November 2026 (8f32e94) wrote it: it never
-- changes. Two URLs were being visited when its process died; the job `gone` had been retired.
PRAGMA application_id = 1668443236;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE file (
    key INTEGER PRIMARY KEY,               -- naming.path_key
    task INTEGER NOT NULL
) STRICT;
INSERT INTO "file" VALUES(5014774527640913526,1);
CREATE TABLE host (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,              -- name:port
    next_at REAL NOT NULL DEFAULT 0,       -- what it is owed: no visit before
    ready_at REAL,                         -- when its next task may start; NULL: nothing waits
    owner INTEGER
) STRICT;
INSERT INTO "host" VALUES(1,'a.example:80',1750000007.0,1750000000.0,1);
INSERT INTO "host" VALUES(2,'b.example:8443',0.0,1750000000.0,1);
INSERT INTO "host" VALUES(3,'c.example:80',0.0,1750003600.0,NULL);
INSERT INTO "host" VALUES(4,'d.example:80',0.0,NULL,NULL);
INSERT INTO "host" VALUES(5,'e.example:80',0.0,1750000001.0,NULL);
CREATE TABLE job (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    active INTEGER NOT NULL DEFAULT 1,     -- whether the configuration still has it
    delay REAL NOT NULL DEFAULT 0,
    per_host INTEGER NOT NULL DEFAULT 1000
) STRICT;
INSERT INTO "job" VALUES(1,'flags',1,0.5,1000);
INSERT INTO "job" VALUES(2,'gone',0,5.0,1000);
CREATE TABLE listing (                     -- which jobs visit a host: the strictest one counts
    host INTEGER NOT NULL,
    job INTEGER NOT NULL,
    PRIMARY KEY (host, job)
) STRICT, WITHOUT ROWID;
INSERT INTO "listing" VALUES(1,1);
INSERT INTO "listing" VALUES(1,2);
INSERT INTO "listing" VALUES(2,1);
INSERT INTO "listing" VALUES(3,1);
INSERT INTO "listing" VALUES(4,2);
INSERT INTO "listing" VALUES(5,1);
CREATE TABLE process (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- the owner; never used again
    machine TEXT NOT NULL,
    pid INTEGER NOT NULL,
    born TEXT NOT NULL,
    started_at REAL NOT NULL,
    lease_until REAL NOT NULL              -- of every host that it owns
) STRICT;
INSERT INTO "process" VALUES(1,'machine',1,'7',1750000000.0,1750000060.0);
CREATE TABLE tally (                       -- sums, kept in every transaction
    job INTEGER NOT NULL,
    kind TEXT NOT NULL,                    -- '' for all URLs known
    n INTEGER NOT NULL,
    PRIMARY KEY (job, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO "tally" VALUES(1,'',8);
INSERT INTO "tally" VALUES(1,'not_found',1);
INSERT INTO "tally" VALUES(1,'stored',1);
INSERT INTO "tally" VALUES(1,'unchanged',1);
INSERT INTO "tally" VALUES(2,'',2);
INSERT INTO "tally" VALUES(2,'retired',2);
CREATE TABLE task (
    id INTEGER PRIMARY KEY,
    fingerprint INTEGER NOT NULL,
    job INTEGER NOT NULL,
    host INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL,
    url TEXT NOT NULL,
    location TEXT,                         -- where a redirect led; NULL: url
    path TEXT,                             -- its file, once fixed
    listed INTEGER NOT NULL DEFAULT 1,
    attempt INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    suspicion INTEGER NOT NULL DEFAULT 0,  -- of having killed the process, see leases.py
    hops INTEGER NOT NULL DEFAULT 0,
    kind TEXT,                             -- of the last visit, with what follows
    status INTEGER,
    size INTEGER,
    digest BLOB,
    finished_at REAL,
    reason TEXT,
    etag TEXT,                             -- of the stored file, as the server wrote them
    last_modified TEXT,
    part TEXT,                             -- what broke off and may go on, with its validators
    part_etag TEXT,
    part_modified TEXT,
    part_total INTEGER
) STRICT;
INSERT INTO "task" VALUES(1,3869858371665423001,1,1,2,1750000001.0,'http://a.example/0.gif',NULL,'flags/0.gif',1,1,0,0,0,'stored',200,43,X'ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB',1750000001.0,NULL,'"v1"','Fri, 20 Nov 2026 10:00:00 GMT',NULL,NULL,NULL,NULL);
INSERT INTO "task" VALUES(2,5149863501982256769,1,1,3,1750000001.0,'http://a.example/1.gif',NULL,'flags/1.gif',1,1,0,0,0,'not_found',404,NULL,NULL,1750000001.0,'HTTP status 404',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "task" VALUES(3,3406616811396043124,1,5,0,1750000001.0,'http://a.example/2.gif','http://e.example/2.gif','flags/2.gif',1,1,0,0,1,'redirected',301,NULL,NULL,1750000001.0,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "task" VALUES(4,-6515965313441868617,1,1,0,1750000060.0,'http://a.example/3.gif',NULL,'flags/3.gif',1,1,1,0,0,'truncated',NULL,NULL,NULL,1750000001.0,'ended early',NULL,NULL,'flags/.3.gif.part','"p"',NULL,1000);
INSERT INTO "task" VALUES(5,-6093795250691617885,1,1,1,1750000000.0,'http://a.example/4.gif',NULL,'flags/4.gif',1,1,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "task" VALUES(6,-122477093452174444,1,1,1,1750000000.0,'http://a.example/5.gif',NULL,'flags/5.gif',1,1,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "task" VALUES(7,6503959894738943066,1,2,2,1750000001.0,'https://b.example:8443/x?y=z',NULL,'b/x',1,1,0,0,0,'unchanged',304,NULL,NULL,1750000001.0,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "task" VALUES(8,2810118909746171259,1,3,0,1750003600.0,'http://c.example/later',NULL,NULL,1,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "task" VALUES(9,3042744364578181793,2,1,4,1750000000.0,'http://a.example/old',NULL,NULL,1,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "task" VALUES(10,1509529224538052057,2,4,4,1750000000.0,'http://d.example/older',NULL,NULL,1,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE INDEX host_ready ON host (ready_at) WHERE owner IS NULL AND ready_at IS NOT NULL;
CREATE INDEX host_owner ON host (owner) WHERE owner IS NOT NULL;
CREATE UNIQUE INDEX task_fingerprint ON task (fingerprint);
CREATE INDEX task_waiting ON task (host, due_at) WHERE state = 0;
CREATE INDEX task_leased ON task (host) WHERE state = 1;
CREATE TRIGGER task_retires AFTER UPDATE OF state ON task
WHEN new.state = 0 AND NOT (SELECT active FROM job WHERE id = new.job)
BEGIN UPDATE task SET state = 4 WHERE id = new.id; END;
CREATE TRIGGER task_retired AFTER UPDATE OF state ON task
WHEN new.state = 4 AND old.state != 4
BEGIN INSERT INTO tally VALUES (new.job, 'retired', 1) ON CONFLICT DO UPDATE SET n = n + 1; END;
CREATE TRIGGER task_revived AFTER UPDATE OF state ON task
WHEN new.state != 4 AND old.state = 4
BEGIN UPDATE tally SET n = n - 1 WHERE job = new.job AND kind = 'retired'; END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('process',1);
COMMIT;
