"""The contact block of a report: 如有疑问,请与…联系(地址:…;邮编:…;电话:…;邮箱:…).

Only the body and what reaches it are read. Names of individuals (联系人:…) are personal data and mobile numbers
mostly are: neither is extracted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from parsers.dates import widths

LABELS = {
    "address": "联系地址|通讯地址|通信地址|办公地址|单位地址|地址|地点",
    "postcode": "邮政编码|邮编",
    "phone": "联系电话|咨询电话|办公电话|电话号码|热线电话|电话|联系方式",
    "fax": "传真号码|传真电话|传真",
    "email": "电子邮箱地址|电子邮箱|电子邮件|电邮|邮箱地址|邮箱|[Ee]-?[Mm]ail",
    "organisation": "联系单位|联系部门|联系机构|受理机构|编制单位|编制机关",
    "person": "联系人员|联系人|负责人|经办人",
}
_ANY = "|".join(LABELS.values())
_LABEL = re.compile("|".join(f"(?P<{field}>{words})" for field, words in LABELS.items()))
# A block ends with the sentence; brackets inside an address belong to it.
_SENTENCE_ENDS = re.compile(r"[。!?\n]")
LONGEST_SENTENCE = 500
_VALUE_FOLLOWS = re.compile(r"\s{0,2}(?:[:为]|\d|\()")
_ASKS = re.compile(
    r"疑问|意见建议|请(?:直接)?(?:与|向|联系|致电|咨询)|可(?:与|向|致电)|联系(?:单位|部门|机构|地址|方式|人)"
)
_ORGANISATION = re.compile(
    r"(?:请(?:直接)?(?:与|向|联系|致电|咨询)|可(?:与|向|联系|致电)|敬请(?:与|向))(?P<name>[^,。;:()《》“”]{3,40}?)"
    r"(?:进行)?(?:取得)?(?:电话)?(?:联系|咨询|反映|反馈|垂询|提出|\(|[,:;]|$)"
)
_BODY = re.compile(r"政府|办|局|委|中心|科|处|股|室|站|部|院|厅|公司|[镇乡]$|街道")
_PHONE = re.compile(r"\(?(0\d{2,3})\)?[-—–\s]{0,3}(\d{7,8})(?:(?:-|转)(\d{1,5}))?(?!\d)")
_LOCAL_PHONE = re.compile(r"(?<![\d-])(?!1[3-9]\d{9})([2-9]\d{6,7}|12345|400-?\d{3}-?\d{4})(?!\d)")
_EMAIL = re.compile(r"[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}")
_POSTCODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
_ADDRESS = re.compile(r"(?:[^,;。()]|\([^()]{0,40}\)){3,80}")


@dataclass(slots=True)
class Contact:
    organisation: str | None = None
    address: str | None = None
    postcode: str | None = None
    phone: str | None = None
    fax: str | None = None
    email: str | None = None

    def __bool__(self) -> bool:
        return any((self.organisation, self.address, self.postcode, self.phone, self.fax, self.email))


def read(*texts: str) -> Contact:
    """The contact block of the first text that has one.

    >>> c = read("如有疑问,请与沂源县大数据中心联系(联系人:张三,地址:振兴路61号(二楼);电话:0533-3228369)。")
    >>> c.organisation, c.address, c.phone
    ('沂源县大数据中心', '振兴路61号(二楼)', '0533-3228369')
    >>> bool(read("设立咨询电话,畅通渠道。"))
    False
    """
    for text in texts:
        for block in _blocks(text):
            contact = _read_block(block)
            if contact.address or contact.phone or contact.email:
                return contact
    return Contact()


def _blocks(text: str) -> list[str]:
    """Sentences that give a way to ask, with the labelled lines that follow them."""
    plain = widths(text)
    if not _ASKS.search(plain):
        return []
    lines = [part[:LONGEST_SENTENCE] for part in _SENTENCE_ENDS.split(plain) if part.strip()]
    blocks: list[str] = []
    for at, line in enumerate(lines):
        if not (
            _ASKS.search(line) and (_labelled(line) or (at + 1 < len(lines) and _begins_with_label(lines[at + 1])))
        ):
            continue
        block = [line]
        for following in lines[at + 1 : at + 9]:
            if not _begins_with_label(following):
                break
            block.append(following)
        blocks.append(";".join(part.strip() for part in block))
    return blocks


def _labelled(line: str) -> bool:
    return any(
        re.match(r"\s{0,2}(?:[::为]|\d|\()", line[found.end() : found.end() + 3]) for found in _LABEL.finditer(line)
    )


def _begins_with_label(line: str) -> bool:
    return bool(re.match(rf"\s{{0,8}}[(]?(?:{_ANY})\s{{0,2}}[:(\d]", line))


def _read_block(block: str) -> Contact:
    contact = Contact()
    labels = [
        found for found in _LABEL.finditer(block) if not block[: found.start()].endswith(("索取", "公开", "网站"))
    ]
    for at, found in enumerate(labels):
        field = found.lastgroup or ""
        end = labels[at + 1].start() if at + 1 < len(labels) else len(block)
        value = block[found.end() : end].lstrip(" :为是")
        if field != "person" and hasattr(contact, field) and getattr(contact, field) is None:
            setattr(contact, field, _value(field, value))
    organisation = _ORGANISATION.search(block)
    if contact.organisation is None and organisation:
        contact.organisation = _value("organisation", organisation["name"])
    if contact.email is None and (email := _EMAIL.search(block)):
        contact.email = email[0]
    return contact


def _value(field: str, text: str) -> str | None:
    if field in ("phone", "fax"):
        return phone_number(text)
    if field == "email":
        return found[0] if (found := _EMAIL.search(text)) else None
    if field == "postcode":
        return found[0] if (found := _POSTCODE.search(text)) else None
    found = _ADDRESS.match(text.strip())
    if found and field == "organisation" and not _BODY.search(found[0]):
        return None  # a person's name, perhaps
    return found[0].strip() or None if found else None


def phone_number(text: str) -> str | None:
    """The first land line as area code and number; mobile numbers are left out.

    >>> phone_number("0533-3228369"), phone_number("(0311)85503993"), phone_number("13912345678")
    ('0533-3228369', '0311-85503993', None)
    """
    if found := _PHONE.search(text):
        return f"{found[1]}-{found[2]}" + (f"-{found[3]}" if found[3] else "")
    return local[0] if (local := _LOCAL_PHONE.search(text)) else None
