"""The tables of the ledger, the same on SQLite and PostgreSQL, and their version.

Times are ISO 8601 text in UTC, lists are JSON text: both can be read with any client (docs/ledger.md has examples).
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    inspect,
    text,
)
from sqlalchemy.engine import Connection

VERSION = 1
_LOCK = 2014_2019_2021  # of PostgreSQL's advisory locks: two first users make one schema

METADATA = MetaData()

SCHEMA = Table("ledger_schema", METADATA, Column("version", Integer, primary_key=True), Column("created_at", String))

RUNS = Table(
    "runs",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("run_id", String(120), nullable=False, unique=True),
    Column("arguments", JSON, nullable=False, default=dict),
    Column("path", Text, nullable=False, default=""),
    Column("started_at", String, nullable=False),
    Column("published_at", String),
    Column("verdict", Integer),
)

PORTALS = Table(
    "portals",
    METADATA,
    Column("portal_id", String(120), primary_key=True),
    Column("region_code", String(12)),
    Column("name", Text, nullable=False, default=""),
    Column("url", Text, nullable=False, default=""),
    Column("family", String(40)),
    Column("scope", String(20), nullable=False, default=""),
    Column("basis", String(20)),  # of the search for columns: the portal's row and the code, as they were
    Column("discovered_at", String, nullable=False, default=""),
    Column("first_seen", String, nullable=False),
    Column("last_seen", String, nullable=False),
    Column("last_run", String(120), nullable=False),
)

FAMILIES = Table(
    "families",
    METADATA,
    Column("portal_id", String(120), primary_key=True),
    Column("family", String(40), primary_key=True),
    Column("first_seen", String, nullable=False),
    Column("last_seen", String, nullable=False),
)

OUTCOMES = Table(
    "outcomes",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("run_id", String(120), nullable=False),
    Column("portal_id", String(120), nullable=False),
    Column("region_code", String(12)),
    Column("url", Text, nullable=False),
    Column("outcome", String(40), nullable=False),
    Column("detail", Text, nullable=False, default=""),
    Column("family", String(40)),
    Column("years_found", JSON, nullable=False),
    Column("years_missing", JSON, nullable=False),
    Column("years_gone", JSON, nullable=False),
    Column("reports", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("pages", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("finished_at", String, nullable=False),
    UniqueConstraint("run_id", "portal_id"),
    Index("outcomes_of_portal", "portal_id", "seq"),
)

PAGES = Table(
    "pages",
    METADATA,
    Column("portal_id", String(120), primary_key=True),
    Column("page_key", String(32), primary_key=True),
    Column("kind", String(10), primary_key=True),  # column, article
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False, default=""),
    Column("date", String(20)),
    Column("list_url", Text, nullable=False, default=""),
    Column("in_column", Boolean, nullable=False, default=True),
    Column("column_key", String(32), nullable=False, default=""),  # of an article: the column that lists it
    Column("content_sha256", String(64), nullable=False, default=""),  # of a column: of its first rows
    Column("etag", Text),
    Column("last_modified", Text),
    Column("files", JSON, nullable=False, default=list),
    Column("scope", String(20), nullable=False, default=""),
    Column("attachments", String(20), nullable=False, default=""),
    Column("parser", String(40), nullable=False, default=""),  # and what else the page was judged by
    Column("reason", String(60), nullable=False, default=""),
    Column("report_id", String(40)),
    Column("fingerprint", String(64)),
    Column("year", Integer),
    Column("dated", String(20), nullable=False, default=""),
    Column("checked_at", String, nullable=False, default=""),
    Column("first_seen", String, nullable=False),
    Column("last_seen", String, nullable=False),
    Column("gone_since", String),
    Index("pages_of_report", "report_id"),
)

REPORTS = Table(
    "reports",
    METADATA,
    Column("report_id", String(40), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("portal_id", String(120), nullable=False),
    Column("year", Integer),
    Column("dated", String(20), nullable=False, default=""),
    Column("run_id", String(120), nullable=False),  # whose reports.jsonl has it
    Column("first_seen", String, nullable=False),
    Column("last_seen", String, nullable=False),
    Column("gone_since", String),
    Column("superseded_at", String),
    Index("reports_of_portal", "portal_id", "year"),
)

ROBOTS = Table(
    "robots",
    METADATA,
    Column("url", String(300), primary_key=True),
    Column("status", Integer, nullable=False),
    Column("rules", LargeBinary, nullable=False),
    Column("fetched_at", String, nullable=False),
)


def create(connection: Connection, now: str) -> int:
    """Makes what is not there yet, within the caller's transaction; gives the version of the schema found."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    METADATA.create_all(connection)
    _add_columns(connection)
    found = connection.execute(SCHEMA.select().order_by(SCHEMA.c.version.desc())).first()
    if found is None:
        connection.execute(SCHEMA.insert().values(version=VERSION, created_at=now))
        return VERSION
    return int(found.version)


def _add_columns(connection: Connection) -> None:
    """Gives tables that an earlier program made the columns that have come since, empty."""
    there = inspect(connection)
    name_of = connection.dialect.identifier_preparer.format_column
    for table in METADATA.sorted_tables:
        held = {column["name"] for column in there.get_columns(table.name)}
        for column in table.columns:
            if column.name not in held:
                kind = column.type.compile(connection.dialect)
                empty = "" if column.nullable else " NOT NULL DEFAULT ''"
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {name_of(column)} {kind}{empty}")
