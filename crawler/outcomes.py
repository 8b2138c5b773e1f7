"""The one failure taxonomy: what was seen (a signal), what it means for the portal (an outcome), what to do.

``SIGNALS`` is the one table of all kinds of signal, in the order in which they are looked for; ``ADVICE`` and ``Retry``
say what to do. ``crawler.trouble`` recognises the signals of downloads; walks, lists and robots.txt name theirs
themselves. docs/outcomes.md is written along these tables, and a test holds it to them. Blocks are recorded and
backed off from, never bypassed: no row of these tables leads to another attempt with other headers.

>>> Signal("http:404").outcome, Signal("blocked:ruishu", "http://sim/").retry
(<Outcome.NOT_FOUND: 'not_found'>, <Retry.AGREED: 'agreed'>)
>>> str(Signal("not_html:image/png", "http://sim/"))
'not_html:image/png http://sim/'
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scrapy.exceptions import IgnoreRequest


class Outcome(StrEnum):
    """How the visit to a portal ended (contract 3)."""

    OK = "ok"
    PARTIAL = "partial"
    EMPTY_DECLARED = "empty_declared"
    EMPTY_UNEXPECTED = "empty_unexpected"
    COLUMN_NOT_FOUND = "column_not_found"
    PAGINATION_INCOMPLETE = "pagination_incomplete"
    BLOCKED = "blocked"
    ROBOTS_DENIED = "robots_denied"
    JS_REQUIRED = "js_required"
    ENCODING_SUSPECT = "encoding_suspect"
    MOVED = "moved"
    WRONG_PORTAL = "wrong_portal"
    NOT_FOUND = "not_found"
    HTTP_ERROR = "http_error"
    DNS = "dns"
    TLS = "tls"
    TIMEOUT = "timeout"
    CRAWLER_BUG = "crawler_bug"


class Retry(StrEnum):
    """When another visit is worth its requests."""

    NEXT_RUN = "next_run"  # as any portal: with the next run
    LATER = "later"  # the fault may pass by itself: in some hours or days
    REGISTRY = "registry"  # when the portal's row in the registry has been corrected
    SETTINGS = "settings"  # when a setting, or what is installed, has been changed
    AGREED = "agreed"  # when the portal's operator has agreed, or changed its rules
    FAMILY = "family"  # when the crawler knows the page's mechanism
    CODE = "code"  # when the crawler has been mended


GOOD = frozenset({Outcome.OK, Outcome.EMPTY_DECLARED})
DISCOURAGING = frozenset({Outcome.BLOCKED, Outcome.HTTP_ERROR, Outcome.TIMEOUT, Outcome.TLS, Outcome.DNS})
"""What is backed off from when it comes several times in a row, and what says nothing of the pages behind it."""

ADVICE: dict[Outcome, tuple[str, str]] = {
    Outcome.OK: ("无需处理", "nothing to do"),
    Outcome.PARTIAL: ("查看 detail 中缺少的年份和未读出的报告", "see detail for missing years and unread reports"),
    Outcome.EMPTY_DECLARED: ("栏目自称暂无内容,下次再看", "the column says that it is empty; look again next time"),
    Outcome.EMPTY_UNEXPECTED: ("人工打开栏目,列表方式可能变了", "open the column; its list mechanism may have changed"),
    Outcome.COLUMN_NOT_FOUND: ("在登记表 columns 中写入年报栏目地址", "put the column's address into the registry"),
    Outcome.PAGINATION_INCOMPLETE: (
        "列表后几页取不到,核对声明页数",
        "later list pages failed; compare with the declared count",
    ),
    Outcome.BLOCKED: (
        "门户拒绝自动访问,不绕过;联系主办单位或改日再试",
        "automated access refused; not bypassed: ask the sponsor",
    ),
    Outcome.ROBOTS_DENIED: ("robots.txt 不允许,遵守", "robots.txt forbids it; honoured"),
    Outcome.JS_REQUIRED: ("页面需浏览器渲染,登记所属系统", "the page needs a browser; register its family"),
    Outcome.ENCODING_SUSPECT: ("编码无法确定,人工核对", "encoding undecidable; look at the page"),
    Outcome.MOVED: ("门户已迁址,核实后更新登记表", "the portal moved; verify and update the registry"),
    Outcome.WRONG_PORTAL: (
        "网站标识码属于其他地区,核对登记表",
        "the site identifies as another region; check the registry",
    ),
    Outcome.NOT_FOUND: ("地址已失效,更新登记表", "the address is gone; update the registry"),
    Outcome.HTTP_ERROR: ("门户故障或不可达,稍后重试", "the portal is failing or unreachable; try later"),
    Outcome.DNS: ("域名无法解析或指向非公网地址", "the name does not resolve, or to no public address"),
    Outcome.TLS: ("证书或握手有误,不关闭校验", "certificate or handshake is wrong; checks stay on"),
    Outcome.TIMEOUT: ("超时,稍后重试或放宽时限", "too slow; try later or raise the limits"),
    Outcome.CRAWLER_BUG: ("程序错误,请带 detail 报告", "a bug of the crawler; report it with detail"),
}

RETRY: dict[Outcome, Retry] = {
    Outcome.OK: Retry.NEXT_RUN,
    Outcome.PARTIAL: Retry.NEXT_RUN,
    Outcome.EMPTY_DECLARED: Retry.NEXT_RUN,
    Outcome.EMPTY_UNEXPECTED: Retry.FAMILY,
    Outcome.COLUMN_NOT_FOUND: Retry.REGISTRY,
    Outcome.PAGINATION_INCOMPLETE: Retry.LATER,
    Outcome.BLOCKED: Retry.AGREED,
    Outcome.ROBOTS_DENIED: Retry.AGREED,
    Outcome.JS_REQUIRED: Retry.FAMILY,
    Outcome.ENCODING_SUSPECT: Retry.FAMILY,
    Outcome.MOVED: Retry.REGISTRY,
    Outcome.WRONG_PORTAL: Retry.REGISTRY,
    Outcome.NOT_FOUND: Retry.REGISTRY,
    Outcome.HTTP_ERROR: Retry.LATER,
    Outcome.DNS: Retry.LATER,
    Outcome.TLS: Retry.LATER,
    Outcome.TIMEOUT: Retry.LATER,
    Outcome.CRAWLER_BUG: Retry.CODE,
}
"""The advice of each outcome, where no signal has one of its own."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A row of ``SIGNALS``. A name that ends in ``*`` stands for any ending: the status, the address, the type."""

    name: str
    outcome: Outcome
    zh: str
    en: str
    retry: Retry | None = None  # None: that of the outcome


