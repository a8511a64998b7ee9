"""A small hospital: a few inputs, resources in one line each, and one question at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fhir_adapter.engines.base import Screening, ScreeningInput
from fhir_adapter.engines.reference import ReferenceEngine
from fhir_adapter.landing import LandedFile, Landing, TypePull
from fhir_adapter.model.criteria import (
    Comparison,
    Condition,
    Line,
    LineKind,
    Part,
    ReviewRow,
    Row,
    Silence,
    Trial,
    Verb,
)
from fhir_adapter.model.dates import index_of
from fhir_adapter.model.inputs import (
    AnswerInput,
    ConditionInput,
    Definitions,
    Drug,
    EventInput,
    ExposureInput,
    Input,
    MedicationWords,
    QuantityInput,
    ScoreInput,
    Site,
    UnitFactor,
    ValueSet,
    ValueSetRow,
)
from fhir_adapter.model.truth import Reason, Truth
from fhir_adapter.model.verdicts import Verdict

ZONE = ZoneInfo("Asia/Shanghai")
LOINC = "http://loinc.org"
ICD = "http://hl7.org/fhir/sid/icd-10"
ATC = "http://www.whocc.no/atc"
TODAY = "2026-06-30"
PULLED = (
    "Patient",
    "Observation",
    "Condition",
    "MedicationStatement",
    "MedicationRequest",
    "AllergyIntolerance",
    "Immunization",
)
"""Types without which silence says nothing."""

_ONE = UnitFactor(Fraction(1))


def _quantity(id_: str, code: str, unit: str, **keys: Any) -> tuple[QuantityInput, ValueSet]:
    of = QuantityInput(id_, id_, id_, unit, {unit: _ONE}, minimum=Decimal(0), **keys)
    return of, ValueSet(id_, (ValueSetRow("loinc", "code", code),))


def _diagnosis(id_: str, value: str, word: str) -> tuple[ConditionInput, ValueSet]:
    rows = (ValueSetRow("icd-10", "prefix", value), ValueSetRow("text", "text", word))
    return ConditionInput(id_, id_, id_), ValueSet(id_, rows)


def _drugs() -> dict[str, Drug]:
    """Five drugs of made-up ATC codes; L04 is every other drug."""
    codes = {"mtx": "L01", "lef": "L02", "pred": "H01", "mpred": "H02", "nsaid": "M01", "other": "Z99"}
    return {
        name: Drug(
            name,
            name,
            (ValueSetRow("atc", "prefix", code), ValueSetRow("text", "text", name)),
        )
        for name, code in codes.items()
    }


def _medication_words() -> MedicationWords:
    return MedicationWords(
        routes={"injection": ("注射",), "none": ("外用",)},
        stop_reasons={"intolerance": ("不耐受",), "level": ("血药浓度高",)},
        timing={"QD": Fraction(1)},
        dose_units={"mg": Fraction(1)},
        countable=frozenset({"片"}),
    )


def _definitions() -> Definitions:
    count_keys: dict[str, Any] = {"whole": True, "maximum": Decimal(28), "no_unit": (_ONE,)}
    centimetres = UnitFactor(Fraction(10), maximum=Decimal(10))
    pairs: list[tuple[QuantityInput | ConditionInput, ValueSet]] = [
        _quantity("platelets", "777-3", "10*9/L", names=("血小板",), note_flags={"clumping": ("聚集",)}),
        _quantity("alt", "1742-6", "U/L", reference_range=True),
        _quantity("tender", "56813-8", "{count}", **count_keys),
        _quantity("swollen", "56812-0", "{count}", **count_keys),
        _quantity("esr", "30341-2", "mm/h"),
        _quantity("crp", "1988-5", "mg/L"),
        _quantity("global", "75894-6", "mm", maximum=Decimal(100), no_unit=(_ONE, centimetres)),
        _quantity("das28-recorded", "441870009", "{score}", no_unit=(_ONE,)),
        _diagnosis("ra", "M05", "类风湿关节炎"),
        _diagnosis("infection", "A15", "结核"),
    ]
    hbsag = AnswerInput("hbsag", "", "hbsag", names=("表面抗原",))
    value_sets = {value_set.id: value_set for _, value_set in pairs}
    value_sets["hbsag"] = ValueSet("hbsag", (ValueSetRow("loinc", "code", "5196-1"),))
    equivalents = {"pred": Fraction(1), "mpred": Fraction(5, 4)}
    records: list[Input] = [
        hbsag,
        ExposureInput("agent", "", ("mtx", "lef")),
        ExposureInput("steroid", "", ("pred", "mpred"), equivalents),
        ExposureInput("painkiller", "", ("nsaid",)),
        EventInput("agent-event", "", ("AllergyIntolerance", "AdverseEvent"), drugs=("mtx", "lef")),
        EventInput("severe", "", ("AdverseEvent",), severe=True),
    ]
    score = ScoreInput("das28", "", "tender", "swollen", "esr", "crp", "global", "das28-recorded", 7)
    return Definitions(
        inputs={
            **{of.id: of for of, _ in pairs},
            **{of.id: of for of in records},
            "das28": score,
        },
        value_sets=value_sets,
        site=Site(),
        views={},
        words={"hedge": ("疑似", "?")},
        drugs=_drugs(),
        medication=_medication_words(),
        answers={"positive": ("阳性",), "negative": ("阴性",), "indeterminate": ("弱阳性",)},
    )


class Clinic:
    """Builds resources, rows and questions; every keyword is FHIR's or the trial's own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        self.definitions = _definitions()

    # -- resources

    def patient(self, id: str = "p", birthDate: str | None = "1980-01-01", **more: Any) -> dict[str, Any]:  # noqa: A002
        return {"resourceType": "Patient", "id": id, "birthDate": birthDate, **more}

    def lab(
        self, test: str, value: Any, when: str | None = "2026-06-20T08:00:00+08:00", /, **more: Any
    ) -> dict[str, Any]:
        """An Observation: a number gets the unit that its code's input has; a dict is taken as value[x]."""
        unit = next(
            of.unit
            for of in self.definitions.inputs.values()
            if isinstance(of, QuantityInput)
            and any(row.value == test for row in self.definitions.value_sets[of.value_set].rows)
        )
        given = value if isinstance(value, dict) else {"valueQuantity": {"value": value, "unit": unit}}
        return {
            "resourceType": "Observation",
            "id": f"o{next(self._numbers)}",
            "status": "final",
            "subject": {"reference": "Patient/p"},
            "code": {"coding": [{"system": LOINC, "code": test}]},
            **({"effectiveDateTime": when} if when is not None else {}),
            **given,
            **more,
        }

    def platelets(self, value: Any, when: str | None = "2026-06-20T08:00:00+08:00", **more: Any) -> Any:
        return self.lab("777-3", value, when, **more)

    def visit(self, day: str, **values: Any) -> list[dict[str, Any]]:
        """Observations of one visit: tender, swollen, esr, crp, patient_global, recorded."""
        codes = {
            "tender": "56813-8",
            "swollen": "56812-0",
            "esr": "30341-2",
            "crp": "1988-5",
            "patient_global": "75894-6",
            "recorded": "441870009",
        }
        return [self.lab(codes[name], value, day) for name, value in values.items()]

    def diagnosis(self, icd: str | None = "M05.9", /, **more: Any) -> dict[str, Any]:
        coding = {"coding": [{"system": ICD, "code": icd}]} if icd is not None else {}
        return {
            "resourceType": "Condition",
            "id": f"c{next(self._numbers)}",
            "subject": {"reference": "Patient/p"},
            "clinicalStatus": {"coding": [{"code": "active"}]},
            "verificationStatus": {"coding": [{"code": "confirmed"}]},
            "code": coding,
            "recordedDate": "2026-01-05",
            **more,
        }

    def answered(self, text: str, when: str | None = "2026-06-20", **more: Any) -> dict[str, Any]:
        """An HBsAg that says so in words."""
        return {
            "resourceType": "Observation",
            "id": f"o{next(self._numbers)}",
            "status": "final",
            "subject": {"reference": "Patient/p"},
            "code": {"coding": [{"system": LOINC, "code": "5196-1"}]},
            "valueCodeableConcept": {"text": text},
            **({"effectiveDateTime": when} if when is not None else {}),
            **more,
        }

    def _record(self, resource_type: str, drug: str | None, **more: Any) -> dict[str, Any]:
        named = {"medicationCodeableConcept": {"text": drug} if drug is not None else {}}
        return {
            "resourceType": resource_type,
            "id": f"m{next(self._numbers)}",
            "status": "active",
            "subject": {"reference": "Patient/p"},
            **named,
            **more,
        }

    def statement(
        self, drug: str | None, start: str | None = None, end: str | None = None, **more: Any
    ) -> dict[str, Any]:
        """A MedicationStatement with a period; drug None: it says nothing at all about the drug."""
        period = {name: day for name, day in (("start", start), ("end", end)) if day is not None}
        given = {"effectivePeriod": period} if period else {}
        dosage = {"dosage": [self.daily(more.pop("mg"))]} if "mg" in more else {}
        return self._record("MedicationStatement", drug, **given, **dosage, **more)

    def request(self, drug: str | None, start: str, days: int | None = None, **more: Any) -> dict[str, Any]:
        """A MedicationRequest; `days`: what was dispensed lasts as long."""
        supply = {"expectedSupplyDuration": {"value": days, "code": "d"}} if days is not None else {}
        dosage = {"dosageInstruction": [self.daily(more.pop("mg"))]} if "mg" in more else {}
        more = {"authoredOn": start, "dispenseRequest": supply, **dosage, **more}
        return self._record("MedicationRequest", drug, **more)

    def administration(
        self, drug: str | None, day: str, mg: float | None = None, **more: Any
    ) -> dict[str, Any]:
        """A MedicationAdministration on one day."""
        dose = {"dosage": {"dose": {"value": mg, "unit": "mg"}}} if mg is not None else {}
        given = {"status": "completed", "effectiveDateTime": day, **dose, **more}
        return self._record("MedicationAdministration", drug, **given)

    @staticmethod
    def daily(mg: float) -> dict[str, Any]:
        """A Dosage: so many mg once a day."""
        return {
            "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
            "doseAndRate": [{"doseQuantity": {"value": mg, "unit": "mg"}}],
        }

    # -- rows

    @staticmethod
    def when(verb: str, input: str = "years", within: int | None = None, **keys: Any) -> Condition:  # noqa: A002
        """A condition; comparators by their own names (`below=80`), `uln=True` for all of them."""
        uln = keys.pop("uln", False)
        operators = ("below", "above", "at_least", "at_most", "equals")
        comparisons = tuple(
            Comparison(name, float(keys.pop(name)), uln) for name in operators if name in keys
        )
        if "silence" in keys:
            keys["silence"] = Silence(keys["silence"])
        return Condition(Verb(verb), input, within, comparisons, **keys)

    @staticmethod
    def row(then: str, condition: Condition, reason: str | None = None) -> Row:
        return Row(Truth(then), condition, Reason(reason) if reason else None)

    @staticmethod
    def line(*parts: Part, id: str = "L", kind: str = "exclusion", **more: Any) -> Line:  # noqa: A002
        return Line(id, LineKind(kind), "", parts=parts, **more)

    # -- questions

    def screen(
        self,
        lines: list[Line],
        resources: list[dict[str, Any]],
        index: str = TODAY,
        change: Callable[[Landing], None] | None = None,
        site: Site | None = None,
    ) -> Screening:
        """Land the resources and screen them; every type whose silence counts is pulled."""
        landing = Landing(self._folder)
        types = {*PULLED, *(r["resourceType"] for r in resources)}
        for name in sorted(types):
            path = self._folder / f"{name}.{next(self._numbers)}.ndjson"
            rows = [json.dumps(r, ensure_ascii=False) for r in resources if r["resourceType"] == name]
            path.write_text("\n".join(rows), encoding="utf-8")
            landing.types[name] = TypePull(name, (LandedFile(path, name, path.name),))
        if change is not None:
            change(landing)
        definitions = replace(self.definitions, site=site) if site is not None else self.definitions
        trial = Trial("t", "", "NCT1", "1", "Asia/Shanghai", tuple(lines))
        return ReferenceEngine().screen(
            ScreeningInput(definitions, trial, ZONE, index_of(index, ZONE), landing)
        )

    def verdict(self, rows: list[Row], resources: list[dict[str, Any]], **more: Any) -> Verdict:
        """One line of one part for the Patient `p`."""
        review = more.pop("review", ())
        notes = tuple(ReviewRow(condition, note) for condition, note in review)
        patients = [] if any(r["resourceType"] == "Patient" for r in resources) else [self.patient()]
        line = self.line(Part(tuple(rows), notes))
        return self.screen([line], [*patients, *resources], **more).verdicts[0]

    def answer(self, condition: Condition, *resources: dict[str, Any], **more: Any) -> Verdict:
        """What a condition answers: no row follows, so FALSE shows as NO_RECORD, or as the trail it left."""
        return self.verdict([self.row("true", condition)], list(resources), **more)


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    return Clinic(tmp_path)
