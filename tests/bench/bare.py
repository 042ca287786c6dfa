"""The least that fetching, hashing and storing takes in Python: what a big file is judged by."""

import sys
from pathlib import Path

from tests.bench.runs import Command
from tests.bench.scene import Contender, Scene, write_list

SCRIPT = """
import hashlib, os, socket, sys
from urllib.parse import urlsplit
listing, out = sys.argv[1:]
PIECE = 1 << 19
def fetch(url):
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port)) as wire:
        wire.sendall(f"GET {parts.path} HTTP/1.1\\r\\nHost: {parts.netloc}\\r\\n\\r\\n".encode())
        data = b""
        while b"\\r\\n\\r\\n" not in data:
            data += wire.recv(PIECE)
        head, _, data = data.partition(b"\\r\\n\\r\\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        left = int(head.lower().partition(b"content-length:")[2].split(None, 1)[0])
        digest = hashlib.sha256()
        with open(os.path.join(out, url.rpartition("/")[2]), "wb", buffering=0) as file:
            while True:
                digest.update(data)
                file.write(data)
                left -= len(data)
                if not left:
                    return digest.hexdigest()
                data = wire.recv(PIECE)
                assert data, "cut off"
for url in open(listing).read().split():
    fetch(url)
"""
"""One file after the other: on one core threads take as much CPU, and only switch."""


def _commands(scene: Scene, folder: Path) -> list[Command]:
    """Run it with our own interpreter: what is asked is what we add to it."""
    file = folder / "script.py"
    file.write_text(SCRIPT)
    return [Command([sys.executable, str(file), str(write_list(scene, folder)), "out"])]


BARE = Contender("bare", "bare loop: recv, SHA-256, write", _commands)
