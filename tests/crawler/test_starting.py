"""Settings that can't be meant are told before anything is started, whichever command is given."""

from __future__ import annotations

from pathlib import Path

import pytest
from scrapy.settings import Settings

from crawler.errors import InputError
from crawler.starting import check_settings
from tests.crawler.sites import row, write_rows
from tests.directory.test_foreign_rows import portals


def project_settings(**more: str) -> Settings:
    settings = Settings()
    settings.setmodule("settings.default", priority="project")
    settings.update(more)
    return settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORTAL_SECONDS", "abc"),
        ("PORTAL_SECONDS", "nan"),
        ("CITIES_AT_ONCE", "2.5"),
        ("CITIES_AT_ONCE", ""),
        ("DOWNLOAD_TIMEOUT", "-1"),
        ("DOWNLOAD_DELAY", "0"),
        ("DOWNLOAD_DELAY", "inf"),
        ("EGRESS_ALLOW", "everything"),
        ("CRAWL_WINDOW", "20:00"),
    ],
)
def test_a_setting_that_can_not_be_meant_is_named(name: str, value: str) -> None:
    with pytest.raises(InputError, match=name):
        check_settings(project_settings(**{name: value}))


def test_what_is_a_time_may_be_a_fraction() -> None:
    check_settings(project_settings())
    check_settings(project_settings(LIST_DAYS="0.5", PORTAL_SECONDS="1.5", RUN_SECONDS="0.1", CRAWL_DELAY_MAX="0.8"))


def test_verify_asks_nobody_without_a_delay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(tmp_path, [row("a", "http://www.yiyuan.gov.cn/")])
    assert portals(tmp_path, "verify", DOWNLOAD_DELAY="0") == 2
    assert "one request at a time can't be kept" in capsys.readouterr().err
