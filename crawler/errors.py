"""What an operator got wrong, said in both languages; a command prints it and exits with 2, without a traceback."""

from __future__ import annotations


class InputError(ValueError):
    """A wrong argument, setting or registry row.

    >>> str(InputError("未知年份", "unknown year"))
    '未知年份 / unknown year'
    """

    def __init__(self, message_zh: str, message_en: str) -> None:
        super().__init__(f"{message_zh} / {message_en}")
        self.message_zh = message_zh
        self.message_en = message_en
