"""From LEDGER_URL to a database that answers, or a message that says what is wrong with it.

``sqlite:///path`` is a file that several processes of one machine may share (WAL); ``postgresql://…`` and
``postgresql+psycopg://…`` are the same and need the extra ``postgres``. An empty URL is no ledger.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event, make_url
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from crawler.errors import InputError
from crawler.ledger import schema
from crawler.run import now

LOCK_SECONDS = 30  # that a writer waits for another one
CONNECT_SECONDS = 10
STATEMENT_SECONDS = 60


def open_engine(text: str, *, lock_seconds: float = LOCK_SECONDS) -> Engine:
    """The database of a URL, its schema made where it is new. Raises ``InputError``, never shows a password."""
    url = _read(text)
    shown = url.render_as_string(hide_password=True)
    try:
        engine = _sqlite(url, lock_seconds) if url.get_backend_name() == "sqlite" else _postgresql(url)
        with engine.execution_options(write=True).begin() as connection:
            found = schema.create(connection, now())
    except ModuleNotFoundError as error:
        raise InputError(
            f"LEDGER_URL 需要扩展 postgres(缺少 {error.name}):pip install 'nianbao[postgres]'",
            f"LEDGER_URL needs the extra postgres ({error.name} is missing): pip install 'nianbao[postgres]'",
        ) from None
    except (SQLAlchemyError, OSError) as error:
        why = " ".join(str(getattr(error, "orig", None) or error).split())[:300]
        raise InputError(f"无法使用台账 {shown}:{why}", f"can't use the ledger {shown}: {why}") from None
    if found > schema.VERSION:
        engine.dispose()
        raise InputError(
            f"台账 {shown} 的结构版本为 {found},本程序只认识 {schema.VERSION},请升级程序",
            f"the ledger {shown} has schema version {found}, this program knows {schema.VERSION}: upgrade it",
        )
    return engine


def _read(text: str) -> URL:
    try:
        url = make_url(text)
        backend = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError):
        backend = ""
    if backend in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if backend != "sqlite" or url.drivername not in ("sqlite", "sqlite+pysqlite") or url.database in (None, ""):
        raise InputError(
            "LEDGER_URL 应为 sqlite:///路径 或 postgresql://用户@主机/库,留空则不用台账",
            "LEDGER_URL is sqlite:///PATH or postgresql://USER@HOST/DATABASE; empty for no ledger",
        )
    if url.database == ":memory:":
        raise InputError("LEDGER_URL 需要文件,不能是内存库", "LEDGER_URL needs a file, not a database in memory")
    return url


def _sqlite(url: URL, lock_seconds: float) -> Engine:
    assert url.database is not None
    Path(url.database).absolute().parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": lock_seconds})

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        connection.execute("PRAGMA journal_mode=WAL")  # who reads does not wait for who writes
        connection.execute("PRAGMA synchronous=NORMAL")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        write = connection.get_execution_options().get("write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _postgresql(url: URL) -> Engine:
    options = f"-c statement_timeout={STATEMENT_SECONDS * 1000} -c lock_timeout={LOCK_SECONDS * 1000}"
    arguments = {"connect_timeout": CONNECT_SECONDS, "options": options}
    return create_engine(url, pool_pre_ping=True, pool_size=3, connect_args=arguments)


__all__ = ["DBAPIError", "open_engine"]
