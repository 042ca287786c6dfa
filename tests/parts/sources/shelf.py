"""A web server's files with their validators, and sitemaps to put there."""

from tests.servers import status


class Shelf:
    """A server's files with their validators."""

    def __init__(self):
        self.files = {}
        self.fields = []

    def __call__(self, path):
        name = path.lstrip("/")
        if name not in self.files:
            return status("404 Not Found")
        content = self.files[name]
        return "200 OK", [("Content-Length", str(len(content))), *self.fields], [content]


def conditional(site, shelf):
    """Answer 304 where the validators of a request are those of the file."""

    def route(path):
        answer = shelf(path)
        asked = site.requests[-1].headers
        sent = dict(shelf.fields)
        pairs = (("IF_NONE_MATCH", "ETag"), ("IF_MODIFIED_SINCE", "Last-Modified"))
        if any(asked.get(ask) == sent.get(told, "") for ask, told in pairs if ask in asked):
            return status("304 Not Modified")
        return answer

    return route


def sitemap(*locations, root="urlset", entry="url"):
    entries = "".join(f"<{entry}><loc>{location}</loc></{entry}>" for location in locations)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    return f"{head}<{root} {space}>{entries}</{root}>".encode()


def index(*locations):
    return sitemap(*locations, root="sitemapindex", entry="sitemap")
