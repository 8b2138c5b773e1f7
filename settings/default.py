"""Settings of every run; ``settings.demo`` and ``settings.cluster`` change a few of them.

Each override of a Scrapy default has its reason beside it. Any of them can be given as ``-s NAME=VALUE``.
"""

import os
from pathlib import Path
from typing import Any

from scrapy.settings import default_settings

ROOT = Path(os.environ.get("NIANBAO_HOME") or Path(__file__).resolve().parent.parent)  # what is read and written

BOT_NAME = "annual_reports"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"
COMMANDS_MODULE = "crawler.commands"

# --- what this project adds -------------------------------------------------------------------------------
PORTALS_DIR = str(ROOT / "settings" / "portals")
SCHEDULE = str(ROOT / "settings" / "schedule.toml")
RUNS_DIR = str(ROOT / "output" / "runs")
RUN_ID = ""  # empty: the UTC time at the start
RESUME = True  # an unfinished run of the same arguments is continued; False: begun anew
# memory of earlier runs: sqlite:///PATH or postgresql://USER@HOST/DATABASE; empty: none
LEDGER_URL = os.environ.get("LEDGER_URL", f"sqlite:///{ROOT / 'output' / 'ledger.sqlite'}")
RECHECK = "due"  # known report pages: asked for again when due; all; none
RECHECK_DAYS = "90:7 400:30 180"  # up to 90 days after publication every 7 days, up to 400 every 30, then every 180
LIST_DAYS = 7.0  # a list whose first rows are as they were is read to its end again after so many
DISCOVERY_DAYS = 30.0  # known columns will do for so long, then they are searched from the home page again
SEASON = "1-4"  # months in which they are searched daily, while last year's report is missing
EGRESS_ALLOW = ""  # CIDR list of private ranges that may be visited; empty: public addresses only
CITIES_AT_ONCE = 16  # city domains visited at the same time; within one, portals follow each other
PORTAL_SECONDS = 1800.0  # time budget of one portal
PORTAL_PAGES = 400  # page budget of one portal
PORTAL_MB = 512  # MiB that one portal may send
RUN_SECONDS = 0.0  # time budget of the run; portals that it leaves over are told as timeout; 0: none
DISK_FREE_MB = 500  # MiB that must stay free where runs are written; with less a run doesn't begin, or ends early
BUDGET_CHECK_SECONDS = 5.0  # between two looks at the clock and the disk
MEMUSAGE_LIMIT_MB = 2048  # MiB of the crawler itself; above it the run ends early
MEMUSAGE_CHECK_INTERVAL_SECONDS = 10.0
DISCOVERY_PAGES = 40  # pages spent on looking for columns, of those
ATTACHMENTS = "missing"  # files beside an article: fetched when the page lacks a table; always; never
DIRECTORY_LISTS = 4  # pages of one portal that portal_directory reads for links to other sites, beside its home page
BROWSER_PAGES = 10  # pages of one portal that are rendered, where nothing shows without JavaScript; 0: none
BROWSER_SECONDS = 40.0  # time of one such page, from when the browser has a place for it
BROWSER_REQUESTS = 40  # what one such page may load, one after the other
BROWSER_DELAY = 0.5  # seconds between these; a Crawl-delay holds here too
PARSE_WORKERS = 0  # processes that parse; 0: as many as there are processors
PARSE_SECONDS = 20.0  # wall time to parse one report; a page that takes longer is an error of its own
PARSE_MEMORY = 512  # MiB of private memory that each of them may take
CRAWL_DELAY_MAX = 120.0  # seconds; a robots.txt that asks for more is honoured up to here
MERGED_INTO = ""  # the directory of the run that this one becomes a part of, which has the tables (scrapy cluster run)
ARCHIVE_PREFIX = ""  # of the files' names, where several archives come together
ARCHIVE_SEGMENT_MB = 512  # a file of the archive is followed by another from this size on
CRAWL_WINDOW = ""  # when cities may be visited, China time: "20:00-07:00, sjz.gov.cn=22:00-06:00"; empty: always
CITY_REFUSALS = 4  # refusals in a row after which a city is left alone for the rest of the run
REFUSAL_PAUSE = 10.0  # seconds of peace after a refusal, doubled with each in a row; Retry-After goes before
RETRY_AFTER_MAX = 120.0  # seconds; a server that asks for more is left alone for the rest of the run
PAGE_MAXSIZE = 4 * 1024 * 1024  # bytes of a page; attachments have DOWNLOAD_MAXSIZE

# --- who we are, and how gently we ask ----------------------------------------------------------------------
CONTACT = os.environ.get("CRAWLER_CONTACT", "operator has set no CRAWLER_CONTACT")
USER_AGENT = f"annual-reports-crawler/0.1 (open government information research; {CONTACT})"
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = "annual-reports-crawler"
DOWNLOADER = "crawler.politeness.CityDownloader"  # slot = registrable city domain, also after redirects
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 2.5  # never 0: without a delay Scrapy doesn't keep the limit of one
DOWNLOAD_DELAY_JITTER = 0.2  # 2 to 3 seconds
DOWNLOAD_TIMEOUT = 30.0
RETRY_TIMES = 2
RETRY_HTTP_CODES = [500, 502, 504, 522, 524, 408]  # 429 and 503 mean "go away": recorded, not repeated
REDIRECT_MAX_TIMES = 6
COOKIES_ENABLED = False  # no list needs a session, and a cookie that opens a wall would be a bypass
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5",
}

