"""What an interpreter says of its own build: by a profile (PGO), as one whole (LTO), or plainly."""

import json
import re
import subprocess
from collections.abc import Mapping
from typing import Any

YES, NO, UNKNOWN = "yes", "no", "unknown"
_COMPILED = ("PY_CORE_CFLAGS", "PY_CORE_LDFLAGS", "CONFIGURE_CFLAGS_NODIST",
             "CONFIGURE_LDFLAGS_NODIST")  # fmt: skip
"""Flags that the interpreter itself was compiled and linked with."""
_PROFILED = re.compile(r"-fprofile(-instr)?-use\b")
_ASK = """
import json, platform, sysconfig
print(json.dumps({
    "version": platform.python_version(), "compiler": platform.python_compiler(),
    "debian": "deb_system" in sysconfig.get_scheme_names(),
    "variables": {key: sysconfig.get_config_var(key) for key in KEYS},
}))
"""


def facts(python: str) -> dict[str, str]:
    """Return version, compiler, packager and build of an interpreter, as it tells them itself."""
    keys = ("CONFIG_ARGS", "PGO_PROF_USE_FLAG", *_COMPILED)
    done = subprocess.run(
        [python, "-c", _ASK.replace("KEYS", repr(keys))], check=True, capture_output=True, text=True
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return {
        "version": told["version"],
        "compiler": told["compiler"],
        "packager": "Debian" if told["debian"] else "",
        **build(told["variables"]),
    }


def build(variables: Mapping[str, str | None]) -> dict[str, str]:
    """Return whether `pgo` and `lto` were used, by the variables of sysconfig: yes, no or unknown.

    Options of configure and flags of the compiler say yes. What was not asked for is a no, unless
    somebody took flags out of the variables: configure writes PGO_PROF_USE_FLAG for every gcc and
    clang, used or not. Debian compiles with both, and has its variables say neither.
    """
    asked = variables.get("CONFIG_ARGS") or ""
    whole = bool(asked and variables.get("PGO_PROF_USE_FLAG"))
    flags = " ".join(variables.get(key) or "" for key in _COMPILED)
    found = {
        "pgo": _option(asked, "--enable-optimizations") or _PROFILED.search(flags),
        "lto": _option(asked, "--with-lto") or "-flto" in flags,
    }
    otherwise = NO if whole else UNKNOWN
    return {name: YES if used else otherwise for name, used in found.items()}


def _option(asked: str, name: str) -> bool:
    """Tell whether an option of configure was given, and not with the value `no`."""
    words = [word.strip("'\"") for word in asked.split()]
    return any(word == name or word.startswith(f"{name}=") for word in words) and (
        f"{name}=no" not in words
    )


def said(found: Mapping[str, str]) -> str:
    """Return what was found in words, for the head of a table."""
    forms = {YES: "{}", NO: "no {}", UNKNOWN: "{} unknown"}
    parts = [forms[found[key]].format(key.upper()) for key in ("pgo", "lto")]
    owner = [f"{found['packager']}'s"] if found["packager"] else []
    return f"{found['version']} ({', '.join([*owner, *parts, found['compiler']])})"
