"""The tables of a state file. `application_id` says that a file is ours, `user_version` how new."""

from crawler.frontier.sql.states import LEASED, RETIRED, ROBOTS_JOB, USUAL, WAITING
from crawler.frontier.sql.tables.accounts import ACCOUNTS
from crawler.frontier.sql.tables.cookie_tables import COOKIES
from crawler.frontier.sql.tables.list_tables import LISTS
from crawler.frontier.sql.tables.metric_tables import METRICS
from crawler.frontier.sql.tables.outbox_tables import OUTBOX
from crawler.frontier.sql.tables.sum_tables import SUMS
from crawler.frontier.sql.tables.visit_tables import VISITS
from crawler.frontier.sql.tables.wish_tables import WISHES
from crawler.frontier.values import BEFORE_ALL
from crawler.policy.backoff import FAILURES_TO_REST

APPLICATION_ID = 0x63726C64  # "crld"
VERSION = 6

TABLES = f"""
CREATE TABLE ledger (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    uid TEXT NOT NULL,                     -- tells this ledger from every other one; '' not yet
    generation INTEGER NOT NULL DEFAULT 0, -- grows with every configuration that is new
    name TEXT NOT NULL DEFAULT '',         -- `crawler.name` of the configuration that holds it
    digest TEXT NOT NULL DEFAULT '',       -- of the newest text of that configuration
    obeys TEXT NOT NULL DEFAULT '{{}}',    -- what that says under `hosts` of robots.txt, as JSON
    obeyed_upto INTEGER,                   -- hosts up to this number know that; NULL: all do
    wishes INTEGER NOT NULL DEFAULT 0,     -- grows with every wish that comes, changes or goes
    forgotten INTEGER NOT NULL DEFAULT 0,  -- hosts, so far
    unlearned INTEGER NOT NULL DEFAULT 0,  -- times that URLs lost their fingerprints, so far
    marking INTEGER NOT NULL DEFAULT 0     -- the walk that looks for these, see unused.py; minus
                                           -- the last one between walks
) STRICT;
INSERT INTO ledger (id, uid) VALUES (1, lower(hex(randomblob(16))));

CREATE TABLE job (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    active INTEGER NOT NULL DEFAULT 1,     -- whether the configuration still has it
    delay REAL NOT NULL DEFAULT 0,
    per_host INTEGER NOT NULL DEFAULT 1000,
    obeys INTEGER NOT NULL DEFAULT 0,      -- robots.txt
    weight INTEGER NOT NULL DEFAULT 2,     -- its share where several jobs wait
    stale INTEGER NOT NULL DEFAULT 0,      -- its hosts are yet to learn that it came or went;
                                           -- 2: or was paused or resumed, of any process;
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
INSERT INTO job (id, name) VALUES ({ROBOTS_JOB}, '.robots'); -- has the visits to robots.txt

CREATE TABLE host_job (                    -- which jobs visit a host: the strictest one counts
    host INTEGER NOT NULL,
    job INTEGER NOT NULL,
    served REAL NOT NULL DEFAULT 0,        -- visits by weight, for fair turns
    found INTEGER NOT NULL DEFAULT 0,      -- URLs that links named, up to job.urls_per_host
    PRIMARY KEY (host, job)
) STRICT, WITHOUT ROWID;

CREATE TABLE process (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- the owner; never used again
    machine TEXT NOT NULL,
    pid INTEGER NOT NULL,
    born TEXT NOT NULL,
    started_at REAL NOT NULL,
    lease_until REAL NOT NULL,             -- of every host that it owns
    store INTEGER NOT NULL DEFAULT 0,      -- where its files lie; 0: not known yet
    seen_at REAL NOT NULL DEFAULT 0,       -- of its last heartbeat
    state TEXT NOT NULL DEFAULT 'starting',
    config TEXT NOT NULL DEFAULT '',       -- its configuration file
    name TEXT NOT NULL DEFAULT '',         -- `crawler.name` of its configuration
    digest TEXT NOT NULL DEFAULT '',       -- of the text of it that is in force there
    busy INTEGER NOT NULL DEFAULT 0,       -- visits under way
    declared INTEGER NOT NULL DEFAULT 0,   -- bytes that their bodies are still to bring
    visits INTEGER NOT NULL DEFAULT 0,     -- since it started
    rate REAL NOT NULL DEFAULT 0,          -- visits a second, lately
    rate_ok REAL NOT NULL DEFAULT 0,       -- visits a second that ended well
    bytes INTEGER NOT NULL DEFAULT 0,
    trouble TEXT NOT NULL DEFAULT '',      -- what troubles it, in words
    version TEXT NOT NULL DEFAULT '',      -- of the crawler that it is
    heard INTEGER NOT NULL DEFAULT 0,      -- the number of the wishes that are in force there
    no_room INTEGER NOT NULL DEFAULT 0,    -- hosts wait that it has no room for
    paused_at REAL,                        -- since when this machine is at fault; NULL: it is not
    paused_for TEXT NOT NULL DEFAULT '',   -- and what for
    reloaded_at REAL,                      -- of its last reload
    reloaded TEXT NOT NULL DEFAULT '',     -- and what that changed, in words
    descriptors INTEGER,                   -- open ones, see metrics.Gauges; NULL: not known
    memory INTEGER,
    disk_free INTEGER,
    disk_inodes INTEGER,
    lag REAL NOT NULL DEFAULT 0            -- longest of its event loop, lately
) STRICT;

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
    parked INTEGER NOT NULL DEFAULT 0,     -- out of the way: its address was crowded
    well_at REAL,                          -- when a visit last brought what was asked for
    share REAL,                            -- share of such visits, lately
    first_failed_at REAL,                  -- of its failures in a row; NULL: it is well
    spacing REAL,                          -- time between its visits, lately
    per_day INTEGER,                       -- visits that budget and hours allow; NULL: any number
    store INTEGER NOT NULL DEFAULT 0       -- of its last visit; 0: of none, or there is only one
) STRICT;
CREATE INDEX host_ready ON host (class, ready_at)
    WHERE owner IS NULL AND ready_at IS NOT NULL AND NOT parked;
CREATE INDEX host_home ON host (store, class, ready_at)
    WHERE store > 0 AND owner IS NULL AND ready_at IS NOT NULL AND NOT parked;
CREATE INDEX host_parked ON host (address, ready_at) WHERE parked;
CREATE INDEX host_owner ON host (owner) WHERE owner IS NOT NULL;
CREATE INDEX host_held ON host (address) WHERE owner IS NOT NULL AND address IS NOT NULL;
CREATE INDEX host_closed ON host (opens_at) WHERE opens_at > 0;
CREATE INDEX host_asked ON host (asked_until, rules_until) WHERE asked_until > 0;
CREATE INDEX host_failing ON host (failing_since) WHERE failing_since IS NOT NULL;
CREATE INDEX host_silent ON host (failing_since)
    WHERE failing_since IS NOT NULL AND silent AND failures >= {FAILURES_TO_REST};
CREATE INDEX host_failed ON host (failed_until) WHERE failed_until > 0;
CREATE INDEX host_put_off ON host (put_off_until) WHERE put_off_until > 0;

CREATE TABLE used (                        -- hosts of URLs, as that walk notes them
    walk INTEGER NOT NULL,
    host INTEGER NOT NULL,
    PRIMARY KEY (walk, host)
) STRICT, WITHOUT ROWID;

CREATE TABLE address (                     -- what the hosts at one address share
    ip TEXT PRIMARY KEY,
    owner INTEGER,                         -- the process that holds hosts there
    answered_at REAL NOT NULL DEFAULT 0,   -- the last answer from there began to arrive then
    crowded REAL                           -- when hosts were parked there last; NULL: none are
) STRICT, WITHOUT ROWID;
CREATE INDEX address_owner ON address (owner) WHERE owner IS NOT NULL;
CREATE INDEX address_crowded ON address (owner, crowded) WHERE crowded IS NOT NULL;

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

CREATE TABLE task (
    id INTEGER PRIMARY KEY,
    fingerprint INTEGER NOT NULL,
    job INTEGER NOT NULL,
    host INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT {WAITING},
    due_at REAL NOT NULL,
    url TEXT NOT NULL,
    path TEXT,                             -- its file, once fixed
    listed INTEGER NOT NULL DEFAULT 1,
    attempt INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    put_off INTEGER NOT NULL DEFAULT 0,    -- visits that its host put off since its last end
    digest BLOB,                           -- of the stored file
    finished_at REAL,                      -- of the last visit
    ended TEXT,                            -- kind of the last visit that was an end
    first_seen INTEGER,                    -- wall time in seconds
    extra TEXT,                            -- columns of its list that headers use, as JSON
    via INTEGER,                           -- of a visit to robots.txt: the job whose options it has
    rank INTEGER NOT NULL DEFAULT {USUAL},      -- before the due time, see RANKS
    found_by INTEGER,                      -- the task whose page named it; NULL: a list does
    depth INTEGER NOT NULL DEFAULT 0       -- links that led to it from a list
) STRICT;
CREATE INDEX task_waiting ON task (host, job, rank, due_at) WHERE state = {WAITING};
CREATE INDEX task_leased ON task (host) WHERE state = {LEASED};
CREATE INDEX task_retrying ON task (job) WHERE state <= {LEASED} AND (failures > 0 OR put_off > 0);
CREATE INDEX task_unneeded ON task (job) WHERE state = {RETIRED} AND digest IS NOT NULL;

{VISITS}
CREATE TABLE fingerprint (                 -- the task of each, see fingerprints.py
    fingerprint INTEGER PRIMARY KEY,
    task INTEGER NOT NULL
) STRICT;
CREATE TABLE recent (                      -- fingerprints not moved there yet
    fingerprint INTEGER PRIMARY KEY,
    task INTEGER NOT NULL
) STRICT;
CREATE TABLE sweep (                       -- how far they have moved
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
) STRICT;
INSERT INTO sweep VALUES (1, {BEFORE_ALL});
CREATE VIEW known AS
    SELECT fingerprint, task FROM recent UNION ALL SELECT fingerprint, task FROM fingerprint;

{LISTS}
CREATE TABLE clock (                       -- of the frontier, see policy/course.py
    id INTEGER PRIMARY KEY CHECK (id = 1),
    boot TEXT NOT NULL DEFAULT '',         -- of the machine, which `offset` holds for
    "offset" REAL NOT NULL DEFAULT 0,      -- from the time since then to the frontier's time
    at REAL,                               -- when a process was last seen here
    stepped REAL NOT NULL DEFAULT 0,       -- sum of the steps; times of rests are without it
    settled INTEGER NOT NULL DEFAULT 0,
    doubted REAL,
    doubted_since REAL NOT NULL DEFAULT 0,
    ahead INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO clock (id) VALUES (1);

CREATE TABLE store (                       -- output folders in which files lie
    id INTEGER PRIMARY KEY,                -- 1 is the first; never used again
    uid TEXT NOT NULL UNIQUE,              -- in its mark, see store/mark.py
    machine TEXT NOT NULL,                 -- that saw it last
    folder TEXT NOT NULL,                  -- and where
    seen_at REAL NOT NULL
) STRICT;
CREATE TABLE file (
    key INTEGER PRIMARY KEY,               -- of store and path, see naming.path_key
    task INTEGER NOT NULL,
    machine TEXT NOT NULL DEFAULT '',      -- of no meaning, like the next one
    store TEXT NOT NULL DEFAULT ''
) STRICT;

{SUMS}
{WISHES}
{METRICS}
{OUTBOX}
{ACCOUNTS}
{COOKIES}"""
