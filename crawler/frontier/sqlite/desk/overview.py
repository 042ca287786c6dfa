"""What the ledger tells of the crawler as a whole: its processes, and the sums of its jobs."""

from dataclasses import dataclass, field

from crawler.frontier.process import Process
from crawler.frontier.sqlite.file.database import is_migrating
from crawler.frontier.sqlite.file.schema import ROBOTS_JOB, VERSION
from crawler.frontier.sqlite.file.statefile import Connection
from crawler.model import Seconds


@dataclass(frozen=True, slots=True)
class Member:
    """A process of the crawler, as its row tells."""

    owner: int
    process: Process
    started_at: Seconds
    lease_until: Seconds
    seen_at: Seconds
    state: str
    config: str
    busy: int
    visits: int
    rate: float
    rate_ok: float
    bytes: int
    outdated: int
    """1 while it has an older text of its configuration in force than another process."""

    def life(self, machine: str, now: Seconds) -> str:
        """Tell whether it is alive, dead, or silent: of another machine only its lease can tell."""
        if self.process.is_gone(machine):
            return "dead"
        return "alive" if self.process.may_live(machine, self.lease_until, now) else "silent"


def members(db: Connection) -> list[Member]:
    """Return the processes, the oldest first."""
    rows = db.execute(
        "SELECT id, machine, pid, born, started_at, lease_until, seen_at, state, config, busy, "
        "visits, rate, rate_ok, bytes, digest != '' AND digest != (SELECT digest FROM ledger) "
        "FROM process ORDER BY id"
    )
    return [Member(owner, Process(*row[:3]), *row[3:]) for owner, *row in rows]


@dataclass(frozen=True, slots=True)
class JobSums:
    """What has become of a job's URLs."""

    name: str
    active: bool
    """Whether the configuration still has it."""
    schedule: str
    known: int = 0
    retired: int = 0
    again: int = 0
    """Ended, and due again."""
    kinds: dict[str, int] = field(default_factory=dict)
    """By how their last visit ended that was an end."""
    held: int | None = None
    """URLs on its lists, where these lost too many to be believed at once."""
    meaning: str = ""
    """A mark of the options by which all of its lines were understood."""

    @property
    def waiting(self) -> int:
        """Return how many wait for their first end, or are on their way to it."""
        return self.known - self.retired - sum(self.kinds.values())


def jobs(db: Connection) -> list[JobSums]:
    """Return the sums of every job."""
    sums: dict[int, dict[str, int]] = {}
    for job, kind, n in db.execute("SELECT job, kind, n FROM tally WHERE n != 0"):
        sums.setdefault(job, {})[kind] = n
    rows = db.execute(
        "SELECT id, name, active, schedule, held, meaning FROM job WHERE id != ? "
        "ORDER BY active DESC, id",
        (ROBOTS_JOB,),
    )
    found = []
    for number, name, active, schedule, *others in rows.fetchall():
        kinds = sums.get(number, {})
        known, retired, again = (kinds.pop(kind, 0) for kind in ("", "retired", "+"))
        found.append(JobSums(name, bool(active), schedule, known, retired, again, kinds, *others))
    return found


def is_current(db: Connection) -> bool:
    """Tell whether a state file has the tables of today, and not those of an older crawler."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return bool(version == VERSION) and not is_migrating(db)


def job_names(db: Connection) -> set[str]:
    """Return the names of the jobs in a state file of any version."""
    rows = db.execute("SELECT name FROM job WHERE id != ?", (ROBOTS_JOB,))
    return {name for (name,) in rows}


def ledger_uid(db: Connection) -> str:
    """Return the id of a ledger; '' for one of an older crawler, which has none."""
    if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'ledger'").fetchone():
        return ""
    (uid,) = db.execute("SELECT uid FROM ledger").fetchone()
    return str(uid)
