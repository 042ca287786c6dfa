"""The scripts of asyncio: aiohttp as it is usually written, aiohttp written safely, and httpx."""

START = """
import os, sys
listing, out, at_once, bundle, delay = sys.argv[1:]
at_once, bundle, delay = int(at_once), bundle or None, float(delay)
urls = open(listing).read().split()
def path(url): return os.path.join(out, url.rpartition("/")[2])
"""

_AIOHTTP = """
async def main():
    context = ssl.create_default_context(cafile=bundle) if bundle else True
    connector = aiohttp.TCPConnector(limit=at_once, limit_per_host=0, ssl=context)
    timeout = aiohttp.ClientTimeout(total=None, sock_read=60)
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False, read_bufsize=1 << 20,
    ) as session:
        left = iter(urls)
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(worker(session, left))
asyncio.run(main())
"""

AIOHTTP = f"""
{START}
import aiohttp, asyncio, ssl
async def worker(session, left):
    for url in left:  # one iterator for all workers: no queue, no task for every URL
        async with session.get(url) as response:
            response.raise_for_status()
            if (response.content_length or 0) < 1 << 20:
                body = await response.read()
                with open(path(url), "wb") as file:
                    file.write(body)
            else:
                with open(path(url), "wb") as file:
                    async for piece in response.content.iter_any():
                        file.write(piece)
{_AIOHTTP}
"""

SAFELY = f"""
{START}
import aiohttp, asyncio, ssl, time
from email.utils import mktime_tz, parsedate_tz
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
def save(name, body, modified):  # as `crawler run` does with durability relaxed: no fsync
    part = f"{{name}}.{{os.getpid()}}.part"
    descriptor = os.open(part, NEW, 0o666)
    try:
        while body:
            body = body[os.write(descriptor, body):]
        if modified:
            os.utime(descriptor, (time.time(), mktime_tz(parsedate_tz(modified))))
    finally:
        os.close(descriptor)
    os.rename(part, name)
async def worker(session, left):
    for url in left:
        async with session.get(url) as response:
            response.raise_for_status()
            body = await response.read()
            save(path(url), body, response.headers.get("Last-Modified"))
{_AIOHTTP}
"""
"""For small files: a crash leaves a file that is whole under its name, or a part under another.

What is safer in `crawler run` is not in it: a digest, a ledger, a part that is continued.
"""

HTTPX = f"""
{START}
import asyncio, httpx, ssl
async def worker(client, left):
    for url in left:
        response = await client.get(url)
        response.raise_for_status()
        with open(path(url), "wb") as file:
            file.write(response.content)
async def main():
    context = ssl.create_default_context(cafile=bundle) if bundle else False
    limits = httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once)
    async with httpx.AsyncClient(
        verify=context, limits=limits, timeout=httpx.Timeout(60, pool=None), trust_env=False,
        headers={{"Accept-Encoding": "identity"}},
    ) as client:
        left = iter(urls)
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(worker(client, left))
asyncio.run(main())
"""