SIGNALS: tuple[Kind, ...] = (
    # --- before a connection
    Kind(
        "address_refused:*",
        Outcome.DNS,
        "地址非公网且不在 EGRESS_ALLOW 中,未连接",
        "an address that is not public and not in EGRESS_ALLOW: not connected to",
        Retry.SETTINGS,
    ),
    Kind(
        "scheme_refused",
        Outcome.HTTP_ERROR,
        "只访问 http 与 https",
        "a link to another scheme than http and https",
        Retry.REGISTRY,
    ),
    Kind("no_address", Outcome.NOT_FOUND, "登记表中没有地址", "the registry has no address"),
    Kind("bad_url", Outcome.HTTP_ERROR, "地址无法请求", "an address that can't be asked for", Retry.REGISTRY),
    Kind(
        "left_alone",
        Outcome.BLOCKED,
        "同城站点连续拒绝,本次运行不再访问该城域名",
        "the sites of this city refused several times in a row: left alone for the rest of the run",
        Retry.LATER,
    ),
    Kind("robots_disallow", Outcome.ROBOTS_DENIED, "robots.txt 不允许", "robots.txt forbids the page"),
    Kind(
        "robots_http:*",
        Outcome.ROBOTS_DENIED,
        "robots.txt 返回 401/403,无法确认许可",
        "robots.txt answers 401 or 403: permission can't be established",
    ),
    Kind(
        "browser_missing:*",
        Outcome.JS_REQUIRED,
        "页面需浏览器,本机未安装",
        "the page needs a browser, which is not installed",
        Retry.SETTINGS,
    ),
    # --- the connection
    Kind("dns", Outcome.DNS, "域名无法解析", "the name does not resolve"),
    Kind("connection_refused", Outcome.HTTP_ERROR, "连接被拒绝", "the connection is refused"),
    Kind("tls:expired", Outcome.TLS, "证书过期或尚未生效", "the certificate has expired, or is not valid yet"),
    Kind("tls:self_signed", Outcome.TLS, "证书为自签名", "the certificate is signed by itself"),
    Kind(
        "tls:untrusted",
        Outcome.TLS,
        "证书链不完整或签发者不受信任",
        "the chain is incomplete, or its issuer is not trusted",
    ),
    Kind("tls:wrong_host", Outcome.TLS, "证书属于其他主机名", "the certificate is for another host", Retry.REGISTRY),
    Kind("tls:certificate", Outcome.TLS, "证书有其他问题", "the certificate is wrong in another way"),
    Kind("tls:protocol", Outcome.TLS, "协议版本或加密套件过旧", "the server offers only old protocols or ciphers"),
    Kind("tls:not_tls", Outcome.TLS, "端口上不是 TLS", "what answers is no TLS", Retry.REGISTRY),
    Kind("tls:handshake", Outcome.TLS, "握手失败", "the handshake fails in another way"),
    Kind(
        "timeout",
        Outcome.TIMEOUT,
        "在时限内未收完应答(含逐字节慢速应答)",
        "the answer was not complete in time, however steadily it trickled",
    ),
    Kind("connection_reset", Outcome.HTTP_ERROR, "连接被重置", "the connection is reset"),
    Kind("no_answer", Outcome.HTTP_ERROR, "未应答即关闭连接", "the connection is closed without an answer"),
    Kind(
        "cut_short",
        Outcome.HTTP_ERROR,
        "应答不完整(短于 Content-Length 或分块未结束)",
        "the answer ends before its declared end",
    ),
    Kind("bad_http", Outcome.HTTP_ERROR, "应答不符合 HTTP", "what answers is no HTTP"),
    Kind("connection:*", Outcome.HTTP_ERROR, "其他连接错误", "another error of the connection"),
    # --- the size of an answer
    Kind("head_too_large", Outcome.HTTP_ERROR, "应答头没有尽头", "the head of an answer has no end in sight"),
    Kind(
        "too_large",
        Outcome.HTTP_ERROR,
        "应答超过大小上限,或其链接、属性没有尽头",
        "the answer is larger than allowed, or its links or attributes have no end",
        Retry.SETTINGS,
    ),
    Kind(
        "compression_bomb",
        Outcome.HTTP_ERROR,
        "压缩应答展开后超过大小上限",
        "the answer unpacks to more than allowed",
        Retry.SETTINGS,
    ),
    Kind("bad_compression", Outcome.HTTP_ERROR, "压缩应答无法展开", "the answer can't be unpacked"),
    Kind(
        "redirect_loop",
        Outcome.HTTP_ERROR,
        "重定向循环或过多",
        "redirects, refreshes or script redirects go in circles",
        Retry.REGISTRY,
    ),
    # --- blocks, whatever the status
    Kind("blocked:jiasule", Outcome.BLOCKED, "加速乐验证(521, __jsl_clearance)", "a challenge of 加速乐"),
    Kind("blocked:ruishu", Outcome.BLOCKED, "瑞数验证(412, $_ts)", "a challenge of 瑞数"),
    Kind("blocked:wswaf", Outcome.BLOCKED, "网宿验证($_ss)", "a challenge of wswaf"),
    Kind("blocked:bot_check", Outcome.BLOCKED, "/_bot_sbu 脚本检测", "a bot check by script"),
    Kind("blocked:captcha", Outcome.BLOCKED, "验证码或滑块", "a captcha or slider"),
    Kind("blocked:access_check", Outcome.BLOCKED, "访问校验或拦截页", "a page that checks or denies access"),
    Kind("blocked:waf_*", Outcome.BLOCKED, "带防火墙 Cookie 的错误状态", "an error status with a cookie of a firewall"),
    Kind("blocked:rate_limit", Outcome.BLOCKED, "429 请求过多", "429: too many requests", Retry.LATER),
    Kind(
        "blocked:overloaded",
        Outcome.BLOCKED,
        "503 且要求稍后再来(Retry-After)",
        "503 with Retry-After: asked to come later",
        Retry.LATER,
    ),
    Kind("blocked:*", Outcome.BLOCKED, "拒绝访问的状态码", "a status that refuses"),
    # --- statuses
    Kind("http:404", Outcome.NOT_FOUND, "404 不存在", "404: it is not there"),
    Kind("http:410", Outcome.NOT_FOUND, "410 已删除", "410: it is gone"),
    Kind("http:*", Outcome.HTTP_ERROR, "其他错误状态", "another status that is no success"),
    # --- a page that says it is fine
    Kind("soft_404", Outcome.NOT_FOUND, "200 但内容为“页面不存在”", "200 with a text that says 404"),
    Kind("soft_404:home", Outcome.NOT_FOUND, "任何地址都返回首页", "the home page is given for another address"),
    Kind("closed_for_works", Outcome.HTTP_ERROR, "系统升级或维护中", "closed for works"),
    Kind("empty_answer", Outcome.HTTP_ERROR, "应答为空", "an empty answer"),
    Kind(
        "not_html:*",
        Outcome.HTTP_ERROR,
        "应为网页,得到其他类型",
        "something else where a page was expected",
        Retry.REGISTRY,
    ),
    Kind("encoding_suspect", Outcome.ENCODING_SUSPECT, "编码无法确定", "no encoding reads the page without loss"),
    Kind("js_shell", Outcome.JS_REQUIRED, "空壳页面,内容由脚本生成", "a shell that scripts fill"),
    # --- whose page it is
    Kind("moved_to", Outcome.MOVED, "转到其他站点", "answered on another site"),
    Kind(
        "on_another_host",
        Outcome.MOVED,
        "本级年报在未登记的主机上",
        "a report of the portal on a host that is not registered",
    ),
    Kind("site_id_code:*", Outcome.WRONG_PORTAL, "网站标识码与登记不符", "another site's code"),
    Kind("other_owner", Outcome.WRONG_PORTAL, "页面标明属于其他地区", "the site says that it is of another region"),
    # --- a list
    Kind(
        "list_too_long",
        Outcome.PAGINATION_INCOMPLETE,
        "列表页数超过上限",
        "more pages of a list than are read",
        Retry.SETTINGS,
    ),
    Kind("list_short", Outcome.PAGINATION_INCOMPLETE, "取到的条目少于声明", "fewer rows than the list declares"),
)
_KINDS = {kind.name: kind for kind in SIGNALS}
_OPEN = tuple(kind for kind in SIGNALS if kind.name.endswith("*"))


