"""Against servers that others wrote: nginx with a real tree."""

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.program import fetch, until

CONFIG = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 2048; }}
http {{
  access_log off; default_type application/octet-stream; client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
  scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; root {root}; gzip on; gzip_types text/plain; }}
}}
"""


def needs(program: str) -> str:
    """Return where a program is; on a machine without it, skip, or fail where CI must have it."""
    path = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    if path is None and os.environ.get("CI"):
        pytest.fail(f"{program} is missing")
    if path is None:
        pytest.skip(f"{program} is not installed")
    return path


@pytest.fixture
def nginx(tmp_path, unused_port):
    """Run nginx over a real tree of at least 2,000 files; yield its URL and the tree."""
    program = needs("nginx")
    root = Path("/usr/share/doc")
    folder = tmp_path / "nginx"
    folder.mkdir()
    (folder / "conf").write_text(CONFIG.format(folder=folder, port=unused_port, root=root))
    with subprocess.Popen(
        [program, "-c", str(folder / "conf"), "-e", str(folder / "error.log")]
    ) as process:
        until(lambda: _listens(unused_port), "nginx does not answer")
        yield f"http://127.0.0.1:{unused_port}", root
        process.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_every_file_of_a_real_tree_arrives_equal(nginx, tmp_path):
    url, root = nginx
    files = {
        f"{url}{quote(str(file.relative_to(root).as_posix()).join(('/', '')))}": file
        for file in sorted(root.rglob("*"))[:6000]
        if file.is_file() and not file.is_symlink() and os.access(file, os.R_OK)
    }
    (tmp_path / "list").write_text("\n".join(files))
    done = fetch("-i", "list", "-m", "64", "-o", "out", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    told = [json.loads(line) for line in done.stdout.splitlines()]
    print(f"{len(told)} files")
    assert len(told) == len(files)
    assert len({line["path"] for line in told}) == len(files)
    for line in told:
        stored = (tmp_path / "out" / line["path"]).read_bytes()
        assert stored == files[line["url"]].read_bytes(), line["url"]
