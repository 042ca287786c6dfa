"""`crawler web` as a subprocess, and what asks it as browsers and programs do."""

import http.client
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gevent

from tests.program import CRAWLER, until

PREFIX = "/api/v1"


@dataclass
class Reply:
    """An answer of the server."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def problem(self) -> dict[str, Any]:
        """Return the problem that it is."""
        assert self.headers["Content-Type"] == "application/problem+json", self.body
        told = self.json()
        assert told["status"] == self.status
        assert told.keys() == {"type", "title", "status", "detail", "kind"}
        return told


class Web:
    """A running `crawler web`."""

    def __init__(
        self,
        config: Path | None,
        *arguments: str,
        listen: str = "127.0.0.1:0",
        within: Sequence[str] = (),
        **environment: str,
    ) -> None:
        named = ["-c", str(config)] if config else []
        self._environment = environment
        self._command = [*within, *CRAWLER, "web", *named, "--listen", listen, *arguments]
        self._folder = config.parent if config else Path.cwd()
        self.records: list[dict[str, Any]] = []
        self.output = b""
        self.errors = ""

    def __enter__(self) -> "Web":
        self.process = subprocess.Popen(
            self._command, cwd=self._folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "GEVENT_MONITOR_THREAD_ENABLE": "1",
                 "GEVENT_MAX_BLOCKING_TIME": "0.1", **self._environment},
        )  # fmt: skip
        self.readers = [gevent.spawn(self._read_log), gevent.spawn(self._read_errors)]
        ready = until(lambda: self.told("web.ready"), "it is not ready", self)[0]
        self.host, _, port = ready["listen"].rpartition(":")
        self.port = int(port)
        self.token = Path(ready["token_file"]).read_text().strip()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        gevent.joinall(self.readers, timeout=5)
        self.process.stdout.close()
        self.process.stderr.close()

    def told(self, event: str) -> list[dict[str, Any]]:
        return [one for one in self.records if one["event"] == event]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        gevent.joinall(self.readers, timeout=5)
        return code

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = "",
        **headers: str,
    ) -> Reply:
        """Make one request; the token goes along unless it is another one, or None."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent.setdefault("Authorization", f"Bearer {token or self.token}")
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(self.host.strip("[]"), self.port, timeout=30)
        try:
            connection.request(method, path, body, sent)
            found = connection.getresponse()
            return Reply(found.status, found.headers, found.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: Any) -> Any:
        """Return the answer of the API to a GET that it answers."""
        reply = self.ask("GET", f"{PREFIX}/{path}", **headers)
        assert reply.status == 200, reply.body
        assert reply.headers["Content-Type"] == "application/json"
        return reply.json()

    def post(self, verb: str, **words: Any) -> Any:
        """Return the answer of the API to an act that it takes."""
        reply = self.ask("POST", f"{PREFIX}/{verb}", words)
        assert reply.status == 200, reply.body
        return reply.json()

    def events(self, seconds: float = 10.0) -> Iterator[tuple[str, Any]]:
        """Yield the events of a stream, with their data."""
        connection = http.client.HTTPConnection(self.host.strip("[]"), self.port, timeout=seconds)
        try:
            headers = {"Authorization": f"Bearer {self.token}"}
            connection.request("GET", f"{PREFIX}/events", headers=headers)
            found = connection.getresponse()
            assert found.status == 200, found.read()
            name = ""
            while line := found.readline():
                word, _, value = line.decode().rstrip("\n").partition(": ")
                if word == "event":
                    name = value
                elif word == "data":
                    yield name, json.loads(value)
        finally:
            connection.close()

    def _read_log(self) -> None:
        for line in self.process.stdout:
            self.output += line
            self.records.append(json.loads(line))

    def _read_errors(self) -> None:
        for line in self.process.stderr:
            self.errors += line.decode()
