"""What the spiders of the registry refuse, keep of politeness, and leave when they are stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from scrapy.settings import Settings
from scrapy.spiders import Spider

from crawler.demo.run import ROOT, Workspace
from crawler.errors import InputError
from crawler.spiders.portal_directory import PortalDirectorySpider
from crawler.spiders.probe import ProbeSpider
from crawler.spiders.registry_visit import RegistryVisitSpider
from crawler.windows import CHINA
from parsers import regions
from tests.crawler.sites import row, write_rows
from tests.directory.country import Country
from tests.directory.serving import serving


def project_settings(**more: str) -> Settings:
    settings = Settings()
    settings.setmodule("settings.default", priority="project")
    settings.update(more)
    return settings


def settings_for(directory: Path) -> Settings:
    return project_settings(PORTALS_DIR=str(directory), RUNS_DIR=str(directory / "runs"))


@pytest.mark.parametrize("spider", [PortalDirectorySpider, ProbeSpider, RegistryVisitSpider])
def test_a_spider_that_takes_no_reports_keeps_the_crawl_delay(spider: type[Spider]) -> None:
    settings = project_settings()
    spider.update_settings(settings)
    assert settings["EXTENSIONS"]["crawler.extensions.crawl_delay.CrawlDelay"] is not None
    assert settings["EXTENSIONS"]["crawler.extensions.publish.Publish"] is None
    assert not dict(settings["FEEDS"])
    assert not dict(settings["ITEM_PIPELINES"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"province": "火星"}, "火星"),
        ({"province": "370323"}, "not a province"),
        ({"province": "61"}, "陕西省"),
        ({"region": "370323"}, "known: province"),
    ],
)
def test_what_cannot_be_meant_is_said(tmp_path: Path, arguments: dict[str, str], words: str) -> None:
    write_rows(tmp_path, [row("370000", "http://www.shandong.gov.cn/", "370000")])
    with pytest.raises(InputError, match=words):
        PortalDirectorySpider.check_arguments(settings_for(tmp_path), arguments)


def test_without_a_province_it_takes_all_that_the_registry_has_an_address_in(tmp_path: Path) -> None:
    write_rows(tmp_path, [row("370000", "http://www.shandong.gov.cn/", "370000")])
    write_rows(tmp_path, [row("610000", "", "610000", status="unknown")], "61")
    provinces, portals = PortalDirectorySpider.check_arguments(settings_for(tmp_path), {})
    assert provinces == ("37",)
    assert len(portals) == 2


def test_the_directory_keeps_to_crawl_windows(tmp_path: Path) -> None:
    write_rows(tmp_path, [row("370000", "http://www.shandong.gov.cn/", "370000")])
    settings = settings_for(tmp_path)
    settings.set("CRAWL_WINDOW", "20:00-07:00")
    spider = PortalDirectorySpider(*PortalDirectorySpider.check_arguments(settings, {"province": "37"}), settings)
    noon = datetime(2026, 3, 1, 12, tzinfo=CHINA)
    assert spider.search.cities.hours.wait("shandong.gov.cn", noon) == 8 * 3600
    settings.set("CRAWL_WINDOW", "nights")
    with pytest.raises(InputError, match="CRAWL_WINDOW"):
        PortalDirectorySpider.check_arguments(settings, {"province": "37"})


def test_a_run_that_is_stopped_says_so_of_every_region(tmp_path: Path) -> None:
    country, workspace = Country(7), Workspace(tmp_path)
    with serving("127.61.0.1", country.build):
        write_rows(workspace.portals, [row("220000", country.truth["220000"], "220000")], "22")
        settings = {**workspace.settings("run"), "DOWNLOAD_DELAY": "0.3", "CITIES_AT_ONCE": "1"}
        command = [sys.executable, "-m", "scrapy", "crawl", "portal_directory", "-a", "province=22"]
        command += [word for name, value in settings.items() for word in ("-s", f"{name}={value}")]
        environment = {**os.environ, "SCRAPY_PROJECT": "demo", "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if line.startswith("·".encode()):  # the first portal was visited
                    break
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    assert process.returncode == 2
    manifest = json.loads((workspace.runs / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["verdict"], manifest["complete"]) == (2, False)
    lines = (workspace.runs / "run" / "outcomes.jsonl").read_text(encoding="utf-8").splitlines()
    outcomes = [json.loads(line) for line in lines]
    scope = [code for code in regions.current_codes() if code.startswith("22")]
    assert [outcome["region_code"] for outcome in outcomes] == scope
    assert "ended_early" in {outcome["detail"] for outcome in outcomes}
    assert "not_found" not in {outcome["finding"] for outcome in outcomes}, "not looked for is not not found"
