"""What the benchmark says of the interpreter that it measured with."""

import sys

import pytest

from tests.bench.interpreter import build, facts, said

WRITTEN = "-fprofile-use -fprofile-correction"
"""What configure writes for every gcc, whether a profile is used or not."""


@pytest.mark.parametrize(
    ("variables", "pgo", "lto"),
    [
        ({"CONFIG_ARGS": "'--prefix=/p'", "PGO_PROF_USE_FLAG": WRITTEN}, "no", "no"),
        ({"CONFIG_ARGS": "'--enable-optimizations' '--with-lto'"}, "yes", "yes"),
        ({"CONFIG_ARGS": "'--enable-optimizations=no' '--with-lto=thin'",
          "PGO_PROF_USE_FLAG": WRITTEN}, "no", "yes"),
        ({"CONFIG_ARGS": "'--enable-optimizations'", "PGO_PROF_USE_FLAG": WRITTEN}, "yes", "no"),
        ({"CONFIG_ARGS": "'--prefix=/p'", "PGO_PROF_USE_FLAG": WRITTEN,
          "PY_CORE_LDFLAGS": "-flto=auto -fprofile-use"}, "yes", "yes"),
        ({"CONFIG_ARGS": "'--prefix=/usr'", "PGO_PROF_USE_FLAG": ""}, "unknown", "unknown"),
        ({"CONFIG_ARGS": None, "PGO_PROF_USE_FLAG": None}, "unknown", "unknown"),
        ({"CONFIG_ARGS": "", "PGO_PROF_USE_FLAG": WRITTEN}, "unknown", "unknown"),
    ],
    ids=["plain", "both", "thin LTO alone", "PGO alone", "by flags", "Debian", "Windows", "silent"],
)  # fmt: skip
def test_a_build_is_what_its_options_and_flags_say_and_unknown_where_they_were_taken_out(
    variables, pgo, lto
):
    assert build(variables) == {"pgo": pgo, "lto": lto}


def test_the_interpreter_at_work_tells_its_version_and_build():
    found = facts(sys.executable)
    assert found["version"] == ".".join(map(str, sys.version_info[:3]))
    assert {found["pgo"], found["lto"]} <= {"yes", "no", "unknown"}


def test_a_build_is_told_in_words():
    found = {"version": "3.12.1", "compiler": "GCC 13", "packager": "", "pgo": "yes", "lto": "no"}
    assert said(found) == "3.12.1 (PGO, no LTO, GCC 13)"
    other = {**found, "packager": "Debian", "pgo": "unknown", "lto": "unknown"}
    assert said(other) == "3.12.1 (Debian's, PGO unknown, LTO unknown, GCC 13)"
