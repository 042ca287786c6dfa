"""The peers that are scripts, as text: SCRIPT LIST OUT AT_ONCE BUNDLE DELAY.

Each writes every file under the last part of its URL, and fails loudly. Each is what a good
programmer writes in twenty lines, with the fastest settings that its library has; NAIVE and
SEQUENTIAL are what everybody writes first. Those of asyncio are in `coroutines`.
"""

from tests.bench.coroutines import AIOHTTP, HTTPX, SAFELY, START

NAIVE = f"""
from gevent import monkey; monkey.patch_all()
{START}
import requests
from gevent.pool import Pool
def get(url):  # a connection for every URL, as requests.get has it
    response = requests.get(url, timeout=60, verify=bundle)
    response.raise_for_status()
    with open(path(url), "wb") as file:
        file.write(response.content)
    return True
assert sum(Pool(at_once).imap_unordered(get, urls)) == len(urls)
"""

SESSION = f"""
from gevent import monkey; monkey.patch_all()
{START}
import requests
from gevent.pool import Pool
session = requests.Session()
session.trust_env = False  # no look at proxies and .netrc for every request
adapter = requests.adapters.HTTPAdapter(pool_connections=1000, pool_maxsize=at_once)
session.mount("http://", adapter)
session.mount("https://", adapter)
def get(url):
    response = session.get(url, timeout=60, verify=bundle)
    response.raise_for_status()
    with open(path(url), "wb") as file:
        file.write(response.content)
    return True
assert sum(Pool(at_once).imap_unordered(get, urls)) == len(urls)
"""

THREADS = f"""
{START}
import requests, threading
from concurrent.futures import ThreadPoolExecutor
local = threading.local()
def get(url):
    if not hasattr(local, "session"):  # one for each thread: a session is not thread-safe
        local.session = requests.Session()
        local.session.trust_env = False
        local.session.mount("http://", requests.adapters.HTTPAdapter(pool_connections=1000))
    response = local.session.get(url, timeout=60, verify=bundle)
    response.raise_for_status()
    with open(path(url), "wb") as file:
        file.write(response.content)
    return True
with ThreadPoolExecutor(at_once) as pool:
    assert sum(pool.map(get, urls)) == len(urls)
"""

SEQUENTIAL = f"""
{START}
import requests
for url in urls:
    response = requests.get(url, timeout=60, verify=bundle)
    response.raise_for_status()
    with open(path(url), "wb") as file:
        file.write(response.content)
"""

SCRAPY = f"""
{START}
import scrapy
from scrapy.crawler import CrawlerProcess
written = 0
class Files(scrapy.Spider):
    name = "files"
    def requests(self):
        return (scrapy.Request(url, dont_filter=True) for url in urls)
    async def start(self):
        for request in self.requests():
            yield request
    def parse(self, response):
        global written
        with open(path(response.url), "wb") as file:
            file.write(response.body)
        written += 1
settings = dict(
    CONCURRENT_REQUESTS=4000 if delay else at_once,  # what waits for its delay counts as well
    CONCURRENT_REQUESTS_PER_DOMAIN=1 if delay else at_once,
    DOWNLOAD_DELAY=delay, RANDOMIZE_DOWNLOAD_DELAY=False, ROBOTSTXT_OBEY=bool(delay),
    # everything that costs and is not needed here is off
    LOG_ENABLED=False, LOG_INSTALL_ROOT_HANDLER=False, TELNETCONSOLE_ENABLED=False,
    COOKIES_ENABLED=False, RETRY_ENABLED=False, REMOTE_CONTROL_ENABLED=False,
    REDIRECT_ENABLED=False, REFERER_ENABLED=False, HTTPPROXY_ENABLED=False, AJAXCRAWL_ENABLED=False,
    MEMUSAGE_ENABLED=False, COMPRESSION_ENABLED=False, DOWNLOAD_WARNSIZE=0, DOWNLOAD_MAXSIZE=0,
    STATS_CLASS="scrapy.statscollectors.DummyStatsCollector", DOWNLOAD_TIMEOUT=60,
    EXTENSIONS={{"scrapy.extensions.corestats.CoreStats": None,
                "scrapy.extensions.logstats.LogStats": None}},
    SPIDER_MIDDLEWARES={{f"scrapy.spidermiddlewares.{{name}}": None for name in (
        "httperror.HttpErrorMiddleware", "referer.RefererMiddleware",
        "urllength.UrlLengthMiddleware", "depth.DepthMiddleware")}},
)
# the asyncio reactor and the default handler: epoll's own, and the experimental handlers of Scrapy
# 2.19 (aiohttp, httpx) are within a tenth of them
process = CrawlerProcess(settings)
process.crawl(Files)
process.start()
assert written == len(urls), written
"""

SCRIPTS = {
    "scrapy": SCRAPY,
    "aiohttp": AIOHTTP,
    "safely": SAFELY,
    "httpx": HTTPX,
    "naive": NAIVE,
    "session": SESSION,
    "threads": THREADS,
    "sequential": SEQUENTIAL,
}
