"""`crawler top`: the crawler live on a terminal."""

from crawler.verbs.top.command import VERBS

__all__ = ["VERBS"]
