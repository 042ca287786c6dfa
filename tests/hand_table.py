"""The table of docs/fetch.md: each option beside curl and wget, on one server, as they did it.

`python -m tests.hand_table` writes it; a test types all of it anew and holds the page against it.
"""

import os
import re
import shlex
import ssl
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from tests.hand_server import BODY, HandServer, Request
from tests.program import at_once
from tests.proxies import HttpProxy

PAGE = Path(__file__).parents[1] / "docs" / "fetch.md"
COMMAND = "python -m tests.hand_table"
_MARKED = re.compile(r"(<!-- beside curl and wget -->\n).*?(<!-- end -->)", re.DOTALL)
_FILES = {
    "jar": "127.0.0.1\tFALSE\t/\tFALSE\t0\tsid\t1\n", "form": "a=1\nb=2\n",
    ".netrc": "machine 127.0.0.1 login me password pw\n",
}  # fmt: skip
NONE = "–"
"""What stands in the place of a tool that has nothing like it."""
_STAMP_S = 1_604_224_800


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    out: bytes
    requests: Sequence[Request]
    files: dict[str, bytes]
    proxied: bool


Look = Callable[[Done], str]


def sent(*names: str) -> Look:
    """Look at fields of the last request."""

    def look(done: Done) -> str:
        headers = done.requests[-1].headers if done.requests else {}
        found = [
            f"`{name}: {headers[key]}`" for name in names if (key := name.upper().replace("-", "_"))
            in headers
        ]  # fmt: skip
        return ", ".join(found) or "not sent"

    return look


def way(done: Done) -> str:
    return "by the proxy" if done.proxied else "straight"


def posted(done: Done) -> str:
    last = done.requests[-1]
    if not last.body:
        return f"{last.line.split()[0]} of nothing"
    kind = last.headers["CONTENT_TYPE"].rpartition("/")[2]
    return f"{last.line.split()[0]} of `{last.body}` as {kind}".replace("\n", r"\n")


def code(done: Done) -> str:
    return f"exits with {done.code}"


def asked(done: Done) -> str:
    return ", ".join(sorted(one.line.removeprefix("GET ") for one in done.requests)) or "nothing"


def files(done: Done) -> str:
    said = [f"`{name}` {_content(body)}" for name, body in sorted(done.files.items())]
    return ", ".join(said) or "no file"


def named(done: Done) -> str:
    """Tell files, where the digest of a URL in a name is the same whatever the port."""
    return re.sub(r"-[0-9a-f]{16}", "-DIGEST", files(done))


def printed(done: Done) -> str:
    return "prints the body alone" if done.out == BODY else _printed(done.out)


def times(done: Done) -> str:
    number = len(done.requests)
    return "asks once" if number == 1 else f"asks {number} times"


def _printed(out: bytes) -> str:
    return "prints more" if out else "prints nothing"


def _content(body: bytes) -> str:
    if body == BODY:
        return "whole"
    return "packed" if body[:2] == b"\x1f\x8b" else f"of {len(body)} bytes"


@dataclass(frozen=True)
class Row:
    """An option; {u} is the server, {s} one with a certificate that nobody vouches for."""

    option: str
    curl: str
    wget: str
    ours: str
    looks: tuple[Look, ...]
    why: str = ""
    """Why it is not what both do, or one of them."""
    there: tuple[tuple[str, bytes], ...] = ()
    """Files that are there before."""
    environment: tuple[tuple[str, str], ...] = ()


