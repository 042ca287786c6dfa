"""`crawler fetch --checksum`: of one URL, and as a list says it."""

import hashlib
import json

import pytest

from tests.program import at_once
from tests.servers import Site

BODY = b"0123456789" * 10
SHA, OTHER = hashlib.sha256(BODY).hexdigest(), "0" * 64


def fetched(*words: str, cwd):
    return at_once("fetch", "--json", *words, cwd=cwd)


@pytest.fixture
def site():
    with Site(lambda path: b"?" if path == "/torn" else BODY) as site:
        yield site


def test_a_body_of_another_digest_is_not_stored_and_ends_with_9(site, tmp_path):
    done = fetched(
        "-O", "--tries", "2", "--checksum", f"sha-256={OTHER}", f"{site.url}/a", cwd=tmp_path
    )
    assert done.returncode == 9
    assert json.loads(done.stdout.splitlines()[0])["kind"] == "mismatch"
    assert len(site.requests) == 2
    assert not [*tmp_path.iterdir()]
    done = fetched("-O", "--checksum", f"SHA256:{SHA}", f"{site.url}/a", cwd=tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "a").read_bytes() == BODY


def test_a_list_says_digests_and_mirrors(site, tmp_path):
    rows = f"url,sha256,mirrors\n{site.url}/torn,{SHA},{site.url}/good\n{site.url}/b,{OTHER},\n"
    (tmp_path / "list.csv").write_text(rows)
    done = fetched("-i", "list.csv", "--tries", "1", "--checksum", "list", "-O", cwd=tmp_path)
    assert done.returncode == 9
    kinds = {one["url"][-4:]: one["kind"] for one in map(json.loads, done.stdout.splitlines())}
    assert kinds == {"torn": "stored", f"{site.port}/b"[-4:]: "mismatch"}
    assert (tmp_path / "torn").read_bytes() == BODY


def test_a_metalink_file_says_them_by_itself(site, tmp_path):
    (tmp_path / "one.meta4").write_text(
        f'<metalink><file name="x"><hash type="sha-256">{SHA}</hash><size>{len(BODY)}</size>'
        f'<url priority="1">{site.url}/torn</url><url>{site.url}/good</url></file></metalink>'
    )
    assert fetched("-i", "one.meta4", "--tries", "1", "-O", cwd=tmp_path).returncode == 0
    assert (tmp_path / "torn").read_bytes() == BODY


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (
            ["--checksum", "sha-256=12", "http://h/"],
            "--checksum: its sha256 is not 64 hexadecimal digits",
        ),
        (["--checksum", "12", "http://h/"], "--checksum: write it as sha256=HEX"),
        (["--checksum", f"md5={'0' * 32}", "http://h/[1-2]"], "--checksum is that of one URL"),
        (["--checksum", "list", "http://h/"], "--checksum list: -i names the list"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_is_asked(tmp_path, words, why):
    done = at_once("fetch", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert why in done.stderr
    assert len(done.stderr.splitlines()) == 1
