"""The supervisord.conf that starts the daemon: read, and judged by what a crawler needs."""

import configparser
import errno
import glob
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from crawler.config import Settings
from crawler.policy.findings import Finding, bad, skip, warn
from crawler.policy.pressure import wanted_descriptors
from crawler.policy.supervision import CHECK, Program, judged

NAME = "supervisord.conf"
_USUAL = ("/etc/supervisor/supervisord.conf", "/etc/supervisord.conf")
_PROGRAM = "program:"
DEFAULT_MINFDS = 1024


def supervision(settings: Settings, file: Path, named: Path | None) -> Iterator[Finding]:
    """Judge each program that runs a configuration, in the file that was named or lies near it."""
    conf = named or _near(file)
    if conf is None:
        near = f"{file.absolute().parent} or above it, and not in /etc"
        yield skip(CHECK, f"no {NAME} in {near}; --supervisord FILE names one")
        return
    try:
        sections = _sections(conf)
    except (OSError, configparser.Error, UnicodeDecodeError) as error:
        words = " ".join(str(error).split())
        yield bad(CHECK, f"{conf} cannot be read: {words}", "mend it, or name another file")
        return
    found = list(_judged(settings, file, conf, sections))
    yield from found or [skip(CHECK, f"{conf}: no program in it runs {file}")]


def _near(file: Path) -> Path | None:
    """Return the file beside a configuration, in a folder above it, or where systems have it."""
    folders = file.absolute().parents
    places = [*(folder / NAME for folder in folders), *map(Path, _USUAL)]
    return next((place for place in places if place.is_file()), None)


def _sections(conf: Path) -> dict[str, Mapping[str, str]]:
    """Return the sections of a file and of those that it includes; later ones count."""
    parser = _read(conf)
    included = parser.get("include", "files", fallback="").split()
    for pattern in included:
        place = str(conf.absolute().parent / _here(pattern, conf))
        for one in sorted(glob.glob(place)):  # noqa: PTH207  as supervisord does it
            parser.read_dict(_read(Path(one)))
    return {name: dict(parser[name]) for name in parser.sections()}


def _read(conf: Path) -> configparser.RawConfigParser:
    """Read one file as supervisord does; `%(here)s` is the folder of each.

    Raises:
        OSError: it cannot be read, or is a pipe or device, which nobody may ever write to.
    """
    if not conf.is_file():
        raise OSError(errno.EINVAL, "it is no file")
    parser = configparser.RawConfigParser(
        strict=False, inline_comment_prefixes=(";", "#"), delimiters=("=", ":")
    )
    parser.read_string(_here(conf.read_text(encoding="utf-8"), conf), str(conf))
    return parser


def _here(text: str, conf: Path) -> str:
    return text.replace("%(here)s", str(conf.absolute().parent))


def _judged(
    settings: Settings, file: Path, conf: Path, sections: Mapping[str, Mapping[str, str]]
) -> Iterator[Finding]:
    options, folder = settings.crawler, conf.absolute().parent
    ours = [
        Program(name.removeprefix(_PROGRAM), section)
        for name, section in sections.items()
        if name.startswith(_PROGRAM) and _runs(section, file, folder)
    ]
    for program in ours:
        for one in judged(program, options.grace_period, log_file_of(settings)):
            yield replace(one, found=f"{conf}: {one.found}")
    if ours:
        yield from _minfds(conf, sections, wanted_descriptors(options.concurrency))


def _minfds(
    conf: Path, sections: Mapping[str, Mapping[str, str]], wanted: int
) -> Iterator[Finding]:
    """Say whether supervisord sees to the descriptors that a process wants."""
    minfds = sections.get("supervisord", {}).get("minfds", "").strip() or str(DEFAULT_MINFDS)
    if minfds.isdecimal() and int(minfds) < wanted:
        told = f"{conf}: minfds is {minfds}, and concurrency wants {wanted:,}"
        yield warn(CHECK, told, f"set minfds={wanted} or more in [supervisord]")


def _runs(section: Mapping[str, str], file: Path, folder: Path) -> bool:
    """Tell whether the command of a program runs a configuration, by its file or environment."""
    try:
        words = shlex.split(section.get("command", ""))
    except ValueError:
        return False
    at = folder / section.get("directory", "").strip()
    named = [at / word.removeprefix("--config=") for word in words]
    environment = section.get("environment", "")
    by_name = "CRAWLER_CONFIG" in environment and str(file.absolute()) in environment
    return "run" in words and (by_name or any(_same(one, file) for one in named))


def _same(one: Path, other: Path) -> bool:
    return one.name == other.name and one.resolve() == other.resolve()


def log_file_of(settings: Settings) -> str:
    """Return the file to which the crawler writes its log itself, '' if to none."""
    return str(getattr(settings.crawler.log, "file", None) or "")
