"""Metadata of reports: composed examples, and the five seed reports where they are at hand."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from parsers.document import plain
from parsers.metadata import PUBLISHED, Metadata, extract
from parsers.phones import phone_fits

SEEDS = Path(__file__).parents[3] / "shared" / "seeds"
CONTRACT_ORDER = (
    "title subject_name subject_type report_scope report_year region_code region_code_current province_name"
    " prefecture_name county_name admin_level publishing_agency publication_date index_number"
    " unified_social_credit_code document_number author source editor contact_organisation contact_address"
    " contact_postcode contact_phone contact_fax contact_email period_start period_end cited_document"
)
PREAMBLE = (
    "根据《中华人民共和国政府信息公开条例》和《国务院办公厅政府信息与政务公开办公室关于印发〈中华人民共和国政府信息公开"
    "工作年度报告格式〉的通知》(国办公开办函〔2021〕30号)要求,编制本报告。统计期限为2023年1月1日至2023年12月31日。"
)


def read(head: list[str], **parts: Any) -> Metadata:
    """Metadata of a page whose head has these lines."""
    parts.setdefault("preamble", PREAMBLE)
    return extract(lines=[*head, "一、总体情况"], body_start=len(head), **parts)


def test_the_published_fields_are_those_of_the_contract_in_its_order() -> None:
    assert list(Metadata().to_dict()) == CONTRACT_ORDER.split() == list(PUBLISHED)


def test_a_page_with_nothing_to_say_gives_nothing() -> None:
    meta = read([], preamble="")
    said = {name: value for name, value in meta.to_dict().items() if value is not None}
    assert said == {"subject_type": "unknown", "report_scope": "unknown"}
    assert meta.dates == {}


def test_metadata_rows_in_cells_of_one_line_and_on_lines_of_their_own() -> None:
    one_line = read(
        ["索引号: 113703233130158447/2024-5428775 文号: 〔〕号", "发文日期: 2024-02-19 发布机构: 沂源县人民政府"]
    )
    cells = read(
        ["索 引 号 113703233130158447/2024-5428775 文 号 〔〕号", "发文日期 2024-02-19 发布机构 沂源县人民政府"]
    )
    wide = read(
        ["索引号：113703233130158447/2024-5428775　文号：〔〕号", "发文日期：2024-02-19　发布机构：沂源县人民政府"]
    )
    lines = read(
        [
            "索引号:",
            "113703233130158447/2024-5428775",
            "文号:",
            "〔〕号",
            "发文日期:",
            "2024-02-19",
            "发布机构:",
            "沂源县人民政府",
        ]
    )
    brackets = read(
        [
            "【索引号】113703233130158447/2024-5428775",
            "【文号】〔〕号",
            "【发文日期】2024-02-19",
            "【发布机构】沂源县人民政府",
        ]
    )
    for meta in (one_line, cells, wide, lines, brackets):
        assert meta.index_number == "113703233130158447/2024-5428775"
        assert meta.unified_social_credit_code == "113703233130158447"
        assert (meta.document_number, meta.document_number_raw) == (None, "〔〕号")
        assert meta.publication_date == "2024-02-19"
        assert meta.publishing_agency == "沂源县人民政府"
        assert meta.region_code == "370323"


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("无", None),
        ("无文号", None),
        ("〔〕号", None),
        ("-", None),
        ("沂政办字〔2024〕3号", "沂政办字〔2024〕3号"),
        ("沂政办字 [2024] 3 号", "沂政办字[2024]3号"),
    ],
)
def test_a_document_number_that_is_none_is_null_and_kept_as_printed(raw: str, number: str | None) -> None:
    meta = read([f"文号: {raw}", "发布机构: 沂源县人民政府"])
    assert (meta.document_number, meta.document_number_raw) == (number, raw)


@pytest.mark.parametrize(
    ("organ", "kind", "scope", "level"),
    [
        ("沂源县人民政府", "people_government", "region_aggregate", "county"),
        ("沂源县", "people_government", "region_aggregate", "county"),
        ("沂源县政府办公室", "government_office", "government_office", "county"),
        ("沂源县教育和体育局", "department", "single_agency", "county"),
        ("沂源县大数据中心", "department", "single_agency", "county"),
        ("沂源县西里镇人民政府", "township", "single_agency", "township"),
        ("沂源县历山街道办事处", "subdistrict", "single_agency", "township"),
        ("沂源县人民医院", "public_institution", "single_agency", "county"),
        ("淄博市人民政府", "people_government", "region_aggregate", "prefecture"),
        ("山东省人民政府办公厅", "government_office", "government_office", "province"),
        ("淄博高新区管委会", "development_zone", "single_agency", "prefecture"),
    ],
)
@pytest.mark.parametrize(
    "wording",
    [
        "{}2023年政府信息公开工作年度报告",
        "{} 2023 年度政府信息公开年报",
        "2023年度{}政府信息公开工作年度报告",
        "{}二〇二三年政府信息公开年度报告",
        "{}关于2023年政府信息公开工作年度报告",
    ],
)
def test_title_subject_and_scope(wording: str, organ: str, kind: str, scope: str, level: str) -> None:
    title = wording.format(organ)
    meta = read([title, "发布时间:2024-01-20"], region_code="370323")
    assert meta.title == "".join(title.split())
    assert (meta.subject_name, meta.report_year) == (organ, 2023)
    assert (meta.subject_type, meta.report_scope, meta.admin_level) == (kind, scope, level)


def test_navigation_lines_are_no_titles() -> None:
    meta = read(
        [
            "首页 政务公开 政府信息公开 信息公开年度报告",
            "当前位置:首页 > 县政府信息公开年报",
            "沂源县2023年政府信息公开年报",
        ]
    )
    assert (meta.title, meta.title_origin) == ("沂源县2023年政府信息公开年报", "heading")


def test_a_title_broken_over_two_lines_is_joined() -> None:
    meta = read(["泽州县人民政府", "2024年政府信息公开年度工作报告"])
    assert meta.title == "泽州县人民政府2024年政府信息公开年度工作报告"


def test_of_several_titles_the_one_nearest_to_the_body_counts() -> None:
    menu = ["沂源县2021年政府信息公开工作年度报告", "沂源县财政局2022年政府信息公开工作年度报告", "2021-01-30"]
    meta = read([*menu, "日期:2026-11-24 星期二", "沂源县2023年政府信息公开工作年度报告", "发布日期:2024-02-19"])
    assert (meta.title, meta.publication_date) == ("沂源县2023年政府信息公开工作年度报告", "2024-02-19")
    metas = {"articletitle": "沂源县2023年政府信息公开工作年度报告"}
    assert read([*menu, "政务公开栏", "2023年政府信息公开工作年度报告"], metas=metas).title == metas["articletitle"]


def test_a_row_of_cells_ends_a_value_at_the_next_label() -> None:
    meta = read(["文号 主题分类 政务公开", "发布机构 沂源县人民政府 公开方式 主动公开"])
    assert (meta.document_number, meta.document_number_raw) == (None, None)
    assert meta.publishing_agency == "沂源县人民政府"


def test_a_shortened_heading_gives_way_to_the_page_metas() -> None:
    meta = read(
        [],
        headings=["沂源县人民政府2023年政府信息公开…"],
        metas={"articletitle": "沂源县人民政府2023年政府信息公开工作年度报告"},
    )
    assert (meta.title, meta.title_origin) == ("沂源县人民政府2023年政府信息公开工作年度报告", "meta")


def test_the_title_element_loses_the_name_of_the_site() -> None:
    meta = read([], page_title="栾城区2023年政府信息公开工作年度报告_石家庄市栾城区人民政府")
    assert meta.title == "栾城区2023年政府信息公开工作年度报告"


def test_a_title_only_in_the_preamble_is_quoted_and_names_no_publisher() -> None:
    meta = read([], preamble="现发布《石家庄市栾城区2023年政府信息公开工作年度报告》。")
    assert (meta.title, meta.title_origin) == ("石家庄市栾城区2023年政府信息公开工作年度报告", "quoted")
    assert meta.publishing_agency is None
    assert (meta.region_code, meta.report_scope) == ("130111", "region_aggregate")


def test_what_is_no_report_still_has_its_title() -> None:
    meta = read(["标题: 沂源县政府信息公开指南"], preamble="")
    assert (meta.title, meta.title_origin, meta.report_year) == ("沂源县政府信息公开指南", "metadata_row", None)


@pytest.mark.parametrize(
    ("preamble", "section_one", "year"),
    [
        ("现公布2022年政府信息公开工作年度报告(国办公开办函〔2021〕30号)。", "", 2022),
        ("依据国办公开办函〔2021〕30号编制。统计期限为2022年1月1日至2022年12月31日。", "2021年以来,我县", 2022),
        ("依据国办公开办函〔2021〕30号编制。", "2020年,我局认真贯彻", 2020),
        ("依据国办公开办函〔2021〕30号编制。", "我局认真贯彻", None),
    ],
)
def test_the_year_of_a_report_whose_title_has_none(preamble: str, section_one: str, year: int | None) -> None:
    assert read(["政府信息公开工作年度报告"], preamble=preamble, section_one=section_one).report_year == year


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("统计期限自2023年1月1日起,至2023年12月31日止", ("2023-01-01", "2023-12-31")),
        ("涵盖了县政府2024年1月至12月期间的工作", ("2024-01-01", "2024-12-31")),
        ("所列数据的统计期限为2023年1月1日—12月31日", ("2023-01-01", "2023-12-31")),
        ("统计期限为二〇二三年1月1日至二〇二三年12月31日", ("2023-01-01", "2023-12-31")),
        ("统计期限从 2020 年 1 月 1 日起 至 12 月 21 日止", ("2020-01-01", "2020-12-21")),
        ("统计期限为2023年1月1日至2023年2月30日", (None, None)),
        ("统计期限为2023年度", (None, None)),
    ],
)
def test_the_period_is_the_printed_one(text: str, period: tuple[str | None, str | None]) -> None:
    meta = read(["沂源县2022年政府信息公开工作年度报告"], preamble=text)
    assert (meta.period_start, meta.period_end) == period
    assert meta.report_year == 2022


def test_the_displayed_date_wins_over_meta_signature_and_url() -> None:
    parts: dict[str, Any] = {
        "metas": {"pubdate": "2025-02-06 09:00"},
        "tail": ["泽州县人民政府", "2025年2月4日"],
        "url": "http://xxgk.zezhou.gov.cn/xzf/zfxxgknb/202502/t20250207_2096169.shtml",
    }
    head = ["泽州县人民政府2024年政府信息公开年度工作报告"]
    meta = read([*head, "发布时间: 2025-02-05"], **parts)
    assert meta.publication_date == "2025-02-05"
    assert meta.dates == {
        "displayed": "2025-02-05", "meta": "2025-02-06", "signature": "2025-02-04", "url": "2025-02-07",
    }  # fmt: skip
    assert read([*head, "[2025-02-03 10:00]"], **parts).publication_date == "2025-02-03"
    assert read(head, **parts).publication_date == "2025-02-06"
    assert read(head, tail=parts["tail"], url=parts["url"]).publication_date == "2025-02-04"
    assert read(head, url=parts["url"]).publication_date == "2025-02-07"


def test_the_signature_may_stand_on_one_line_or_two() -> None:
    for tail in (["泽州县人民政府", "2025年2月5日"], ["泽州县人民政府 2025年2月5日"], ["2025年2月5日"]):
        meta = read([], tail=tail)
        assert meta.signature_date == "2025-02-05"
        assert meta.signature_agency == (None if len(tail[0]) < 12 and len(tail) == 1 else "泽州县人民政府")
    assert read([], tail=["更新时间:2025年2月5日"]).signature_date is None


def test_names_of_people_come_from_the_page_and_never_from_the_contact_block() -> None:
    meta = read(
        ["作者:佚名 发布时间:2021-01-29 10:44 来源:旬阳县人民政府办公室 浏览次数:12"],
        preamble="如有疑问,请与张三丰联系(联系人:张三丰,电话:0915-7202210,手机13912345678)。",
        tail=["[责任编辑:马洁]"],
    )
    assert (meta.author, meta.source, meta.editor) == ("佚名", "旬阳县人民政府办公室", "马洁")
    assert (meta.contact_organisation, meta.contact_phone) == (None, "0915-7202210")
    assert "张三丰" not in json.dumps(meta.to_dict(), ensure_ascii=False)


def test_a_contact_block_on_lines_of_its_own() -> None:
    meta = read(
        [],
        preamble="如对本报告有疑问,请联系沂源县人民政府办公室。\n地址:沂源县胜利路1号(政府大楼)\n邮政编码：２５６１００\n"
        "联系电话：（0533）3241818\n传真:0533-3241819\n电子邮箱:yyzwgk@zb.shandong.cn",
    )
    assert meta.contact_organisation == "沂源县人民政府办公室"
    assert meta.contact_address == "沂源县胜利路1号(政府大楼)"
    assert (meta.contact_postcode, meta.contact_phone) == ("256100", "0533-3241818")
    assert (meta.contact_fax, meta.contact_email) == ("0533-3241819", "yyzwgk@zb.shandong.cn")


def test_a_phone_number_in_the_narrative_is_no_contact() -> None:
    meta = read([], preamble="", section_one="畅通渠道,公布咨询电话0533-3241818,全年接听200次。办公地址:政务大厅")
    assert meta.contact_organisation is None
    assert meta.contact_address is None


def test_a_former_name_has_the_code_of_its_time() -> None:
    meta = read(["旬阳县人民政府办公室2020年度政府信息公开工作年度报告"], region_code="610981")
    assert (meta.region_code, meta.region_code_current) == ("610928", "610981")
    assert (meta.province_name, meta.prefecture_name, meta.county_name) == ("陕西省", "安康市", "旬阳县")


def test_a_new_name_on_an_old_report_has_the_code_of_the_report_year() -> None:
    meta = read(["旬阳市人民政府2019年度政府信息公开工作年度报告"])
    assert meta.region_code == "610928"


@pytest.mark.parametrize(
    ("subject", "year", "code"),
    [
        ("湖北省襄阳市", 2008, "420600"),
        ("儋州市", 2014, "469003"),
        ("湾沚区", 2019, "340221"),
        ("济南市市中区人民政府", 2023, "370103"),
        ("北京市朝阳区", 2023, "110105"),
        ("积石山县", 2023, "622927"),
        ("东莞市长安镇", 2023, "441900"),
        ("国家税务总局沂源县税务局", 2023, "370323"),
        ("苏州工业园区管委会", 2023, "320500"),
        ("永兴镇人民政府", 2023, None),
    ],
)
def test_subjects_have_the_code_of_their_year(subject: str, year: int, code: str | None) -> None:
    assert read([f"{subject}{year}年政府信息公开工作年度报告"], preamble="").region_code == code


def test_the_hint_settles_homonyms_and_fills_silence_but_overrides_nothing() -> None:
    homonym = "鼓楼区人民政府2023年政府信息公开工作年度报告"
    assert read([homonym], region_code="350102").region_code == "350102"
    assert read([homonym], region_code="350100").region_code == "350102"
    assert read([homonym]).region_code is None
    assert read([homonym], section_one="福州市鼓楼区认真贯彻").region_code == "350102"
    assert read(["西里镇人民政府2023年政府信息公开工作年度报告"], region_code="370323").region_code == "370323"
    assert read(["栾城区人民政府2023年政府信息公开工作年度报告"], region_code="370323").region_code == "130111"
    copied = "2023年沂水县推进公开。沂水县各单位落实。沂水县政府网站发布信息。"
    assert read(["2023年政府信息公开工作年度报告"], section_one=copied, region_code="370323").region_code == "371323"


def test_codes_give_the_region_when_no_name_does() -> None:
    meta = read(["2023年政府信息公开工作年度报告", "索引号: 11370323MB28497018/2024-1"])
    assert (meta.region_code, meta.county_name) == ("370323", "沂源县")
    assert read(["2023年政府信息公开工作年度报告"], metas={"siteidcode": "1405250001"}).region_code == "140525"


def test_a_zone_has_the_code_of_its_portal_in_the_city_of_its_name() -> None:
    meta = read(["淄博高新区管委会2023年政府信息公开工作年度报告"], region_code="370371")
    assert (meta.region_code, meta.prefecture_name, meta.county_name) == ("370371", "淄博市", None)
    assert read(["淄博高新区管委会2023年政府信息公开工作年度报告"], region_code="371471").region_code == "370300"


def test_cited_documents_are_in_one_notation() -> None:
    meta = read([], preamble="依照国办公开办函［2021］ 30 号和国办公开办函〔2019〕60号")
    assert meta.cited_document == "国办公开办函〔2021〕30号"
    assert meta.cited_documents == ["国办公开办函〔2021〕30号", "国办公开办函〔2019〕60号"]


def test_page_metas_alone_are_enough() -> None:
    metas = {
        "articletitle": "定西市人民政府办公室2023年政府信息公开工作年度报告",
        "pubdate": "2024-01-31 10:00:00.0",
        "contentsource": "定西市人民政府办公室",
        "author": "马洁",
        "sitename": "定西市人民政府",
    }
    meta = read([], metas=metas)
    assert (meta.report_year, meta.publication_date, meta.region_code) == (2023, "2024-01-31", "621100")
    assert (meta.publishing_agency, meta.author, meta.report_scope) == (
        "定西市人民政府办公室",
        "马洁",
        "government_office",
    )


def test_long_and_hostile_text_takes_no_time() -> None:
    hostile = "联系" * 3000 + "(" * 3000 + "2023年" * 3000 + "地址:" * 3000
    begun = time.process_time()
    read(
        [hostile, "索引号 " * 80, *["2023年公开" * 15] * 200],
        preamble=hostile,
        section_one=hostile,
        tail=[hostile] * 50,
    )
    assert time.process_time() - begun < 1.5


@pytest.mark.parametrize(
    ("phone", "code", "fits"),
    [
        ("0533-3228369", "370323", True),
        ("(0898)66551234", "460100", True),
        ("0898-66551234", "540100", False),
        ("010-12345678", "110000", True),
        ("3228369", "370323", None),
        (None, "370323", None),
        ("0533-3228369", None, None),
    ],
)
def test_area_codes_fit_provinces(phone: str | None, code: str | None, fits: bool | None) -> None:
    assert phone_fits(phone, code) is fits


def _dig(record: Any, path: str) -> Any:
    for key in path.split("."):
        record = record.get(key) if isinstance(record, dict) else None
    return record


CONTACT = ("organisation", "address", "postcode", "phone", "fax", "email")
GOLD_FIELDS = {
    "region.province": "province_name",
    "region.prefecture": "prefecture_name",
    "region.county": "county_name",
    "region.gb2260_code": "region_code",
    "statistic_period.start": "period_start",
    "statistic_period.end": "period_end",
    **{f"contact.{name}": f"contact_{name}" for name in CONTACT},
    **{
        name: name
        for name in (
            "title", "publishing_agency", "report_scope", "admin_level", "report_year", "publication_date",
            "index_number", "unified_social_credit_code", "document_number", "author", "source", "editor",
        )
    },
}  # fmt: skip


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the five seed reports are not beside the repository")
@pytest.mark.parametrize("hint", [None, "own", "610981"])
@pytest.mark.parametrize("name", sorted(path.stem for path in (SEEDS / "gold").glob("*.json")) or ["none"])
def test_every_metadata_field_of_the_seeds(name: str, hint: str | None) -> None:
    gold = json.loads((SEEDS / "gold" / f"{name}.json").read_text(encoding="utf-8"))["metadata"]
    text = (SEEDS / "text" / f"{name}.txt").read_text(encoding="utf-8")
    before, after = text.split("一、总体情况", 1)
    head = [line for raw in before.splitlines() if (line := plain(raw))]
    tail = [line for raw in text.rsplit("六、", 1)[-1].splitlines()[1:] if (line := plain(raw))]
    meta = extract(
        lines=[*head, "一、总体情况"],
        body_start=len(head),
        preamble="\n".join(head),
        section_one=after.split("二、", 1)[0],
        tail=tail[-12:] if "六、" in text else [],
        region_code=_dig(gold, "region.gb2260_code") if hint == "own" else hint,
    )
    expected = {field: _dig(gold, path) for path, field in GOLD_FIELDS.items()}
    assert {field: getattr(meta, field) for field in expected} == expected


TITLE = "云河县人民政府{}年政府信息公开工作年度报告"
PERIOD = "本报告所列数据的统计期限自2023年1月1日起至2023年12月31日止。"


@pytest.mark.parametrize("preamble", [PERIOD, f"现公布{TITLE.format(2023)}。", ""])
def test_of_titles_of_two_years_the_one_that_the_text_means_is_taken(preamble: str) -> None:
    both = [TITLE.format(2022), TITLE.format(2023)]
    meta = read([*both, preamble], preamble="\n".join([*both, preamble]), headings=both)
    assert (meta.title, meta.report_year) == (both[1], 2023)


def test_the_name_of_a_page_does_not_outvote_its_text() -> None:
    def year(preamble: str) -> int | None:
        return read([preamble], preamble=preamble, page_title=TITLE.format(2022)).report_year

    assert year(f"现公布{TITLE.format(2023)}。{PERIOD}") == 2023
    assert year("为落实条例,编制本报告。") == 2022
    assert year(PERIOD) is None  # a period may be left from last year, a page's name from another page


@pytest.mark.parametrize(
    ("opening", "year"),
    [
        ("2022年以来,全县强化公开。2023年,公开信息百条。", 2023),
        ("2022年以来,云河县坚持公开。", None),
        ("自2022年起,云河县坚持公开。", None),
        ("2023年新增信息百条,较2022年多一成,比2022年更快。", 2023),
        ("按照2024年政务公开工作要点,云河县坚持公开。", None),
        ("2022年印发制度。2023年修订制度。", None),
    ],
)
def test_a_year_that_is_spoken_of_by_the_way_is_not_the_report_year(opening: str, year: int | None) -> None:
    assert read([opening], preamble=opening, page_title="政府信息公开年报").report_year == year
