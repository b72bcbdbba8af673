"""From files to a report, end to end, on the sample that the page offers: exactly the planted faults speak."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa.audit import Auditor
from qa.browse import Regulation
from qa.check_desk import CheckDesk
from qa.register_models import RegisterError
from qa.store import Store
from qa.validate_models import Settings

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "data" / "page" / "samples"
FORMS = ROOT / "data" / "registers" / "templates"


@pytest.fixture(scope="module")
def auditor(store: Store) -> Auditor:
    """Checks against the project's regulation."""
    return Auditor(ROOT, store, Regulation(store), Settings())


def test_the_sample_has_its_planted_faults_and_no_other(auditor: Auditor) -> None:
    sample = SAMPLES / "公文登记簿（样例）.csv"
    outcome = auditor.audit([sample])
    found = {(result.id, outcome.place(result).label) for result in outcome.breaches}
    assert found == {
        ("2024-002", "第二十七条第一款"),
        ("2024-003", "第二十七条第一款"),
        ("2024-003", "第三十条第二款"),
        ("2024-005", "第三十一条（三）"),
        ("2024-006", "第三十条第一款"),
    }
    assert [problem.text for problem in outcome.unread] == ["六月份"]
    assert {outcome.department(result) for result in outcome.breaches} == {"市水务局", "市统计局", "市人力资源社会保障局", "市发展改革委"}
    assert outcome.undetermined


@pytest.mark.parametrize(
    ("name", "breaches", "unread"),
    [
        (
            "会议台账",
            {
                ("2024-常02", "PapersDelivered"),
                ("2024-常03", "MeetingsInMonth"),
                ("2024-全01", "Chair"),
                ("2024-专01", "MinutesFinalised"),
                ("2024-专01", "MinutesSigner"),
            },
            ["5月16日"],
        ),
        ("请假登记", {("2024-02", "LeaveBefore"), ("2024-03", "LeaveGranted")}, []),
        ("会签征求意见登记", {("2024-02", "Reply"), ("2024-03", "SilenceRecorded")}, ["四月八日"]),
    ],
)
def test_the_other_samples_have_theirs(auditor: Auditor, name: str, breaches: set[tuple[str, str]], unread: list[str]) -> None:
    outcome = auditor.audit([SAMPLES / f"{name}（样例）.csv"])
    assert {(result.id, result.shape) for result in outcome.breaches} == breaches
    assert [problem.text for problem in outcome.unread] == unread
    assert [problem.text for problem in outcome.notes] == (["2024-专01"] if name == "会议台账" else [])


def test_the_samples_can_be_tried_together(auditor: Auditor) -> None:
    desk = CheckDesk(auditor, SAMPLES, FORMS)
    assert len(desk.samples) == 4
    html, files = desk.check(desk.samples)
    assert all(word in html for word in ("第三十一条（三）", "第四十一条第三款", "第二十三条第三款", "第二十九条第二款"))
    assert sum(file.endswith(".xlsx") for file in files) == 4


def test_a_file_without_records_cannot_be_checked(auditor: Auditor, tmp_path: Path) -> None:
    path = tmp_path / "购物单.csv"
    path.write_text("品名,数量\n苹果,3\n", encoding="utf-8")
    with pytest.raises(RegisterError, match="没有可以核对的登记簿"):
        auditor.audit([path])


def test_the_desk_gives_files_or_a_reason(auditor: Auditor, tmp_path: Path) -> None:
    desk = CheckDesk(auditor, SAMPLES, FORMS)
    html, files = desk.check([SAMPLES / "公文登记簿（样例）.csv"])
    assert "gz-report" in html
    assert sorted(Path(file).suffix for file in files) == [".csv", ".html", ".json", ".ttl", ".xlsx"]
    assert all(Path(file).stat().st_size > 100 for file in files)
    broken = tmp_path / "坏的.xlsx"
    broken.write_bytes(b"PK\x03\x04rubbish")
    html, files = desk.check([broken])
    assert 'role="alert"' in html
    assert "坏的.xlsx" in html
    assert files == []


def test_the_desk_tells_how_far_it_is(auditor: Auditor) -> None:
    desk, said = CheckDesk(auditor, SAMPLES, FORMS), []
    desk.check([SAMPLES / "公文登记簿（样例）.csv"], said.append)
    assert [(now.stage, now.total) for now in said] == [("读取", None), ("核对", said[-1].done)]


def test_a_visitor_cancels_his_own_checks(auditor: Auditor) -> None:
    desk = CheckDesk(auditor, SAMPLES, FORMS)
    html, files = desk.check([SAMPLES / "公文登记簿（样例）.csv"], lambda now: desk.cancel("甲"), "甲")
    assert "已取消" in html and files == []
    html, files = desk.check([SAMPLES / "公文登记簿（样例）.csv"], lambda now: desk.cancel("乙"), "甲")
    assert "已取消" not in html and files
    html, files = desk.check([SAMPLES / "公文登记簿（样例）.csv"], visitor="甲")
    assert files, "an earlier cancel holds no longer"


def test_the_desk_offers_empty_registers(auditor: Auditor) -> None:
    html = CheckDesk(auditor, SAMPLES, FORMS).intro()
    assert html.count(".xlsx") == html.count(".csv") == len(list(FORMS.glob("*.xlsx"))) == 8