# --- where we may go ----------------------------------------------------------------------------------------
TWISTED_DNS_RESOLVER = "crawler.middlewares.egress.PublicAddressResolver"  # the address checked is the one used
HTTPPROXY_ENABLED = False  # a proxy would resolve names where the egress check can't see
DOWNLOAD_HANDLERS = {
    "http": "crawler.browser.handler.BrowserDownloadHandler",  # plain requests, and pages to render where one must
    "https": "crawler.browser.handler.BrowserDownloadHandler",
    "data": None,
    "file": None,
    "s3": None,
    "ftp": None,
}
DOWNLOAD_VERIFY_CERTIFICATES = True  # a bad chain is an outcome (tls), not a detail
DOWNLOAD_MAXSIZE = 24 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
METAREFRESH_ENABLED = False  # the walk follows shells itself, and counts them

DOWNLOADER_MIDDLEWARES: dict[str, int | None] = {
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.middlewares.archived.ArchivedMiddleware": 50,  # before robots.txt: nothing is asked for
    "crawler.middlewares.robots.RobotsMiddleware": 100,
    "crawler.middlewares.body_size.BodySizeMiddleware": 120,
    "crawler.middlewares.refusals.RefusalsMiddleware": 540,  # sees what redirects and retries have left
    "crawler.middlewares.encoding.EncodingMiddleware": 560,  # after decompression (590)
    "crawler.middlewares.egress.EgressMiddleware": 820,  # next to the network: sees every redirect
}
ITEM_PIPELINES = {
    "crawler.pipelines.archive.ArchivePipeline": 100,
    "crawler.pipelines.parse.ParsePipeline": 200,
    "crawler.pipelines.validate.ValidatePipeline": 300,
    "crawler.pipelines.join.JoinPipeline": 400,
}
EXTENSIONS: dict[str, int | None] = {
    "crawler.extensions.crawl_delay.CrawlDelay": 100,
    "crawler.extensions.closing.CloseWhenIdle": 150,
    "crawler.extensions.budgets.Budgets": 180,
    "crawler.extensions.progress.Progress": 200,
    "crawler.extensions.publish.Publish": 300,
    "crawler.extensions.watch.Watch": 400,
    "crawler.extensions.logs.JsonLogs": 500,
}
_CONSOLES = ("scrapy.extensions.telnet.TelnetConsole", "scrapy.extensions.remote_control.RemoteControl")
# no way in, and no web server loaded for one: those that are None in EXTENSIONS are imported all the same
EXTENSIONS_BASE = {name: order for name, order in default_settings.EXTENSIONS_BASE.items() if name not in _CONSOLES}

# --- what is written ----------------------------------------------------------------------------------------
FEED_EXPORT_ENCODING = "utf-8"
FEED_EXPORTERS = dict.fromkeys(("jsonlines", "jsonl", "jl"), "crawler.exporters.NestedJsonLines")  # also with -O
FEEDS: dict[str, dict[str, Any]] = {
    "%(run_path)s/reports.jsonl.part": {
        "format": "jsonl",
        "item_classes": ["crawler.items.AnnualReport"],
        "overwrite": False,  # a run that is continued adds to what it has
        "store_empty": True,
    }
}  # the flat tables are made of it when the run is published

# --- who is told (docs/operations.md) -----------------------------------------------------------------------
ATTENTION_RUNS = 3  # bad runs in a row that put a portal on the attention list
ALERT_WHEN = "news"  # a failed run, portals new on that list, drops, new layouts; always: after every run
ALERT_WEBHOOK = os.environ.get("ALERT_WEBHOOK", "")  # gets a JSON POST; empty: off
ALERT_MAIL_TO = os.environ.get("ALERT_MAIL_TO", "")  # addresses, with commas; empty: off
ALERT_MAIL_FROM = os.environ.get("ALERT_MAIL_FROM", "")
ALERT_SMTP = os.environ.get("ALERT_SMTP", "localhost:25")
ALERT_SMTP_ENCRYPTION = os.environ.get("ALERT_SMTP_ENCRYPTION", "starttls")  # or tls, none
ALERT_SMTP_USER = os.environ.get("ALERT_SMTP_USER", "")
ALERT_SMTP_PASSWORD = os.environ.get("ALERT_SMTP_PASSWORD", "")
ALERT_SECONDS = 10.0  # for one try
METRICS_FILE = ""  # Prometheus textfile that each run replaces; empty: none

# --- what is logged -----------------------------------------------------------------------------------------
LOG_LEVEL = "WARNING"  # progress goes to the terminal by itself; -L INFO shows every request
LOG_JSON = False  # True: each line is a JSON object
STATS_DUMP = False  # stats.json has them
