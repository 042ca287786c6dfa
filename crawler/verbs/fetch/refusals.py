"""Options that curl or wget have and `crawler fetch` has not, with the near one by its meaning.

A letter that means two things there, or another one here, is refused rather than guessed.
"""

import re

_REDIRECTS = "redirects are followed; --max-redirs 0 follows none"
_RECURSION = "no links are followed; a site's sitemap is a list of a job, see `crawler run`"
_STATUS = "--json has a line for every URL, with its status"
_FAILS = "every error is a failure here, and stores nothing; leave it away"
_HEAD = "bodies alone are asked for, with GET or POST; --json has the status"
_UPLOAD = "nothing is uploaded; -d sends a POST"
_TIME = "--connect-timeout, or --max-time for a whole visit"
_POST = "-d DATA, or -d @FILE"
_VERSIONS = "HTTP/1.1 alone is spoken"
_KEEPS = "nothing like it is needed; leave it away"
_ONE_FOLDER = "-O stores all in one folder; --path says it exactly"

REFUSALS = {
    "-w": "--wait of wget, or --json in place of curl's --write-out",
    "-C": "-c goes on with an interrupted run",
    "-t": "--tries, or --retry",
    "-T": f"{_TIME} in place of wget's; {_UPLOAD}",
    "-L": _REDIRECTS,
    "-r": _RECURSION,
    "-f": _FAILS,
    "-S": "errors are told without it; -v tells of every URL",
    "-I": _HEAD,
    "-G": "write the query into the URL",
    "-F": "forms of several parts are not sent; -d sends a POST",
    "-n": "--netrc in place of curl's, -nc in place of wget's",
    "-j": "cookies are sent from -b or --load-cookies, and none is written to a file",
    "-R": "files have the time of Last-Modified without it",
    "-K": "--config FILE --job NAME takes the options of a job",
    "-Z": "URLs are fetched side by side without it; -m says how many",
    "-z": "-N asks for what changed since the file that is there",
    "-y": "a slow body is given up after 30 s; --max-time bounds all",
    "-Y": "a slow body is given up after 30 s; --max-time bounds all",
    "-E": "--cert in place of curl's; files keep the extension of their URL",
    "-U": "-A in place of wget's; a proxy's user stands in -x http://user:password@host:port",
    "-Q": "--max-size bounds one body, -l the number of URLs",
    "-p": "pages are fetched without what they need to be shown",
    "-a": "messages are for `2>> FILE`",
    "-g": r"write \{ and \[ for braces and brackets that are no globs",
    "-B": "URLs of a list are whole",
    "-nd": _ONE_FOLDER,
    "-nH": _ONE_FOLDER,
    "-nv": "-q, or nothing",
    "-np": _RECURSION,
    "--location": _REDIRECTS,
    "--location-trusted": "--auth-host names hosts that get credentials after a redirect, too",
    "--max-redirect": "--max-redirs",
    "--fail": _FAILS,
    "--fail-with-body": _FAILS,
    "--fail-early": "every URL is accounted for",
    "--show-error": "errors are told without it; -v tells of every URL",
    "--head": _HEAD,
    "--spider": _HEAD,
    "--method": "-X",
    "--body-data": _POST,
    "--body-file": _POST,
    "--post-data": _POST,
    "--post-file": _POST,
    "--data-raw": _POST,
    "--data-binary": _POST,
    "--data-ascii": _POST,
    "--data-urlencode": f"{_POST}, encoded already",
    "--form": "forms of several parts are not sent; -d sends a POST",
    "--get": "write the query into the URL",
    "--upload-file": _UPLOAD,
    "--output-document": "-o NAME",
    "--output-dir": "-P",
    "--prefix": "-P",
    "--create-dirs": "folders are made without it",
    "--accept": "--accept-types has media types; wget's goes by names, and -A is the User-Agent",
    "--remote-name-all": "-O is for all URLs",
    "--remote-time": "files have the time of Last-Modified without it",
    "--continue-at": "-c goes on with an interrupted run",
    "--no-directories": _ONE_FOLDER,
    "--no-host-directories": _ONE_FOLDER,
    "--cut-dirs": "--path says where a file goes",
    "--level": _RECURSION,
    "--recursive": _RECURSION,
    "--mirror": _RECURSION,
    "--page-requisites": "pages are fetched without what they need to be shown",
    "--http-user": "-u USER:PASSWORD",
    "--http-password": "-u USER:PASSWORD",
    "--password": "-u USER:PASSWORD",
    "--oauth2-bearer": "-H 'Authorization: Bearer TOKEN'",
    "--basic": "-u is Basic without it",
    "--anyauth": "Basic alone is spoken: -u",
    "--ntlm": "Basic alone is spoken: -u",
    "--negotiate": "Basic alone is spoken: -u",
    "--no-check-certificate": "-k",
    "--ca-certificate": "--cacert",
    "--capath": "--cacert FILE",
    "--ca-directory": "--cacert FILE",
    "--certificate": "--cert",
    "--key": "--cert has the certificate and the key in one file",
    "--private-key": "--cert has the certificate and the key in one file",
    "--proxy-user": "-x http://user:password@host:port",
    "--proxy-password": "-x http://user:password@host:port",
    "--preproxy": "-x",
    "--socks5": "-x socks5://host:port",
    "--socks5-hostname": "-x socks5h://host:port",
    "--noproxy": "-x '' for none, or the environment's no_proxy",
    "--no-proxy": "-x ''",
    "--cookie-jar": "cookies are sent from -b or --load-cookies, and none is written to a file",
    "--save-cookies": "cookies are sent from -b or --load-cookies, and none is written to a file",
    "--dns-timeout": _TIME,
    "--read-timeout": _TIME,
    "--speed-limit": "a slow body is given up after 30 s; --max-time bounds all",
    "--speed-time": "a slow body is given up after 30 s; --max-time bounds all",
    "--retry-max-time": "--max-wait bounds waits, --max-time a visit",
    "--retry-delay": "waits grow by themselves; --max-wait bounds them",
    "--waitretry": "waits grow by themselves; --max-wait bounds them",
    "--retries": "--retry N, or --tries N with the first one",
    "--max-retries": "--retry N, or --tries N with the first one",
    "--max-tries": "--tries N, or --retry N beyond the first one",
    "--retry-wait": "waits grow by themselves; --max-wait bounds them",
    "--retry-on-http-error": "--config FILE --job NAME takes the retry of a job",
    "--retry-on-host-error": "what may pass is tried again, see --attempts",
    "--retry-all-errors": "what may pass is tried again, see --attempts",
    "--retry-connrefused": "what may pass is tried again, see --attempts",
    "--random-wait": "--delay",
    "--rate": "--delay",
    "--parallel": "URLs are fetched side by side without it; -m says how many",
    "--parallel-max": "-m",
    "--parallel-max-host": "--per-host",
    "--max-filesize": "--max-size",
    "--quota": "--max-size bounds one body, -l the number of URLs",
    "--compressed": "compressed answers are asked for and decoded without it; see --raw",
    "--compression": "compressed answers are asked for and decoded without it; see --raw",
    "--write-out": _STATUS,
    "--server-response": _STATUS,
    "--include": _STATUS,
    "--dump-header": _STATUS,
    "--progress-bar": "a bar is shown on a terminal without it",
    "--no-progress-meter": "-q",
    "--show-progress": "a bar is shown on a terminal without it",
    "--no-verbose": "-q, or nothing",
    "--url": "write the URL without --url",
    "--globoff": r"write \{ and \[ for braces and brackets that are no globs",
    "--time-cond": "-N asks for what changed since the file that is there",
    "--background": "write & behind the command",
    "--execute": "-e is the Referer here, as in curl",
    "--http1.1": _KEEPS,
    "--http1.0": _VERSIONS,
    "--http2": _VERSIONS,
    "--http3": _VERSIONS,
    "--range": "whole bodies are stored; -c goes on with one that broke off",
}  # fmt: skip
"""What is said of each, by its name."""


_NAMED = re.compile(r"-[A-Za-z]*O.")
"""Letters among which is wget's -O, with its value."""


def refusal(name: str, typed: str) -> str:
    """Return the sentence about an option that there is not; `typed` is the word it stood in."""
    for one in (typed.partition("=")[0], name):
        if one in REFUSALS:
            return f"{one}: {REFUSALS[one]}"
    if _NAMED.match(typed):
        return f"{typed}: -O takes no name, as in curl; -o NAME names the file, -o - prints it"
    return f"{name}: there is no such option; `crawler fetch --help` has all of them"
