"""`crawler web` as a subprocess, and what asks it as browsers and programs do."""

import contextlib
import http.client
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.program import CRAWLER, Program, until

PREFIX = "/api/v1"
START_S = 60.0
"""How long it may take to be loaded: it is no test's patience."""


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


class Web(Program):
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
        web = [*within, *CRAWLER, "web", *named, "--listen", listen, *arguments]
        super().__init__(web, **environment)
        self.folder = config.parent if config else Path.cwd()

    def __enter__(self) -> Self:
        super().__enter__()
        with contextlib.ExitStack() as undo:
            undo.push(self.__exit__)
            told = until(lambda: self.told("web.ready"), "no web.ready", self, patience=START_S)
            ready = told[0]
            undo.pop_all()
        self.host, _, port = ready["listen"].rpartition(":")
        self.port = int(port)
        self.token_file = Path(ready["token_file"])
        self.token = self.token_file.read_text().strip()
        return self

    @property
    def origin(self) -> str:
        return f"http://{self.host}:{self.port}"

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
