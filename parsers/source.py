"""What goes into the parser: the bytes of one file of a report, and the error for what can't be read.

``parsers`` reads no network and opens no path that a document names; a caller hands over bytes.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a report: the page itself, or an attachment of it.

    ``body`` are the bytes as received; ``url`` where they came from; ``content_type`` the header as
    sent, with its charset if there was one (``text/html; charset=gbk``). Content decides the type, the
    header and the name only break ties.
    """

    body: bytes
    url: str | None = None
    content_type: str | None = None


class ParseError(Exception):
    """A file that could not be read as a report. ``code`` is stable, the messages are for people."""

    def __init__(self, code: str, message_zh: str, message_en: str) -> None:
        super().__init__(f"{code}: {message_en}")
        self.code = code
        self.message_zh = message_zh
        self.message_en = message_en

    def to_dict(self) -> dict[str, str]:
        return {"code": self.code, "message_zh": self.message_zh, "message_en": self.message_en}


def out_of_memory() -> ParseError:
    return ParseError("memory", "解析所需内存超出限制", "parsing took more memory than is allowed")


def crashed(what: str) -> ParseError:
    return ParseError("crashed", f"解析程序异常中止({what})", f"the parser broke down ({what})")


def timed_out() -> ParseError:
    return ParseError("timeout", "解析超出时间限制,已中止", "parsing took longer than is allowed and was stopped")
