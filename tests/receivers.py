"""A receiver of webhooks on loopback: it checks signatures, and does with answers as it is told."""

import base64
import hashlib
import hmac
import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

SECRET = "whsec_" + base64.b64encode(b"a key of the operator's own").decode()


class Receiver:
    """Takes messages on a port that stays its own while it is down."""

    def __init__(self, port: int = 0, *, status: int = 204, headers: dict[str, str] | None = None):
        self.status = status
        self.headers = headers or {}
        self.messages: list[tuple[str, list[dict[str, Any]]]] = []
        """Id and events of each message that was taken."""
        self.refused = 0
        self.forged = 0
        self._port = port

    def __enter__(self) -> Self:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(receiver.take(dict(self.headers), body))
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/hook"

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Take a message; return the status of the answer."""
        if not is_genuine(headers, body, SECRET):
            self.forged += 1
            return 401
        if self.status >= 300:
            self.refused += 1
            return self.status
        self.messages.append((headers["webhook-id"], json.loads(body)["data"]["events"]))
        return self.status

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return each event once, in the order in which they came."""
        return list({one["id"]: one for _, events in self.messages for one in events}.values())

    def by_url(self) -> dict[str, list[dict[str, Any]]]:
        """Return the events of each URL, in the order in which they came."""
        found = defaultdict(list)
        for event in self.events:
            found[event["url"]].append(event)
        return found


def is_genuine(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """Tell whether a message is signed with a secret, as Standard Webhooks 1.0.0 says."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mark = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return hmac.compare_digest(headers.get("webhook-signature", ""), f"v1,{mark}")
