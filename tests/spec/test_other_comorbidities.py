"""E8: any signal against immune suppression is a person's; no signal in a record that speaks is FALSE."""

from __future__ import annotations

from collections.abc import Callable

from tests.resources import (
    ATC,
    CVX,
    SNOMED,
    allergy,
    condition,
    day,
    icd,
    request,
    snomed,
    statement,
    status,
    vaccination,
)
from tests.screened import Resource
from tests.spec.cases import Case, case

SPEAKS = condition(icd("M54.5"))
BY_EYE = {"route": {"coding": [{"system": SNOMED, "code": "54485002"}]}}
LIVE = ("02 03 04 05 06 07 19 21 25 37 38 56 75 94 111 116 119 121 122 149 174 178 179 182 183 184").split()
LIVE_ATC = (
    "J07AN01 J07AP01 J07BA03 J07BB03 J07BD52 J07BE01 J07BF01 J07BF02 J07BF04 J07BH01 J07BJ01 J07BK01 "
    "J07BK02 J07BL01 J07BX04"
).split()
LIVE_TEXT = (
    "麻疹疫苗 麻腮风联合疫苗 风疹疫苗 腮腺炎疫苗 水痘疫苗 卡介苗 流感减毒活疫苗 黄热病疫苗 "
    "轮状病毒疫苗 口服脊髓灰质炎减毒活疫苗 登革疫苗"
).split()
NOT_LIVE = ("08", "88", "133", "187", "208")


def _vaccine(code: str, system: str = CVX) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


def _with(*records: Resource) -> list[Resource]:
    return [SPEAKS, *records]