MINE = ((("a.txt", b"mine")),)
STALE = "a part of unknown origin is not gone on with: nothing tells which version it is of"
ROWS = (
    Row("`-H`", "curl -H 'X-Key: v' {u}/a.txt", "wget --header 'X-Key: v' {u}/a.txt",
        "-H 'X-Key: v' {u}/a.txt", (sent("X-Key"),)),
    Row("`-A`", "curl -A me {u}/a.txt", "wget -U me {u}/a.txt", "-A me {u}/a.txt",
        (sent("User-Agent"),)),
    Row("`-e`", "curl -e http://r/ {u}/a.txt", "wget --referer http://r/ {u}/a.txt",
        "-e http://r/ {u}/a.txt", (sent("Referer"),)),
    Row("`-u`", "curl -u me:pw {u}/secret", "wget --user me --password pw {u}/secret",
        "-u me:pw {u}/secret", (times, code), "it is sent at once"),
    Row("`--digest`", "curl --digest -u me:pw {u}/digest",
        "wget --user me --password pw {u}/digest", "--digest -u me:pw {u}/digest", (times, code)),
    Row("`user:pw@host`", "curl http://me:pw@{h}/secret", "wget http://me:pw@{h}/secret",
        "http://me:pw@{h}/secret", (times, code)),
    Row("`--netrc`", "curl --netrc {u}/secret", "wget {u}/secret", "--netrc {u}/secret",
        (times, code)),
    Row("`-b a=1`", "curl -b a=1 {u}/a.txt", "wget --header 'Cookie: a=1' {u}/a.txt",
        "-b a=1 {u}/a.txt", (sent("Cookie"),)),
    Row("`-b FILE`, `--load-cookies`", "curl -b jar {u}/a.txt", "wget --load-cookies jar {u}/a.txt",
        "--load-cookies jar {u}/a.txt", (sent("Cookie"),)),
    Row("cookies that a redirect sets", "curl -L {u}/wall", "wget {u}/wall", "{u}/wall",
        (times, code)),
    Row("`-b ''`", "curl -L -b '' {u}/wall", "wget {u}/wall", "-b '' {u}/wall", (times, code)),
    Row("`-b ''` of several URLs", "curl -b '' {u}/sets {u}/a.txt", "wget {u}/sets {u}/a.txt",
        "--per-host 1 -b '' {u}/sets {u}/a.txt", (sent("Cookie"),)),
    Row("`-d`", "curl -d a=1 -d b=2 {u}/a.txt", "wget --post-data 'a=1&b=2' {u}/a.txt",
        "-d a=1 -d b=2 {u}/a.txt", (posted,)),
    Row("`-d @FILE`", "curl -d @form {u}/a.txt", "wget --post-file form {u}/a.txt",
        "-d @form {u}/a.txt", (posted,), "line ends fall away"),
    Row("`-X`", "curl -X POST {u}/a.txt", "wget --method POST {u}/a.txt", "-X POST {u}/a.txt",
        (posted,)),
    Row("`-x`", "curl -x {p} {u}/a.txt", "wget -e use_proxy=yes -e http_proxy={p} {u}/a.txt",
        "-x {p} {u}/a.txt", (way, code)),
    Row("`http_proxy`", "curl {u}/a.txt", "wget {u}/a.txt", "{u}/a.txt", (way, code),
        environment=(("http_proxy", "{p}"),)),
    Row("`no_proxy`", "curl {u}/a.txt", "wget {u}/a.txt", "{u}/a.txt", (way, code),
        environment=(("http_proxy", "{p}"), ("no_proxy", "127.0.0.1"))),
    Row("TLS that nobody vouches for", "curl {s}/a.txt", "wget {s}/a.txt", "{s}/a.txt", (code,)),
    Row("`-k`", "curl -k {s}/a.txt", "wget --no-check-certificate {s}/a.txt", "-k {s}/a.txt",
        (code,)),
    Row("`--cacert`", "curl --cacert ca {s}/a.txt", "wget --ca-certificate ca {s}/a.txt",
        "--cacert ca {s}/a.txt", (code,)),
    Row("`-O`", "curl -O {u}/a.txt", "wget {u}/a.txt", "-O {u}/a.txt", (files,)),
    Row("`-J`, `--content-disposition`", "curl -O -J {u}/named",
        "wget --content-disposition {u}/named", "-J {u}/named", (files, code)),
    Row("`-J`, and the name is taken", "curl -O -J {u}/named",
        "wget --content-disposition {u}/named", "-J {u}/named", (named, code),
        "the file that is there stays, and the other has a digest in its name",
        ((("b.txt", b"mine")),)),
    Row("`-o NAME`", "curl -o b {u}/a.txt", "wget -O b {u}/a.txt", "-o b {u}/a.txt", (files,)),
    Row("`-o -`", "curl {u}/a.txt", "wget -qO- {u}/a.txt", "-o - {u}/a.txt", (printed,)),
    Row("`-P`", "curl --create-dirs --output-dir d -O {u}/a.txt", "wget -P d {u}/a.txt",
        "-P d -O {u}/a.txt", (files,)),
    Row("`-o NAME` that is there", "curl -o a.txt {u}/a.txt", "wget -O a.txt {u}/a.txt",
        "-o a.txt {u}/a.txt", (files, code), "a file that is somebody else's stays", MINE),
    Row("`--force`", "curl -o a.txt {u}/a.txt", "wget -O a.txt {u}/a.txt",
        "--force -o a.txt {u}/a.txt", (files, code), "", MINE),
    Row("`-nc`", "curl --no-clobber -O {u}/a.txt", "wget -nc {u}/a.txt", "-nc -O {u}/a.txt",
        (files, asked), "", MINE),
    Row("`-N`", "curl -z a.txt -O {u}/a.txt", "wget -N {u}/a.txt", "-N -O {u}/a.txt",
        (sent("If-Modified-Since"), files), "", ((("a.txt", BODY)),)),
    Row("`-c` after another program", "curl -C - -O {u}/a.txt", "wget -c {u}/a.txt",
        "-c -O {u}/a.txt", (files, code), STALE, ((("a.txt", BODY[:30])),)),
    Row("`--tries`, `--retry`", "curl --retry 1 {u}/busy",
        "wget --tries 2 --retry-on-http-error 503 {u}/busy", "--tries 2 {u}/busy", (times, code)),
    Row("redirects", "curl {u}/moved", "wget {u}/moved", "{u}/moved", (asked,)),
    Row("`--max-redirs 0`", "curl -L --max-redirs 0 {u}/moved", "wget --max-redirect 0 {u}/moved",
        "--max-redirs 0 {u}/moved", (asked, code)),
    Row("`--max-time 1`", "curl --max-time 1 {u}/slow", "wget -T 1 --tries 1 {u}/slow",
        "--max-time 1 --tries 1 {u}/slow", (code,)),
    Row("404", "curl {u}/missing", "wget {u}/missing", "{u}/missing", (code,)),
    Row("401", "curl {u}/secret", "wget --no-netrc {u}/secret", "{u}/secret", (code,)),
    Row("no connection", "curl http://127.0.0.1:1/", "wget --tries 1 http://127.0.0.1:1/",
        "--tries 1 http://127.0.0.1:1/", (code,)),
    Row("compressed answers", "curl --compressed -O {u}/packed",
        "wget --compression auto {u}/packed", "-O {u}/packed", (files,)),
    Row("`--raw`", "curl --raw -H 'Accept-Encoding: gzip' -O {u}/packed",
        "wget --header 'Accept-Encoding: gzip' {u}/packed", "--raw -O {u}/packed", (files,)),
    Row("`--checksum` of another body", "", "",
        f"--tries 1 --checksum md5={'0' * 32} {{u}}/a.txt", (files, code)),
    Row("globs", "curl '{u}/{{a,b}}[1-2]'", "", "'{u}/{{a,b}}[1-2]'", (asked,)),
    Row("`-i`", "", "wget -i urls", "-i urls", (asked,)),
    Row("`-q`, `-s`", "curl -s -O {u}/missing", "wget -q {u}/missing",
        "-q {u}/missing", (printed,)),
)  # fmt: skip


