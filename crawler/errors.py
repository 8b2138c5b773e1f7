"""What an operator got wrong, said in both languages; a command prints it and exits with 2, without a traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable


class InputError(ValueError):
    """A wrong argument, setting or registry row.

    >>> str(InputError("未知年份", "unknown year"))
    '未知年份 / unknown year'
    """

    def __init__(self, message_zh: str, message_en: str) -> None:
        super().__init__(f"{message_zh} / {message_en}")
        self.message_zh = message_zh
        self.message_en = message_en

    def tell(self) -> None:
        """Writes the message to stderr, a line per language."""
        sys.stderr.write(f"错误:{self.message_zh}\nerror: {self.message_en}\n")


def exit_code(work: Callable[[], int]) -> int:
    """What ``work`` gives; 2 for wrong input, a full disk or a right that is missing, which is told."""
    from crawler.verdict import FAILURE  # late: help needs none of it

    try:
        return work()
    except InputError as error:
        error.tell()
    except OSError as error:
        InputError(f"读写失败:{error}", f"can't read or write: {error}").tell()
    return FAILURE