CASES = [
    case("E8-silence-false", SPEAKS, "false", review=True, cell="false.silence review.always"),
    case("E8-nothing-recorded", [], "NO_RECORD", review=True, cell="unknown.silence"),
    case("E8-unmapped", _with(condition({"text": "不明"})), "UNMAPPED_CODE", cell="unknown.silence"),
    # Conditions
    *(
        case(
            f"E8-hiv-{code}", condition(icd(code)), "NEEDS_JUDGEMENT", review=True, cell="unknown.hiv 15.hiv"
        )
        for code in ("B20", "B24", "Z21")
    ),
    case("E8-hiv-snomed", condition(snomed("86406008")), "NEEDS_JUDGEMENT", cell="unknown.hiv 15.hiv"),
    case("E8-hiv-inactive", condition(icd("Z21"), clinicalStatus=status("inactive")), "NEEDS_JUDGEMENT"),
    *(
        case(
            f"E8-immunodeficiency-{code}",
            condition(icd(code)),
            "NEEDS_JUDGEMENT",
            cell="unknown.immunodeficiency",
        )
        for code in ("D80.1", "D81.9", "D82.1", "D83.9", "D84.9")
    ),
    case("E8-pml", condition(icd("A81.2")), "NEEDS_JUDGEMENT", cell="unknown.pml"),
    *(
        case(f"E8-transplant-{code}", condition(icd(code)), "NEEDS_JUDGEMENT", cell="unknown.transplant")
        for code in ("Z94.0", "T86.1")
    ),
    case(
        "E8-history-text",
        _with(condition({"text": "肾移植病史"})),
        "NEEDS_JUDGEMENT",
        cell="18.history-judged",
    ),
    case(
        "E8-provisional",
        _with(condition(icd("B20"), verificationStatus=status("provisional"))),
        "PROVISIONAL_ONLY",
    ),
    case("E8-refuted-false", _with(condition(icd("B20"), verificationStatus=status("refuted"))), "false"),
    case("E8-of-tomorrow-false", _with(condition(icd("B20"), day(-1))), "false", cell="2.tomorrow"),
    case("E8-family-text-false", _with(condition({"text": "父亲HIV感染"})), "false", cell="18.family"),
    # allergies
    *(
        case(f"E8-allergy-{n}", _with(allergy(name)), "NEEDS_JUDGEMENT", cell="unknown.allergy")
        for n, name in enumerate(
            ("42316", "L04AD02", "L04AA05", "他克莫司", "FK506", "普乐可复", "Tacrolimus")
        )
    ),
    case("E8-allergy-undated", _with(allergy("42316", None)), "NEEDS_JUDGEMENT", cell="unknown.allergy"),
    case(
        "E8-allergy-unconfirmed", _with(allergy("42316", verificationStatus=status("unconfirmed"))), "unknown"
    ),
    case(
        "E8-allergy-substance",
        _with(allergy(None, reaction=[{"substance": {"text": "他克莫司"}}])),
        "NEEDS_JUDGEMENT",
        cell="unknown.allergy",
    ),
    *(
        case(f"E8-allergy-{gone}-false", _with(allergy("42316", verificationStatus=status(gone))), "false")
        for gone in ("refuted", "entered-in-error")
    ),
    *(
        case(f"E8-allergy-other-{n}-false", _with(allergy(name)), "false")
        for n, name in enumerate(("青霉素", "花生", "penicillin", "尘螨"))
    ),
    case("E8-allergy-nameless", _with(allergy(None)), "UNMAPPED_CODE", cell="unknown.nameless"),
    case(
        "E8-allergy-nameless-refuted-false",
        _with(allergy(None, verificationStatus=status("refuted"))),
        "false",
    ),
    # vaccines
    *(
        case(
            f"E8-vaccine-cvx-{code}",
            _with(vaccination(_vaccine(code))),
            "NEEDS_JUDGEMENT",
            cell="unknown.vaccine",
        )
        for code in LIVE
    ),
    *(
        case(
            f"E8-vaccine-atc-{code}",
            _with(vaccination(_vaccine(code, ATC))),
            "NEEDS_JUDGEMENT",
            cell="unknown.vaccine",
        )
        for code in LIVE_ATC
    ),
    *(
        case(
            f"E8-vaccine-text-{n}",
            _with(vaccination({"text": text})),
            "NEEDS_JUDGEMENT",
            cell="unknown.vaccine",
        )
        for n, text in enumerate(LIVE_TEXT)
    ),
    case(
        "E8-vaccine-day-30",
        _with(vaccination(_vaccine("03"), day(30))),
        "NEEDS_JUDGEMENT",
        valid_until="2026-07-01",
        cell="unknown.vaccine",
    ),
    case("E8-vaccine-day-31-false", _with(vaccination(_vaccine("03"), day(31))), "false"),
    case(
        "E8-vaccine-undated",
        _with(vaccination(_vaccine("03"), None)),
        "NEEDS_JUDGEMENT",
        cell="unknown.vaccine-undated",
    ),
    case("E8-vaccine-of-this-month", _with(vaccination(_vaccine("03"), "2026-06")), "NEEDS_JUDGEMENT"),
    case("E8-vaccine-of-this-year", _with(vaccination(_vaccine("03"), "2026")), "unknown"),
    case("E8-vaccine-of-tomorrow-false", _with(vaccination(_vaccine("03"), day(-1))), "false"),
    *(
        case(f"E8-vaccine-{gone}-false", _with(vaccination(_vaccine("03"), status=gone)), "false")
        for gone in ("not-done", "entered-in-error")
    ),
    *(
        case(f"E8-vaccine-cvx-{code}-is-not-live-false", _with(vaccination(_vaccine(code))), "false")
        for code in NOT_LIVE
    ),
    case("E8-vaccine-recombinant-zoster-false", _with(vaccination({"text": "重组带状疱疹疫苗"})), "false"),
    case("E8-vaccine-recombinant-zoster-atc-false", _with(vaccination(_vaccine("J07BK03", ATC))), "false"),
    case(
        "E8-vaccine-nameless-day-30",
        _with(vaccination({}, day(30))),
        "UNMAPPED_CODE",
        cell="unknown.nameless",
    ),
    case("E8-vaccine-nameless-day-31-false", _with(vaccination({}, day(31))), "false"),
    # cyclosporine
    *(
        case(
            f"E8-cyclosporine-{n}",
            _with(statement(name, day(60))),
            "NEEDS_JUDGEMENT",
            cell="unknown.cyclosporine",
        )
        for n, name in enumerate(
            (
                "3008",
                "L04AD01",
                "环孢素软胶囊",
                "环孢菌素",
                "环孢霉素A",
                "新山地明",
                "田可",
                "赛斯平",
                "Cyclosporine",
            )
        )
    ),
    case(
        "E8-cyclosporine-ordered",
        _with(
            request("3008", day(20), dispenseRequest={"validityPeriod": {"start": day(20), "end": day(-20)}})
        ),
        "NEEDS_JUDGEMENT",
        cell="unknown.cyclosporine",
    ),
    case(
        "E8-cyclosporine-without-dates",
        _with(statement("3008")),
        "NEEDS_JUDGEMENT",
        cell="unknown.cyclosporine-undated",
    ),
    case(
        "E8-cyclosporine-ordered-without-duration",
        _with(request("3008", day(60))),
        "NEEDS_JUDGEMENT",
        cell="unknown.cyclosporine-undated",
    ),
    case("E8-cyclosporine-until-yesterday-false", _with(statement("3008", day(60), day(1))), "false"),
    case("E8-cyclosporine-not-taken-false", _with(statement("3008", day(60), status="not-taken")), "false"),
    case(
        "E8-cyclosporine-eye-drops-false",
        _with(statement("环孢素滴眼液", day(60))),
        "false",
        cell="24.not-systemic",
    ),
    case(
        "E8-cyclosporine-by-eye-false",
        _with(statement("3008", day(60), None, BY_EYE)),
        "false",
        cell="24.not-systemic",
    ),
    case("E8-azathioprine-false", _with(statement("1256", day(60))), "false"),
    case("E8-drug-nameless", _with(statement({}, day(60))), "UNMAPPED_CODE", cell="unknown.nameless"),
    case("E8-drug-nameless-until-yesterday-false", _with(statement({}, day(60), day(1))), "false"),
    case("E8-drug-unmapped-by-name-false", _with(statement("复方某某丸", day(60))), "false"),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)
