"""`crawler web`: the page, the API and the metrics of a crawler, for browsers and programs."""

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.errors import UsageError
from crawler.verbs.commands.options import CONFIG, STATE
from crawler.verbs.importing import importing

if TYPE_CHECKING:
    from crawler.state_address import StateAddress


class _Address(click.ParamType[tuple[str, int]]):
    """An address and a port: 127.0.0.1:8640, [::1]:8640."""

    name = "address"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        host, _, port = value.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        try:
            ipaddress.ip_address(host)
        except ValueError:
            self.fail(f"{value!r} is no address; write it as 127.0.0.1:8640", param, ctx)
        if not port.isdecimal() or int(port) > 65_535:
            self.fail(f"{value!r} has no port; write it as 127.0.0.1:8640", param, ctx)
        return host, int(port)


@click.command("web")
@CONFIG
@STATE
@click.option(
    "--listen", type=_Address(), default="127.0.0.1:8640", show_default=True,
    help="The address and the port; 0 takes a free one.",
)  # fmt: skip
@click.option("--public-read", is_flag=True, help="Whoever gets there may read; to act needs the "
              "token still.")  # fmt: skip
@click.option(
    "--name", "names", multiple=True, metavar="HOST",
    help="A name by which browsers may call it, as behind a proxy; may be given again.",
)  # fmt: skip
@click.option(
    "--token-file", type=click.Path(path_type=Path, dir_okay=False),
    help="Where the token lies; beside the ledger by default.",
)  # fmt: skip
def web_verb(
    file: Path | None,
    state: "StateAddress | None",
    *,
    listen: tuple[str, int],
    public_read: bool,
    names: tuple[str, ...],
    token_file: Path | None,
) -> int:
    """Serve the page, the API and the metrics until TERM, beside the daemon or without one.

    Page and API ask for a token, which is made at the first start. A terminal is shown the link.
    """
    with importing():
        from crawler.web import listening, server

    address = listening.Address(*listen)
    if public_read and not address.is_local:
        raise UsageError(
            f"--public-read is for loopback alone, and {address} is reached from elsewhere: leave "
            "it out, or have a proxy before 127.0.0.1 ask who is there"
        )
    names = tuple(name.lower() for name in names)
    return server.serve(server.Options(address, file, state, token_file, public_read, names))


VERBS: tuple[click.Command, ...] = (web_verb,)
