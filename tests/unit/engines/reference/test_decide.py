"""docs/semantics.md §7, rule by rule: rows, parts, lines, subjects."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapter.model.criteria import Part


@pytest.fixture
def doubt(clinic: Any) -> Any:
    """A diagnosis that makes `present ra` UNKNOWN."""
    return clinic.diagnosis(verificationStatus={"coding": [{"code": "provisional"}]})


def low(clinic: Any, threshold: float = 80) -> Any:
    return clinic.when("latest", "platelets", 28, below=threshold)


def high(clinic: Any, threshold: float = 80) -> Any:
    return clinic.when("latest", "platelets", 28, at_least=threshold)


class TestRows:
    def test_the_first_row_that_holds_decides(self, clinic: Any) -> None:
        rows = [clinic.row("true", low(clinic)), clinic.row("false", high(clinic, 0))]
        assert clinic.verdict(rows, [clinic.platelets(70)]).truth == "true"
        verdict = clinic.verdict(rows, [clinic.platelets(90)])
        assert (verdict.truth, verdict.value) == ("false", 90.0)

    def test_a_row_may_answer_unknown_with_its_reason(self, clinic: Any) -> None:
        rows = [clinic.row("unknown", low(clinic), "NEEDS_JUDGEMENT")]
        verdict = clinic.verdict(rows, [clinic.platelets(70)])
        assert (verdict.truth, verdict.reason, verdict.value) == ("unknown", "NEEDS_JUDGEMENT", 70.0)
        assert len(verdict.evidence) == 1

    def test_an_unknown_row_counts_if_both_ways_agree(self, clinic: Any, doubt: Any) -> None:
        lab = clinic.platelets(70)
        agree = [clinic.row("true", clinic.when("present", "ra")), clinic.row("true", low(clinic))]
        verdict = clinic.verdict(agree, [doubt, lab])
        assert (verdict.truth, verdict.reason, verdict.value) == ("true", None, None)
        assert verdict.evidence == (f"Condition/{doubt['id']}", f"Observation/{lab['id']}")

    def test_an_unknown_row_is_unknown_if_they_do_not(self, clinic: Any, doubt: Any) -> None:
        differ = [clinic.row("true", clinic.when("present", "ra")), clinic.row("false", low(clinic))]
        verdict = clinic.verdict(differ, [doubt, clinic.platelets(70)])
        assert (verdict.truth, verdict.reason) == ("unknown", "PROVISIONAL_ONLY")
        assert verdict.evidence == (f"Condition/{doubt['id']}",)
        assert verdict.valid_until == "2026-07-19"  # the row after it was evaluated, too

    def test_unknown_both_ways_is_the_conditions_reason(self, clinic: Any, doubt: Any) -> None:
        rows = [clinic.row("unknown", clinic.when("present", "ra"), "NEEDS_JUDGEMENT")]
        assert clinic.verdict(rows, [doubt]).reason == "PROVISIONAL_ONLY"

    def test_the_value_of_an_unknown_condition_stands(self, clinic: Any) -> None:
        lab = clinic.platelets(79, "2026-06")  # in the window or not: TRUE or FALSE
        rows = [
            clinic.row("true", low(clinic)),
            clinic.row("true", clinic.when("absent", "ra", silence="false")),
        ]
        verdict = clinic.verdict(rows, [lab])
        assert (verdict.truth, verdict.value) == ("true", 79.0)

    def test_trails_by_rank(self, clinic: Any) -> None:
        score = clinic.when("score", "das28", 28, at_least=3.2)
        rows = [clinic.row("true", low(clinic)), clinic.row("true", score)]
        old, tender = clinic.platelets(70, "2026-01-01"), clinic.visit("2026-06-20", tender=3)[0]
        verdict = clinic.verdict(rows, [old])
        assert (verdict.reason, verdict.evidence) == ("TOO_OLD", (f"Observation/{old['id']}",))
        verdict = clinic.verdict(rows, [old, tender])
        assert (verdict.reason, verdict.evidence) == ("COMPONENT_MISSING", (f"Observation/{tender['id']}",))
        assert clinic.verdict(rows, []).reason == "NO_RECORD"

    def test_valid_until_of_a_row_that_did_not_hold(self, clinic: Any) -> None:
        rows = [clinic.row("true", low(clinic)), clinic.row("false", clinic.when("present", "ra"))]
        verdict = clinic.verdict(rows, [clinic.platelets(90), clinic.diagnosis()])
        assert (verdict.truth, verdict.valid_until) == ("false", "2026-07-19")


class TestLines:
    @pytest.fixture
    def parts(self, clinic: Any) -> list[Part]:
        """PLT below 80, CRP below 5: TRUE, else FALSE where there is a result."""
        return [
            Part((clinic.row("true", low(clinic)), clinic.row("false", high(clinic)))),
            Part(
                (
                    clinic.row("true", clinic.when("latest", "alt", 28, below=5)),
                    clinic.row("false", clinic.when("latest", "alt", 28, at_least=5)),
                )
            ),
        ]

    @pytest.mark.parametrize(
        ("combine", "platelets", "alt", "truth", "values"),
        [
            ("any", 70, 4, "true", [70, 4]),
            ("any", 70, 9, "true", [70]),
            ("any", 90, 4, "true", [4]),
            ("any", 90, 9, "false", [90, 9]),
            ("any", 90, None, "unknown", []),
            ("any", 70, None, "true", [70]),
            ("all", 70, 4, "true", [70, 4]),
            ("all", 90, 4, "false", [90]),
            ("all", 90, None, "false", [90]),
            ("all", 70, None, "unknown", []),
        ],
    )
    def test_kleene(
        self, clinic: Any, parts: Any, combine: str, platelets: Any, alt: Any, truth: str, values: Any
    ) -> None:
        labs = {platelets: clinic.platelets(platelets)}
        if alt is not None:
            labs[alt] = clinic.lab("1742-6", alt)
        line = clinic.line(*parts, combine=combine)
        (verdict,) = clinic.screen([line], [clinic.patient(), *labs.values()]).verdicts
        assert verdict.truth == truth
        assert verdict.evidence == tuple(f"Observation/{labs[value]['id']}" for value in values)
        assert (verdict.value, verdict.unit) == (
            (float(values[0]), "U/L" if values[0] == alt else "10*9/L") if values else (None, None)
        )
        assert verdict.reason == (None if values else "NO_RECORD")

    def test_not_built(self, clinic: Any) -> None:
        line = clinic.line(built=False, review_always="look")
        (verdict,) = clinic.screen([line], [clinic.patient()]).verdicts
        assert (verdict.truth, verdict.reason, verdict.evidence) == ("unknown", "NOT_BUILT", ())
        assert (verdict.review, verdict.notes) == (True, ("look",))

    def test_discontinuation_has_no_row(self, clinic: Any) -> None:
        line = clinic.line(built=False, kind="discontinuation")
        result = clinic.screen([line], [clinic.patient()])
        assert result.verdicts == []
        assert result.subjects[0].eligibility == "eligible"

    def test_notes_are_a_sorted_union(self, clinic: Any) -> None:
        review = [(clinic.when("latest", "platelets", 28, below=100), "below a hundred")]
        rows = [clinic.row("true", clinic.when("present", "ra"))]
        unverified = clinic.diagnosis(verificationStatus=None)
        verdict = clinic.verdict(rows, [unverified, clinic.platelets(70)], review=review)
        assert (verdict.review, verdict.notes) == (True, ("below a hundred", "no-verification"))


class TestSubjects:
    def lines(self, clinic: Any) -> list[Any]:
        adult = Part(
            (
                clinic.row("true", clinic.when("age", at_least=18)),
                clinic.row("false", clinic.when("age", below=18)),
            )
        )
        ra = Part((clinic.row("true", clinic.when("present", "ra")),))
        plt = Part((clinic.row("true", low(clinic)), clinic.row("false", high(clinic))))
        return [
            clinic.line(ra, id="I1", kind="inclusion", review_always="always"),
            clinic.line(adult, id="I2", kind="inclusion"),
            clinic.line(plt, id="E2"),
        ]

    @pytest.mark.parametrize(
        ("birth", "platelets", "diagnosed", "more", "expected"),
        [
            ("1980-01-01", 200, True, {}, ("eligible", (), (), False)),
            ("1980-01-01", 200, False, {}, ("undetermined", (), ("I1",), False)),
            ("1980-01-01", 70, False, {}, ("ineligible", ("E2",), ("I1",), True)),
            ("2020-01-01", 70, True, {}, ("ineligible", ("I2", "E2"), (), False)),
            (
                "1980-01-01",
                70,
                True,
                {"deceasedBoolean": True},
                ("ineligible", ("deceased", "E2"), (), False),
            ),
            (
                "1980-01-01",
                200,
                True,
                {"deceasedDateTime": "2026-06-30"},
                ("ineligible", ("deceased",), (), False),
            ),
            ("1980-01-01", 200, True, {"deceasedDateTime": "2026-07-01"}, ("eligible", (), (), False)),
            ("1980-01-01", 200, True, {"deceasedDateTime": "?"}, ("ineligible", ("deceased",), (), False)),
            ("1980-01-01", 200, True, {"deceasedBoolean": False}, ("eligible", (), (), False)),
        ],
    )
    def test_standing(
        self, clinic: Any, birth: str, platelets: float, diagnosed: bool, more: Any, expected: Any
    ) -> None:
        resources = [clinic.patient(birthDate=birth, **more), clinic.platelets(platelets)]
        resources += [clinic.diagnosis()] if diagnosed else []
        (subject,) = clinic.screen(self.lines(clinic), resources).subjects
        assert (subject.eligibility, subject.blocked_by, subject.missing, subject.near_miss) == expected
        assert (subject.subject, subject.confirm) == ("Patient/p", ("I1",))

    def test_order_of_verdicts(self, clinic: Any) -> None:
        result = clinic.screen(
            self.lines(clinic), [clinic.patient("b"), clinic.patient("B"), clinic.patient("10")]
        )
        assert [(v.subject, v.criterion) for v in result.verdicts[::3]] == [
            ("Patient/10", "I1"),
            ("Patient/B", "I1"),
            ("Patient/b", "I1"),
        ]
        assert [v.criterion for v in result.verdicts[:3]] == ["I1", "I2", "E2"]
