"""Whether supervisord is told what a crawler needs: pure.

What an option means, and its default, is from supervisord's manual, "Configuration File".
"""

import re
from collections.abc import Iterator, Mapping

from crawler.model import Seconds
from crawler.policy.findings import Finding, bad, ok, warn
from crawler.value import value

CHECK = "supervisord"
MARGIN_S: Seconds = 5.0
"""How much longer than the grace period supervisord has to wait, until it kills."""
STARTS_S: Seconds = 10.0
"""What a wrong configuration may take to be refused on a loaded machine."""
_DRAINS = {"TERM", "INT", "SIGTERM", "SIGINT"}
_NUMBERED = re.compile(r"%\(process_num\)")
_OWN_FILE = re.compile(r"%\((process_num|process_name)\)")


@value
class Program:
    """A [program:x] of supervisord that runs a crawler."""

    name: str
    options: Mapping[str, str]

    def said(self, option: str, default: str) -> str:
        """Return what an option says, without its comment."""
        return self.options.get(option, default).partition(" ;")[0].strip()

    def number(self, option: str, default: int) -> int:
        """Return a number; the default where it is none, which supervisord refuses itself."""
        said = self.said(option, str(default))
        return int(said) if said.isdecimal() else default

    def flag(self, option: str) -> bool:
        """Tell whether an option that is off by default is on."""
        return self.said(option, "false").lower() in {"true", "on", "yes", "1"}


def judged(program: Program, grace_period: Seconds, log_file: str = "") -> list[Finding]:
    """Return what is wrong with a program, or that nothing is; `log_file` is the crawler's own."""
    place = f"[program:{program.name}]"
    found = [
        *_stopping(program, place, grace_period),
        *_restarting(program, place),
        *_naming(program, place),
        *_logging(program, place, log_file),
    ]
    return found or [ok(CHECK, f"{place} drains, restarts and logs as it should")]


def _stopping(program: Program, place: str, grace_period: Seconds) -> Iterator[Finding]:
    stop = program.said("stopsignal", "TERM").upper()
    if stop not in _DRAINS:
        yield bad(CHECK, f"{place} stops with {stop}, which is no drain", "set stopsignal=TERM")
    wait, needed = program.number("stopwaitsecs", 10), grace_period + MARGIN_S
    if wait < needed:
        yield bad(
            CHECK,
            f"{place} is killed {wait} s after a stop, and grace_period is {grace_period:g} s",
            f"set stopwaitsecs={needed:.0f} or more",
        )
    if not (program.flag("killasgroup") or program.flag("stopasgroup")):
        yield warn(
            CHECK, f"{place}: a kill leaves programs of `command` lists behind",
            "set killasgroup=true",
        )  # fmt: skip


def _restarting(program: Program, place: str) -> Iterator[Finding]:
    again = program.said("autorestart", "unexpected").lower()
    codes = {one.strip() for one in program.said("exitcodes", "0").split(",")}
    if again in {"false", "off", "no", "0"}:
        yield bad(
            CHECK, f"{place} stays down when it ends by a fault", "set autorestart=unexpected"
        )
    elif again != "unexpected":
        yield warn(
            CHECK, f"{place} is started anew after a drain, too: `crawler stop` does not stop it",
            "set autorestart=unexpected",
        )  # fmt: skip
    elif wrong := sorted(codes - {"0"}):
        yield bad(
            CHECK, f"{place} stays down after exit code {', '.join(wrong)}, a fault",
            "set exitcodes=0",
        )  # fmt: skip
    starts = program.number("startsecs", 1)
    if starts < STARTS_S:
        yield warn(
            CHECK, f"{place} counts as started after {starts} s: a wrong configuration may be "
            "tried for ever", f"set startsecs={STARTS_S:.0f}",
        )  # fmt: skip


def _naming(program: Program, place: str) -> Iterator[Finding]:
    if program.number("numprocs", 1) < 2:
        return
    if not _NUMBERED.search(program.said("process_name", "%(program_name)s")):
        yield bad(
            CHECK, f"{place} has several processes of one name, which supervisord refuses",
            "set process_name=%(program_name)s_%(process_num)02d",
        )  # fmt: skip
    for option in ("stdout_logfile", "stderr_logfile"):
        file = program.said(option, "AUTO")
        if _is_file(file) and not _OWN_FILE.search(file):
            yield bad(
                CHECK, f"{place}: several processes write and rotate {file}",
                f"put %(process_num)02d into {option}",
            )  # fmt: skip


def _logging(program: Program, place: str, log_file: str) -> Iterator[Finding]:
    if program.flag("redirect_stderr"):
        yield warn(
            CHECK, f"{place} mixes standard error into the JSON lines", "set redirect_stderr=false"
        )
    file = program.said("stdout_logfile", "AUTO")
    if log_file and file == log_file:
        yield bad(
            CHECK, f"{place} rotates {file}, which the crawler writes and rotates itself",
            "name another stdout_logfile",
        )  # fmt: skip
    elif not log_file:
        yield from _only_log(program, place, file)


def _only_log(program: Program, place: str, file: str) -> Iterator[Finding]:
    """Judge where standard output goes, which alone has the log."""
    if file.upper() == "AUTO":
        yield warn(
            CHECK, f"{place}: the log is deleted when supervisord starts", "name a stdout_logfile"
        )
    elif not _is_file(file):
        yield warn(CHECK, f"{place}: the log goes to {file}", "name a stdout_logfile")
    elif program.said("stdout_logfile_maxbytes", "50MB") == "0":
        yield warn(
            CHECK, f"{place}: {file} grows for ever, unless another program rotates it",
            "set stdout_logfile_maxbytes=50MB",
        )  # fmt: skip


def _is_file(said: str) -> bool:
    return said.upper() not in {"AUTO", "NONE", "SYSLOG"} and not said.startswith("/dev/")
