"""E3: ALT or AST above twice the upper limit of normal that stands on the result itself."""

from __future__ import annotations

from collections.abc import Callable

from tests.resources import day, enzyme, observation, patient, upper_limit
from tests.spec.cases import Case, case

AST = enzyme("ast", 20, upper_limit(40))
MAN, WOMAN, SEX_UNKNOWN = patient(gender="male"), patient(gender="female"), patient(gender="unknown")
FOR_MEN = upper_limit(50, appliesTo=[{"text": "男"}])
FOR_WOMEN = upper_limit(40, appliesTo=[{"text": "女"}])


def _alt(value: float, *ranges: dict[str, object], **more: object) -> list[dict[str, object]]:
    return [enzyme("alt", value, *ranges, **more), AST]


CASES = [
    case(
        "E3-alt-80-of-40-exactly-false",
        _alt(80, upper_limit(40)),
        "false",
        review=True,
        note="ALT exactly 2 x ULN",
    ),
    case("E3-alt-80.0001-of-40-true", _alt(80.0001, upper_limit(40)), "true", review=False),
    case("E3-alt-79.9999-of-40-false", _alt(79.9999, upper_limit(40)), "false", review=False),
    case("E3-alt-other-unit-than-its-range", _alt(80, upper_limit(40, "IU/L")), "false", review=True),
    case("E3-alt-in-ukat", _alt(2, upper_limit(0.67), unit="ukat/L"), "true", value=120.0),
    case("E3-range-in-ukat-value-in-u", _alt(80, upper_limit(0.6, "ukat/L")), "true"),
    case(
        "E3-bound-without-unit-has-the-values",
        _alt(1.5, upper_limit(0.67), unit="ukat/L"),
        "true",
        rules=(9,),
    ),
    case("E3-range-in-unknown-unit", _alt(80, upper_limit(40, "卡门单位")), "NO_REFERENCE_RANGE"),
    case("E3-alt-no-range", _alt(300), "NO_REFERENCE_RANGE"),
    case("E3-alt-lower-bound-only", _alt(300, {"low": {"value": 9}}), "NO_REFERENCE_RANGE"),
    case("E3-alt-high-ast-unknown-true", [enzyme("alt", 100, upper_limit(40)), enzyme("ast", 20)], "true"),
    case(
        "E3-ast-high-true", [enzyme("alt", 20, upper_limit(40)), enzyme("ast", 81, upper_limit(40))], "true"
    ),
    case(
        "E3-ast-exactly-twice-review",
        [enzyme("alt", 20, upper_limit(40)), enzyme("ast", 80, upper_limit(40))],
        "false",
        review=True,
    ),
    case("E3-only-alt-measured", [enzyme("alt", 20, upper_limit(40))], "NO_RECORD"),
    case("E3-nothing-measured", [], "NO_RECORD"),
    case("E3-day-28-false", [enzyme("alt", 20, upper_limit(40), when=day(28)), AST], "false"),
    case("E3-day-29-too-old", [enzyme("alt", 20, upper_limit(40), when=day(29)), AST], "TOO_OLD"),
    # ranges as text
    case("E3-text-range-hyphen-false", _alt(80, {"text": "0-40"}), "false", review=True, rules=(9,)),
    case("E3-text-range-tilde-with-unit-true", _alt(101, {"text": "9~50 U/L"}), "true", rules=(9,)),
    case("E3-text-range-less-than-true", _alt(81, {"text": "<40"}), "true", rules=(9,)),
    case("E3-text-range-full-width-true", _alt(81, {"text": "９～４０"}), "true", rules=(9,)),
    case("E3-text-range-in-words", _alt(81, {"text": "见说明"}), "NO_REFERENCE_RANGE", rules=(9,)),
    # sex, age, type
    case("E3-sex-man-of-50-false", [MAN, *_alt(90, FOR_MEN, FOR_WOMEN)], "false", rules=(9,)),
    case("E3-sex-woman-of-40-true", [WOMAN, *_alt(90, FOR_MEN, FOR_WOMEN)], "true", rules=(9,)),
    case(
        "E3-sex-unknown-ranges-disagree",
        [SEX_UNKNOWN, *_alt(90, FOR_MEN, FOR_WOMEN)],
        "CONFLICTING_VALUES",
        rules=(9,),
    ),
    case(
        "E3-sex-unknown-ranges-agree-true", [SEX_UNKNOWN, *_alt(101, FOR_MEN, FOR_WOMEN)], "true", rules=(9,)
    ),
    case(
        "E3-sex-missing-ranges-agree-false", [patient(), *_alt(79, FOR_MEN, FOR_WOMEN)], "false", rules=(9,)
    ),
    case("E3-sex-only-the-other-sex", [WOMAN, *_alt(90, FOR_MEN)], "NO_REFERENCE_RANGE", rules=(9,)),
    case(
        "E3-two-ranges-decide-differently", _alt(90, upper_limit(40), upper_limit(50)), "CONFLICTING_VALUES"
    ),
    case("E3-two-ranges-decide-alike", _alt(120, upper_limit(40), upper_limit(50)), "true"),
    case(
        "E3-treatment-range-is-not-normal",
        _alt(90, upper_limit(30, type={"coding": [{"code": "treatment"}]}), upper_limit(50)),
        "false",
    ),
    case(
        "E3-children-range-left-out",
        _alt(90, upper_limit(30, age={"high": {"value": 17, "unit": "a"}}), upper_limit(50)),
        "false",
    ),
    # bounds and components
    case(
        "E3-alt-less-than-80-false",
        [observation("alt", {"valueString": "<80 U/L"}, referenceRange=[upper_limit(40)]), AST],
        "false",
    ),
    case(
        "E3-alt-more-than-60-censored",
        [observation("alt", {"valueString": ">60 U/L"}, referenceRange=[upper_limit(40)]), AST],
        "CENSORED_VALUE",
    ),
    case(
        "E3-component-has-its-own-range",
        [
            observation(
                {"text": "肝功能"},
                {},
                referenceRange=[upper_limit(1000)],
                component=[
                    {
                        k: v
                        for k, v in enzyme("alt", 90, upper_limit(40)).items()
                        if k in ("code", "valueQuantity", "referenceRange")
                    }
                ],
            ),
            AST,
        ],
        "true",
    ),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)
