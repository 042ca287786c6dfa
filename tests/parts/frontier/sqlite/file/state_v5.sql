-- A state file of version 5, as the crawler of 28 November 2026 (944dd5f) wrote it: it never changes.
-- Two URLs were being visited when its process died; the job `gone` had left the configuration.
PRAGMA application_id = 1668443236;
PRAGMA user_version = 5;
BEGIN TRANSACTION;
CREATE TABLE address (                     -- what the hosts at one address share
    ip TEXT PRIMARY KEY,
    owner INTEGER,                         -- the process that holds hosts there
    answered_at REAL NOT NULL DEFAULT 0,   -- the last answer from there began to arrive then
    crowded REAL                           -- when hosts were parked there last; NULL: none are
) STRICT, WITHOUT ROWID;
INSERT INTO "address" VALUES('127.0.0.7',1,1750000050.5,1750000060.0);
CREATE TABLE alive (                       -- when a process was last seen here
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at REAL NOT NULL
) STRICT;
CREATE TABLE chunk (                       -- a run of lines of a source
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL,
    anchor INTEGER NOT NULL,               -- of its last line
    key INTEGER NOT NULL,                  -- of all its lines
    bad INTEGER NOT NULL,
    fingerprints BLOB NOT NULL,            -- of the URLs on them, 8 bytes each
    UNIQUE (source, anchor)
) STRICT;
INSERT INTO "chunk" VALUES(1,1,11,12,0,X'996A3086AF7FB43581CE66E591FD7747749122E1F0BB462FB7D4870B12A492A5A34B907C817D6EAB942BA97FBBDF4CFE5A3C4D9710B5425A');
INSERT INTO "chunk" VALUES(2,2,21,22,0,X'A11201E1E0FF392AD955A9F6D4ECF214');
CREATE TABLE dropped (                     -- URLs that changed chunks named, see passes.py
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL,
    fingerprints BLOB NOT NULL
) STRICT;
CREATE TABLE file (
    key INTEGER PRIMARY KEY,               -- naming.path_key
    task INTEGER NOT NULL,
    machine TEXT NOT NULL DEFAULT '',      -- where it lies; '': on the only one
    store TEXT NOT NULL DEFAULT ''         -- its output; '': the folder
) STRICT;
INSERT INTO "file" VALUES(5014774527640913526,1,'','');
CREATE TABLE fingerprint (                 -- the task of each, see fingerprints.py
    fingerprint INTEGER PRIMARY KEY,
    task INTEGER NOT NULL
) STRICT;
INSERT INTO "fingerprint" VALUES(-6515965313441868617,4);
INSERT INTO "fingerprint" VALUES(-6093795250691617885,5);
INSERT INTO "fingerprint" VALUES(-122477093452174444,6);
INSERT INTO "fingerprint" VALUES(3406616811396043124,3);
INSERT INTO "fingerprint" VALUES(3869858371665423001,1);
INSERT INTO "fingerprint" VALUES(5149863501982256769,2);
INSERT INTO "fingerprint" VALUES(6503959894738943066,7);
CREATE TABLE host (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,              -- name:port
    next_at REAL NOT NULL DEFAULT 0,       -- no visit before: what its rests come to
    ready_at REAL,                         -- when its next task may start; NULL: nothing waits
    owner INTEGER,
    class INTEGER NOT NULL DEFAULT 2,      -- the greatest weight of the jobs that list it
    opens_at REAL NOT NULL DEFAULT 0,      -- closed until then: hours, budget of the day
    gap REAL NOT NULL DEFAULT 0,           -- its delay as it was last
    address TEXT,                          -- where it was found last
    backoff REAL NOT NULL DEFAULT 0,       -- health, see politeness.HostPace
    failures INTEGER NOT NULL DEFAULT 0,
    failing_since REAL,
    silent INTEGER NOT NULL DEFAULT 0,
    latency REAL NOT NULL DEFAULT 0,
    spent INTEGER NOT NULL DEFAULT 0,
    day INTEGER NOT NULL DEFAULT 0,
    rules_until REAL NOT NULL DEFAULT 0,   -- the rules of robots.txt hold until then
    refresh_at REAL NOT NULL DEFAULT 0,    -- when it is to be asked for again
    asked_until REAL NOT NULL DEFAULT 0,   -- a visit to it is on its way, or waits
    crawl_delay REAL NOT NULL DEFAULT 0,
    rules_version INTEGER NOT NULL DEFAULT 0, -- grows whenever its robots.txt was asked for
    answered_at REAL NOT NULL DEFAULT 0,   -- its rests, see records.Rest
    failed_until REAL NOT NULL DEFAULT 0,
    put_off_until REAL NOT NULL DEFAULT 0,
    turn_at REAL NOT NULL DEFAULT 0,
    refusals INTEGER NOT NULL DEFAULT 0,   -- in a row, see bans.Refusals
    refused_path INTEGER NOT NULL DEFAULT 0,
    refused_since REAL,
    bucket INTEGER NOT NULL DEFAULT 0,     -- of its key, see urls.bucket_of
    obeys INTEGER,                         -- whether its robots.txt is; NULL: each job decides
    parked INTEGER NOT NULL DEFAULT 0      -- out of the way: its address was another process's
) STRICT;
INSERT INTO "host" VALUES(1,'a.example:80',0.0,1750000000.0,1,2,0.0,0.0,'127.0.0.7',0.0,0,NULL,0,0.0,0,0,0.0,0.0,0.0,0.0,2,1750000050.5,0.0,0.0,0.0,0,0,NULL,397,NULL,0);
INSERT INTO "host" VALUES(2,'b.example:8443',0.0,1750000000.0,1,2,0.0,0.0,NULL,0.0,0,NULL,0,0.0,0,0,0.0,0.0,0.0,0.0,0,0.0,0.0,0.0,0.0,0,0,NULL,569,NULL,0);
INSERT INTO "host" VALUES(3,'e.example:80',0.0,1750000001.0,NULL,2,0.0,0.0,'127.0.0.7',0.0,0,NULL,0,0.0,0,0,0.0,0.0,0.0,0.0,0,0.0,0.0,0.0,0.0,0,0,NULL,754,NULL,1);
INSERT INTO "host" VALUES(4,'d.example:80',0.0,NULL,NULL,2,0.0,0.0,NULL,0.0,0,NULL,0,0.0,0,0,0.0,0.0,0.0,0.0,0,0.0,0.0,0.0,0.0,0,0,NULL,669,NULL,0);
INSERT INTO "host" VALUES(5,'c.example:80',0.0,1750003600.0,NULL,2,0.0,0.0,NULL,0.0,0,NULL,0,0.0,0,0,0.0,0.0,0.0,0.0,0,0.0,0.0,0.0,0.0,0,0,NULL,786,NULL,0);
CREATE TABLE host_job (                    -- which jobs visit a host: the strictest one counts
    host INTEGER NOT NULL,
    job INTEGER NOT NULL,
    served REAL NOT NULL DEFAULT 0,        -- visits by weight, for fair turns
    found INTEGER NOT NULL DEFAULT 0,      -- URLs that links named, up to job.urls_per_host
    PRIMARY KEY (host, job)
) STRICT, WITHOUT ROWID;
INSERT INTO "host_job" VALUES(1,1,0.0,0);
INSERT INTO "host_job" VALUES(1,2,0.0,0);
INSERT INTO "host_job" VALUES(2,1,0.0,0);
INSERT INTO "host_job" VALUES(3,1,0.0,0);
INSERT INTO "host_job" VALUES(4,2,0.0,0);
INSERT INTO "host_job" VALUES(5,1,0.0,0);
CREATE TABLE job (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    active INTEGER NOT NULL DEFAULT 1,     -- whether the configuration still has it
    delay REAL NOT NULL DEFAULT 0,
    per_host INTEGER NOT NULL DEFAULT 1000,
    obeys INTEGER NOT NULL DEFAULT 0,      -- robots.txt
    weight INTEGER NOT NULL DEFAULT 2,     -- its share where several jobs wait
    stale INTEGER NOT NULL DEFAULT 0,      -- its hosts are yet to learn that it came or went;
                                           -- below 0: the process that tells them
    schedule TEXT NOT NULL DEFAULT '',     -- as JSON, by which due times were computed; '' once
    meaning TEXT NOT NULL DEFAULT '',      -- a mark of the options that lines were read by
    held INTEGER,                          -- URLs on its lists, which lost too many; NULL: none
    believed INTEGER NOT NULL DEFAULT 0,   -- whether the operator believes that
    heir_of INTEGER,                       -- the job of its old name, see renaming.py
    digest TEXT NOT NULL DEFAULT '',       -- of its meaning in the newest configuration
    behind INTEGER NOT NULL DEFAULT 0,     -- its lists are of before another job was its heir
    urls_per_host INTEGER,                 -- most URLs found by links on one host; NULL: any
    ranked INTEGER NOT NULL DEFAULT 0      -- whether some have another rank than the usual
) STRICT;
INSERT INTO "job" VALUES(0,'.robots',1,0.0,1000,0,2,0,'','',NULL,0,NULL,'',0,NULL,0);
INSERT INTO "job" VALUES(1,'flags',1,0.5,1000,0,2,0,'','m',NULL,0,NULL,'d1',0,NULL,1);
INSERT INTO "job" VALUES(2,'gone',0,5.0,1000,0,2,0,'','',NULL,0,NULL,'',0,NULL,0);
CREATE TABLE ledger (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    uid TEXT NOT NULL,                     -- tells this ledger from every other one; '' not yet
    generation INTEGER NOT NULL DEFAULT 0, -- grows with every configuration that is new
    name TEXT NOT NULL DEFAULT '',         -- `crawler.name` of the configuration that holds it
    digest TEXT NOT NULL DEFAULT '',       -- of the newest text of that configuration
    obeys TEXT NOT NULL DEFAULT '{}',    -- what that says under `hosts` of robots.txt, as JSON
    obeyed_upto INTEGER                    -- hosts up to this number know that; NULL: all do
) STRICT;
INSERT INTO "ledger" VALUES(1,'0123456789abcdef0123456789abcdef',3,'flags','d1','{}',NULL);
CREATE TABLE process (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- the owner; never used again
    machine TEXT NOT NULL,
    pid INTEGER NOT NULL,
    born TEXT NOT NULL,
    started_at REAL NOT NULL,
    lease_until REAL NOT NULL,             -- of every host that it owns
    seen_at REAL NOT NULL DEFAULT 0,       -- of its last heartbeat
    state TEXT NOT NULL DEFAULT 'starting',
    config TEXT NOT NULL DEFAULT '',       -- its configuration file
    name TEXT NOT NULL DEFAULT '',         -- `crawler.name` of its configuration
    digest TEXT NOT NULL DEFAULT '',       -- of the text of it that is in force there
    busy INTEGER NOT NULL DEFAULT 0,       -- visits under way
    visits INTEGER NOT NULL DEFAULT 0,     -- since it started
    rate REAL NOT NULL DEFAULT 0,          -- visits a second, lately
    rate_ok REAL NOT NULL DEFAULT 0,       -- visits a second that ended well
    bytes INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO "process" VALUES(1,'machine',1,'7',1750000000.0,1750000060.0,0.0,'starting','','','',0,0,0.0,0.0,0);
CREATE TABLE recent (                      -- fingerprints not moved there yet
    fingerprint INTEGER PRIMARY KEY,
    task INTEGER NOT NULL
) STRICT;
INSERT INTO "recent" VALUES(1509529224538052057,9);
INSERT INTO "recent" VALUES(2810118909746171259,10);
INSERT INTO "recent" VALUES(3042744364578181793,8);
CREATE TABLE robots (                      -- the rules of every origin that was asked for them
    origin TEXT PRIMARY KEY,               -- scheme://name:port
    body BLOB,                             -- the last good copy; NULL: everything is allowed
    status INTEGER,
    fetched_at REAL NOT NULL,
    until REAL NOT NULL,
    refresh_at REAL NOT NULL,
    failing_since REAL,
    failures INTEGER NOT NULL,
    reason TEXT NOT NULL,
    crawl_delay REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE source (                      -- where a job's URLs are listed
    id INTEGER PRIMARY KEY,
    job INTEGER NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL DEFAULT '',      -- what was read to its end, as its server or file says
    listed INTEGER NOT NULL DEFAULT 0,
    bad INTEGER NOT NULL DEFAULT 0,
    synced_at REAL,
    reader INTEGER,                        -- the process that reads it
    pass INTEGER NOT NULL DEFAULT 0,       -- grows with every reading
    UNIQUE (job, name)
) STRICT;
INSERT INTO "source" VALUES(1,1,'config/flags.txt','etag:1',7,0,1750000000.0,NULL,0);
INSERT INTO "source" VALUES(2,2,'gone.txt','',0,0,NULL,NULL,0);
CREATE TABLE sweep (                       -- how far they have moved
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
) STRICT;
INSERT INTO "sweep" VALUES(1,-9223372036854775808);
CREATE TABLE tally (                       -- sums, kept in every transaction
    job INTEGER NOT NULL,
    kind TEXT NOT NULL,                    -- of `ended`; '' all known, '+' due again, 'retired'
    n INTEGER NOT NULL,
    PRIMARY KEY (job, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO "tally" VALUES(1,'',8);
INSERT INTO "tally" VALUES(1,'not_found',1);
INSERT INTO "tally" VALUES(1,'stored',1);
INSERT INTO "tally" VALUES(1,'unchanged',1);
INSERT INTO "tally" VALUES(2,'',2);
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
    suspicion INTEGER NOT NULL DEFAULT 0,  -- of having killed the process, see owners.py
    hops INTEGER NOT NULL DEFAULT 0,
    kind TEXT,                             -- of the last visit, like the next five
    status INTEGER,
    size INTEGER,
    digest BLOB,
    finished_at REAL,
    reason TEXT,
    etag TEXT,                             -- of the stored file, as the server wrote them
    last_modified TEXT,
    part TEXT,                             -- a body that broke off and may go on
    part_etag TEXT,
    part_modified TEXT,
    part_total INTEGER,
    via INTEGER,                           -- of a visit to robots.txt: the job whose options it has
    directives TEXT,                       -- X-Robots-Tag and <meta name=robots>
    ended TEXT,                            -- kind of the last visit that was an end
    first_seen INTEGER,                    -- wall times in seconds
    success_at INTEGER,
    changed_at INTEGER,                    -- when a visit last brought other content
    every REAL,                            -- seconds between visits, where they adapt
    extra TEXT,                            -- columns of its list that headers use, as JSON
    unverified INTEGER NOT NULL DEFAULT 0, -- whether nothing said where its file ends
    put_off INTEGER NOT NULL DEFAULT 0,    -- visits that its host put off since its last end
    host_asked INTEGER NOT NULL DEFAULT 0, -- whether it waits as its host asked, and not by us
    rank INTEGER NOT NULL DEFAULT 1,      -- before the due time, see RANKS
    found_by INTEGER,                      -- the task whose page named it; NULL: a list does
    depth INTEGER NOT NULL DEFAULT 0,      -- links that led to it from a list
    media_type TEXT,                       -- of the stored file, as the server said
    final_location TEXT                    -- where that came from; NULL: url
) STRICT;
INSERT INTO "task" VALUES(1,3869858371665423001,1,1,2,1750000001.0,'http://a.example/0.gif',NULL,'flags/0.gif',1,1,0,0,0,'stored',200,43,X'ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB',1750000001.0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'stored',1750000000,1750000001,1750000001,NULL,NULL,0,0,0,1,NULL,0,'image/gif',NULL);
INSERT INTO "task" VALUES(2,5149863501982256769,1,1,3,1750000001.0,'http://a.example/1.gif',NULL,'flags/1.gif',1,1,0,0,0,'not_found',404,NULL,NULL,1750000001.0,'HTTP status 404',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'not_found',1750000000,NULL,NULL,NULL,NULL,0,0,0,1,NULL,0,NULL,NULL);
INSERT INTO "task" VALUES(3,3406616811396043124,1,3,0,1750000001.0,'http://a.example/2.gif','http://e.example/2.gif','flags/2.gif',1,1,0,0,1,'redirected',301,NULL,NULL,1750000001.0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1750000000,NULL,NULL,NULL,NULL,0,0,0,1,NULL,0,NULL,NULL);
INSERT INTO "task" VALUES(4,-6515965313441868617,1,1,0,1750000060.0,'http://a.example/3.gif',NULL,'flags/3.gif',1,1,1,0,0,'truncated',NULL,NULL,NULL,1750000001.0,'ended early',NULL,NULL,'flags/.3.gif.part','"p"',NULL,1000,NULL,NULL,NULL,1750000000,NULL,NULL,NULL,NULL,0,0,0,1,NULL,0,NULL,NULL);
INSERT INTO "task" VALUES(5,-6093795250691617885,1,1,1,1750000000.0,'http://a.example/4.gif',NULL,'flags/4.gif',1,1,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1750000000,NULL,NULL,NULL,NULL,0,0,0,1,NULL,0,NULL,NULL);
INSERT INTO "task" VALUES(6,-122477093452174444,1,1,1,1750000000.0,'http://a.example/5.gif',NULL,'flags/5.gif',1,1,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1750000000,NULL,NULL,NULL,NULL,0,0,0,1,NULL,0,NULL,NULL);
INSERT INTO "task" VALUES(7,6503959894738943066,1,2,2,1750000001.0,'https://b.example:8443/x?y=z',NULL,'b/x',1,1,0,0,0,'unchanged',304,NULL,NULL,1750000001.0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'unchanged',1750000000,1750000001,NULL,NULL,NULL,0,0,0,1,NULL,0,'text/plain','https://b.example:8443/z');
INSERT INTO "task" VALUES(8,3042744364578181793,2,1,0,1750000000.0,'http://a.example/old',NULL,NULL,1,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1750000000,NULL,NULL,NULL,NULL,0,0,0,1,NULL,0,NULL,NULL);
INSERT INTO "task" VALUES(9,1509529224538052057,2,4,0,1750000000.0,'http://d.example/older',NULL,NULL,1,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1750000000,NULL,NULL,NULL,NULL,0,0,0,1,NULL,0,NULL,NULL);
INSERT INTO "task" VALUES(10,2810118909746171259,1,5,0,1750003600.0,'http://c.example/later',NULL,NULL,1,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1750003600,NULL,NULL,NULL,NULL,0,0,0,0,1,1,NULL,NULL);
CREATE TABLE unlisted (                    -- URLs on no line any more, see retiring.py
    job INTEGER NOT NULL,
    fingerprint INTEGER NOT NULL,
    PRIMARY KEY (job, fingerprint)
) STRICT, WITHOUT ROWID;
CREATE INDEX host_ready ON host (class, ready_at)
    WHERE owner IS NULL AND ready_at IS NOT NULL AND NOT parked;
CREATE INDEX host_parked ON host (address, ready_at) WHERE parked;
CREATE INDEX host_owner ON host (owner) WHERE owner IS NOT NULL;
CREATE INDEX host_held ON host (address) WHERE owner IS NOT NULL AND address IS NOT NULL;
CREATE INDEX host_closed ON host (opens_at) WHERE opens_at > 0;
CREATE INDEX host_asked ON host (asked_until) WHERE asked_until > 0;
CREATE INDEX address_owner ON address (owner) WHERE owner IS NOT NULL;
CREATE INDEX address_crowded ON address (owner, crowded) WHERE crowded IS NOT NULL;
CREATE INDEX task_waiting ON task (host, job, rank, due_at) WHERE state = 0;
CREATE INDEX task_leased ON task (host) WHERE state = 1;
CREATE INDEX task_unneeded ON task (job) WHERE state = 4 AND digest IS NOT NULL;
CREATE VIEW known AS
    SELECT fingerprint, task FROM recent UNION ALL SELECT fingerprint, task FROM fingerprint;
CREATE INDEX dropped_source ON dropped (source);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('process',1);
COMMIT;
