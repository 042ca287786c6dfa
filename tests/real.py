"""Real servers, as Debian packages them, each serving a folder on loopback."""

import contextlib
import hashlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.program import until

NGINX = """
{user} daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 2048; }}
http {{
  access_log off; default_type application/octet-stream; types {{ text/plain txt; }}
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  limit_req_zone $binary_remote_addr zone=one:1m rate=5r/s; limit_req_status 429;
  server {{
    listen 127.0.0.1:{port} {ssl}; root {root}; gzip on; gzip_min_length 1; gzip_types text/plain;
    {certificate}
    location /limited/ {{ alias {root}/; limit_req zone=one; error_page 429 @later; }}
    location @later {{ add_header Retry-After 1 always; return 429; }}
    location /gone {{ return 444; }}
  }}
}}
"""
LIGHTTPD = """
server.document-root = "{root}"
server.port = {port}
server.bind = "127.0.0.1"
server.errorlog = "{folder}/error.log"
server.modules = ("mod_deflate", "mod_auth", "mod_authn_file")
mimetype.assign = (".txt" => "text/plain", "" => "application/octet-stream")
deflate.mimetypes = ("text/plain")
deflate.allowed-encodings = ("gzip")
auth.backend.htdigest.userfile = "{folder}/users"
auth.require = (
  "/md5/" => (
    "method" => "digest", "algorithm" => "MD5", "realm" => "us", "require" => "valid-user"
  ),
  "/sha/" => (
    "method" => "digest", "algorithm" => "SHA-256", "realm" => "us", "require" => "valid-user"
  )
)
auth.backend = "htdigest"
"""
USERS = "".join(
    f"me:us:{hashlib.new(name, b'me:us:pw').hexdigest()}\n" for name in ("md5", "sha256")
)
"""A file of htdigest: user `me`, realm `us`, password `pw`."""
CADDY = """
{{
  admin off
  auto_https off
}}
http://127.0.0.1:{port} {{
  root * {root}
  encode gzip
  file_server
}}
"""
SQUID = """
http_port 127.0.0.1:{port}
http_access allow all
cache deny all
pid_filename {folder}/pid
cache_log {folder}/cache.log
access_log none
coredump_dir {folder}
shutdown_lifetime 0 seconds
pinger_enable off
"""
TINYPROXY = """
Port {port}
Listen 127.0.0.1
Timeout 60
LogFile "{folder}/log"
PidFile "{folder}/pid"
MaxClients 50
"""
COMMANDS = {
    "nginx": (NGINX, ["nginx", "-c", "{conf}", "-e", "{folder}/error.log"]),
    "lighttpd": (LIGHTTPD, ["lighttpd", "-D", "-f", "{conf}"]),
    "caddy": (CADDY, ["caddy", "run", "--adapter", "caddyfile", "--config", "{conf}"]),
    "squid": (SQUID, ["squid", "-N", "-f", "{conf}"]),
    "tinyproxy": (TINYPROXY, ["tinyproxy", "-d", "-c", "{conf}"]),
}


def needs(program: str) -> str:
    """Return where a program is; on a machine without it, skip, or fail where CI must have it."""
    path = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    return path or lacks(f"{program} is not installed")


def needs_root(what: str) -> None:
    """Skip a test, or fail it where CI must be root, that only root can make."""
    if os.geteuid() != 0:
        lacks(f"only root can {what}")


def lacks(what: str) -> NoReturn:
    """Skip a test, visibly, for what a machine lacks; in CI that is an error."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a small file system on a folder until the end of the block."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        lacks(f"no small disk can be mounted: {mounted.stderr}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def resize(disk: Path, size: str) -> None:
    """Give a small file system another size."""
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)


@contextlib.contextmanager
def serving(name: str, root: Path, folder: Path, *, certificate: str = "") -> Iterator[str]:
    """Run a server until the end of the block; yield its URL."""
    template, command = COMMANDS[name]
    program = needs(command[0])
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    folder.mkdir()
    folder.chmod(0o777)  # squid changes its user
    conf = folder / "conf"
    (folder / "users").write_text(USERS)
    ssl = "ssl" if certificate else ""
    conf.write_text(
        template.format(
            folder=folder,
            port=port,
            root=root,
            ssl=ssl,
            certificate=certificate,
            user="user root;" if os.geteuid() == 0 else "",
        )
    )
    arguments = [part.format(conf=conf, folder=folder) for part in command[1:]]
    environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    with subprocess.Popen(
        [program, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        try:
            until(lambda: listens(port), f"{name} does not answer")
            yield f"{'https' if certificate else 'http'}://127.0.0.1:{port}"
        finally:
            process.terminate()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
