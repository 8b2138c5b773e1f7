"""DOC, WPS, RTF and ODT: turned into DOCX by LibreOffice, which is not asked for anything else, then read as that.

Each call has a profile of its own in a temporary directory: no macros, no active content, no links followed, a proxy
that leads nowhere. Time, memory and file size are bounded by the system; the process group is killed when time is up.
Errors: ``needs_program`` where LibreOffice is missing, ``broken_document``, ``encrypted``, ``timeout``.
"""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
import tempfile
from pathlib import Path

from parsers.document import Document
from parsers.readers import docx
from parsers.readers.ole import Compound
from parsers.readers.zipped import MAX_MEMBER, broken
from parsers.source import ParseError

PACKAGE = "libreoffice-writer-nogui"
SECONDS = 60
_MEMORY, _FILE_SIZE = 4 << 30, 128 << 20
_SETTINGS = (  # path, property, value
    ("org.openoffice.Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("org.openoffice.Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("org.openoffice.Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("org.openoffice.Office.Writer/Content/Update", "Link", "0"),
    ("org.openoffice.Inet/Settings", "ooInetProxyType", "2"),
    ("org.openoffice.Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("org.openoffice.Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("org.openoffice.Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("org.openoffice.Inet/Settings", "ooInetHTTPSProxyPort", "9"),
)


def read(body: bytes) -> list[Document]:
    kind, suffix = _kind(body)
    documents = docx.read(convert(body, suffix))
    for document in documents:
        document.kind = kind
    return documents


def _kind(body: bytes) -> tuple[str, str]:
    """What a file is, and the ending that LibreOffice is given; it looks at the content too."""
    if body.startswith(b"{\\rtf"):
        return "rtf", "rtf"
    if body.startswith(b"PK"):
        return "odt", "odt"
    start = Compound(body).stream("WordDocument")[:12]
    if len(start) == 12 and struct.unpack_from("<H", start, 10)[0] & 0x0100:
        raise ParseError("encrypted", "文件已加密,需要密码", "the file is encrypted")
    return ("doc", "doc") if start else ("wps", "wps")


def convert(body: bytes, suffix: str) -> bytes:
    """The DOCX that LibreOffice makes of a text document."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        raise ParseError(
            "needs_program",
            f"读取此类文件需要 LibreOffice,请安装系统软件包 {PACKAGE}",
            f"this kind of file needs LibreOffice: install the system package {PACKAGE}",
        )
    with tempfile.TemporaryDirectory(prefix="nianbao-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        _write_profile(folder / "profile" / "user")
        source = folder / f"document.{suffix}"
        source.write_bytes(body)
        _run(program, source, folder)
        result = folder / "out" / "document.docx"
        if not result.is_file() or result.stat().st_size > MAX_MEMBER:
            raise broken("DOC", "LibreOffice made nothing of it")
        return result.read_bytes()


def _write_profile(folder: Path) -> None:
    folder.mkdir(parents=True)
    items = "".join(
        f'<item oor:path="/{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, name, value in _SETTINGS
    )
    (folder / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<oor:items xmlns:oor="http://openoffice.org/2001/registry">{items}</oor:items>',
        encoding="utf-8",
    )


def _run(program: str, source: Path, folder: Path) -> None:
    command = [program, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--norestore", "--nologo"]
    command += ["--nodefault", "--nolockcheck", "--convert-to", "docx", "--outdir", f"{folder}/out", str(source)]
    # timeout ends the program even where this process is killed itself
    bounded = ["timeout", "-k", "2", str(SECONDS), "prlimit", f"--as={_MEMORY}", f"--fsize={_FILE_SIZE}", "--core=0"]
    environment = {key: value for key, value in os.environ.items() if key in ("PATH", "LANG", "LC_ALL")}
    environment |= {"HOME": str(folder), "TMPDIR": str(folder)}
    with subprocess.Popen(
        [*bounded, *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=environment,
        start_new_session=True,
    ) as process:
        try:
            code = process.wait(SECONDS + 5)
        except subprocess.TimeoutExpired:
            code = 124
        finally:
            _kill(process)
    if code == 124:
        raise ParseError("timeout", f"LibreOffice 超过 {SECONDS} 秒", f"LibreOffice took more than {SECONDS} seconds")


def _kill(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