class Hand:
    """Types commands, each in a folder of its own with the files that it needs."""

    def __enter__(self) -> "Hand":
        self._stack = ExitStack()
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        self._ca = authority.cert_pem.bytes()
        self._server = self._stack.enter_context(HandServer())
        self._secure = self._stack.enter_context(HandServer(ssl_context=context))
        self._proxy = self._stack.enter_context(HttpProxy())
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def did(self, row: Row) -> list[str]:
        """Return what curl, wget and ours did of a row."""
        return [self._did(row, tool) if tool else NONE for tool in (row.curl, row.wget, row.ours)]

    def _did(self, row: Row, command: str) -> str:
        words = [self._filled(word) for word in shlex.split(command)]
        self._server.fresh()
        self._secure.fresh()
        self._proxy.asked.clear()
        with tempfile.TemporaryDirectory() as name, _environment(self._environment(row, name)):
            folder = Path(name)
            self._lay(folder, row)
            if command is row.ours:
                ended = at_once("fetch", *words, cwd=folder)
                code, out = ended.returncode, ended.stdout.encode()
            else:
                typed = subprocess.run(words, cwd=folder, capture_output=True, check=False)
                code, out = typed.returncode, typed.stdout
            requests = [*self._server.requests, *self._secure.requests]
            done = Done(code, out, requests, self._left(folder), proxied=bool(self._proxy.asked))
        return "; ".join(look(done) for look in row.looks)

    def _filled(self, word: str) -> str:
        host = self._server.host
        return word.format(
            u=f"http://{host}", h=host, s=f"https://{self._secure.host}", p=self._proxy.url
        )

    def _environment(self, row: Row, home: str) -> dict[str, str]:
        return {"HOME": home, **{name: self._filled(text) for name, text in row.environment}}

    def _lay(self, folder: Path, row: Row) -> None:
        given = {name: text.encode() for name, text in _FILES.items()}
        given |= {"ca": self._ca, "urls": self._filled("{u}/a.txt\n{u}/b.txt\n").encode()}
        self._given = given.keys()
        for name, content in (given | dict(row.there)).items():
            (folder / name).write_bytes(content)
            os.utime(folder / name, (_STAMP_S, _STAMP_S))

    def _left(self, folder: Path) -> dict[str, bytes]:
        """Return the files that the command left, but for those that belong to a tool itself."""
        found = {str(path.relative_to(folder)): path for path in folder.rglob("*")}
        return {
            name: path.read_bytes()
            for name, path in found.items()
            if path.is_file() and name not in self._given and not name.startswith(".")
        }


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Let programs see these variables, and none that would change what they do."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.lower().endswith("_proxy") or name == "NETRC":
                patch.delenv(name)
        for name, value in values.items():
            patch.setenv(name, value)
        yield


def cells(row: Row, did: list[str]) -> list[str]:
    """Return a row of the table, and see that it says whether ours is as theirs."""
    curl, wget, ours = did
    alike = [name for name, one in (("curl", curl), ("wget", wget)) if one in {ours, NONE}]
    assert alike or row.why, f"{row.option}: {did}"
    told = "equal" if len(alike) == 2 else f"as {alike[0]}" if alike else "neither"
    return [row.option, curl, wget, ours, ": ".join(filter(None, [told, row.why]))]


def table(hand: Hand) -> str:
    """Type everything, and return the table."""
    head = ["", "curl", "wget", "crawler fetch", ""]
    lines = [head, ["---"] * len(head), *(cells(row, hand.did(row)) for row in ROWS)]
    return "".join(f"| {' | '.join(line)} |\n".replace("|  |", "| |") for line in lines)


def written(page: str, shown: str) -> str:
    """Return the page with a table."""
    text, found = _MARKED.subn(lambda at: at[1] + shown + at[2], page)
    assert found == 1, f"{PAGE} has no place for the table"
    return text


if __name__ == "__main__":
    with Hand() as hand:
        PAGE.write_text(written(PAGE.read_text(), table(hand)))