def kind_of(name: str) -> Kind:
    """The row of a signal's kind; a kind that the table lacks is a bug.

    >>> kind_of("http:503").outcome, kind_of("blocked:waf_503").name
    (<Outcome.HTTP_ERROR: 'http_error'>, 'blocked:waf_*')
    """
    found = _KINDS.get(name) or next((kind for kind in _OPEN if name.startswith(kind.name[:-1])), None)
    if found is None:
        raise ValueError(f"{name!r} is not in SIGNALS")
    return found


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that went wrong. ``kind`` is a name of ``SIGNALS``, ``url`` says where, ``said`` what more is known."""

    kind: str
    url: str = ""
    said: str = ""

    def __post_init__(self) -> None:
        kind_of(self.kind)

    @property
    def outcome(self) -> Outcome:
        return kind_of(self.kind).outcome

    @property
    def retry(self) -> Retry:
        kind = kind_of(self.kind)
        return kind.retry or RETRY[kind.outcome]

    def __str__(self) -> str:
        return " ".join(filter(None, (self.kind, self.url, f"({self.said})" if self.said else "")))


class Refused(IgnoreRequest):
    """A request that is not made, or an answer that is not taken, and not tried again; ``signal`` says why."""

    def __init__(self, signal: Signal) -> None:
        super().__init__(str(signal))
        self.signal = signal


class HeadTooLarge(Exception):
    """The head of an answer has no end in sight."""


class BrowserMissing(Refused):
    """A page needs a browser, and ``what`` is needed for one is not installed: ``extra`` or ``chromium``."""

    def __init__(self, what: str, url: str = "") -> None:
        names = {"extra": "make extras (pip install 'nianbao[browser]')", "chromium": "apt-get install chromium"}
        super().__init__(Signal(f"browser_missing:{what}", url, f"needs the extra browser: {names[what]}"))


class RefusedAddress(Refused):
    """The host is at an address that this run may not visit."""

    def __init__(self, host: str, address: str, url: str = "") -> None:
        at = "" if host == address else f"{host} → {address}: "
        said = (
            f"{at}非公网地址,未连接;若确需访问,用 -s EGRESS_ALLOW={_network(address)} 放行"
            f" / not a public address, not connected to; -s EGRESS_ALLOW={_network(address)} opens it"
        )
        super().__init__(Signal(f"address_refused:{address}", url, said))


def _network(address: str) -> str:
    return f"{address}/{128 if ':' in address else 32}"
