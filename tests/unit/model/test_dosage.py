"""What dosages come to: a day's dose in nanograms, or DOSE_NOT_CODED wherever there is a doubt."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapter.model.dosage import DosageReader
from fhir_adapter.model.inputs import Definitions, MedicationWords, Site
from fhir_adapter.model.readings import Coding, DosageReading, RawAmount, RawDosage

UCUM = "http://unitsofmeasure.org"
GTS = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"
SNOMED = "http://snomed.info/sct"
LOCAL = "http://hospital.example/x"
DEFINITIONS = Definitions(
    inputs={},
    value_sets={},
    site=Site(
        unit_maps={"毫克(mg)": "mg"},
        code_maps={(LOCAL, "02"): ((GTS, "BID"),), (LOCAL, "IH"): (("snomed", "34206005"),)},
    ),
    views={},
    words={},
    medication=MedicationWords(
        routes={
            "none": ("snomed|6064005", "外用", "topical"),
            "injection": ("snomed|34206005", "静脉", "注射"),
        },
        timing={"QD": Fraction(1), "BID": Fraction(2), "QOD": Fraction(1, 2), "WK": Fraction(1, 7)},
        dose_units={"mg": Fraction(1), "g": Fraction(1000), "μg": Fraction(1, 1000), "毫克": Fraction(1)},
        countable=frozenset({"片", "tablet", "TAB"}),
    ),
)
READER = DosageReader(DEFINITIONS)
MG = 1_000_000


def mg(value: str) -> RawAmount:
    return RawAmount(value, "mg", UCUM, "mg")


DAILY = RawDosage(frequency="1", period="1", period_unit="d", amounts=(mg("5"),))
UNTIMED = RawDosage(amounts=(mg("7"),))


@pytest.mark.parametrize(
    ("amount", "strength", "milligrams"),
    [
        (mg("5"), None, 5),
        (mg("2.5"), "100", Fraction(5, 2)),
        (mg("0"), None, 0),
        (RawAmount("0.5", "g"), None, 500),
        (RawAmount("500", "ug"), None, Fraction(1, 2)),
        (RawAmount("500", "µg"), None, Fraction(1, 2)),
        (RawAmount("5", "MG"), None, 5),
        (RawAmount("5", "毫克(mg)"), None, 5),
        (RawAmount("5", "毫克", UCUM, "mg"), None, 5),
        (RawAmount("5", "whatever", UCUM, "mg"), None, 5),
        (RawAmount("5", None, None, "mg"), None, 5),
        (RawAmount("2", "片"), "5/2", 5),
        (RawAmount("2", "tablet", UCUM, "{tablet}"), "5", 10),
        (RawAmount("1", None, "http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm", "TAB"), "5", 5),
        (RawAmount("0.0000005", "mg"), None, 0),
        (RawAmount("0.0000015", "mg"), None, Fraction(2, MG)),
        # doubtful
        (RawAmount("2", "片"), None, None),
        (RawAmount("2", "片"), "x", None),
        (RawAmount("2", "片"), "1/0", None),
        (RawAmount("2"), "5", None),
        (RawAmount("5", "g", UCUM, "mg"), None, None),
        (RawAmount("5", "mg", UCUM, "mL"), None, None),
        (RawAmount("5", "mg/kg"), None, None),
        (RawAmount("5", None, UCUM, "MG"), None, None),
        (RawAmount("-5", "mg"), None, None),
        (RawAmount("five", "mg"), None, None),
        (RawAmount(None, "mg"), None, None),
        (RawAmount("1e300", "g"), None, None),
        (RawAmount("1e999", "mg"), None, None),
    ],
)
def test_amount(amount: RawAmount, strength: str | None, milligrams: Fraction | None) -> None:
    for reading in (
        READER.read([replace(DAILY, amounts=(amount,))], strength),
        READER.read_once(RawDosage(amounts=(amount,), frequency_max="3"), strength),
    ):
        assert reading.dose == (None if milligrams is None else milligrams * MG)
        assert reading.problem == ("DOSE_NOT_CODED" if milligrams is None else None)


def every(period: str | None, unit: str | None, frequency: str | None = "1", **rest: object) -> RawDosage:
    return replace(UNTIMED, frequency=frequency, period=period, period_unit=unit, **rest)  # type: ignore[arg-type]


def coded(code: str, system: str | None = GTS, **rest: object) -> RawDosage:
    return replace(UNTIMED, timing_codes=(Coding(system, code),), **rest)  # type: ignore[arg-type]


WEEKDAYS = ("mon", "wed", "fri")


@pytest.mark.parametrize(
    ("dosage", "times"),
    [
        (every("1", "d"), 1),
        (every("1", "d", "3"), 3),
        (every("2", "d"), Fraction(1, 2)),
        (every("8", "h"), 3),
        (every("8", "h", None), 3),
        (every("1", "wk"), Fraction(1, 7)),
        (every("1", "mo"), Fraction(1, 30)),
        (every("1.0", "d", "2.0"), 2),
        (coded("QD"), 1),
        (coded("BID"), 2),
        (coded("QOD"), Fraction(1, 2)),
        (coded("02", LOCAL), 2),
        (coded("BID", frequency="2", period="1", period_unit="d"), 2),
        (coded("02x", LOCAL, frequency="2", period="1", period_unit="d"), 2),
        (replace(UNTIMED, times_of_day=2), 2),
        (every("1", "d", "2", times_of_day=2), 2),
        (every("1", "d", "1", times_of_day=2), 2),
        (replace(UNTIMED, days_of_week=WEEKDAYS), Fraction(3, 7)),
        (every("1", "d", "1", days_of_week=WEEKDAYS), Fraction(3, 7)),
        (replace(UNTIMED, days_of_week=WEEKDAYS, times_of_day=2), Fraction(6, 7)),
        (every("1", "wk", "1", days_of_week=("mon",)), Fraction(1, 7)),
        # doubtful
        (UNTIMED, None),
        (replace(UNTIMED, timing_text="每日一次"), None),
        (coded("BID", LOCAL), None),
        (coded("BID", None), None),
        (coded("XYZ"), None),
        (replace(UNTIMED, timing_codes=(Coding(GTS, "QD"), Coding(GTS, "BID"))), None),
        (coded("QD", frequency="2", period="1", period_unit="d"), None),
        (every("1", "d", frequency_max="2"), None),
        (every("1", "d", period_max="2"), None),
        (every("1", "d", events=True), None),
        (every("1", None), None),
        (every(None, "d"), None),
        (every(None, None, "2"), None),
        (every(None, None, "2", days_of_week=WEEKDAYS), None),
        (every("0", "d"), None),
        (every("1", "d", "0"), None),
        (every("x", "d"), None),
        (every("1", "fortnight"), None),
        (every("1", "d", "3", times_of_day=2), None),
        (every("1", "wk", "1", times_of_day=1), None),
        (every("1", "wk", "2", days_of_week=WEEKDAYS), None),
        (every("2", "d", "1", days_of_week=WEEKDAYS), None),
        (replace(UNTIMED, days_of_week=("monday",)), None),
    ],
)
def test_times_a_day(dosage: RawDosage, times: Fraction | None) -> None:
    reading = READER.read([dosage], None)
    assert reading.dose == (None if times is None else round(times * 7 * MG))
    assert reading.problem == ("DOSE_NOT_CODED" if times is None else None)
    assert READER.read_once(dosage, None).dose == 7 * MG


@pytest.mark.parametrize(
    ("dosages", "milligrams"),
    [
        ([], None),
        ([DAILY, replace(DAILY, amounts=(mg("2.5"),))], Fraction(15, 2)),
        ([replace(DAILY, bounds="2026-01-01/2026-02-01")] * 2, 10),
        ([DAILY, replace(DAILY, bounds="2026-01-01/2026-02-01")], None),
        ([DAILY, UNTIMED], None),
        ([replace(DAILY, amounts=(mg("5"), mg("5.0")))], 5),
        ([replace(DAILY, amounts=(mg("5"), mg("6")))], None),
        ([replace(DAILY, amounts=(mg("5"), RawAmount("1", "片")))], None),
        ([replace(DAILY, amounts=())], None),
        ([replace(DAILY, other_amount=True)], None),
        ([replace(DAILY, as_needed=True)], None),
        ([DAILY, replace(DAILY, as_needed=True)], None),
    ],
)
def test_several_dosages(dosages: list[RawDosage], milligrams: Fraction | None) -> None:
    reading = READER.read(dosages, None)
    assert reading.dose == (None if milligrams is None else milligrams * MG)
    assert reading.as_needed is any(one.as_needed for one in dosages)


def test_an_administration_as_needed_was_given_all_the_same() -> None:
    reading = READER.read_once(replace(UNTIMED, as_needed=True), None)
    assert reading == DosageReading(7 * MG, None, as_needed=True, route=None)
    assert READER.read_once(replace(UNTIMED, other_amount=True), None).dose is None


@pytest.mark.parametrize(
    ("codings", "text", "route"),
    [
        ((Coding(SNOMED, "6064005"),), None, "none"),
        ((Coding(SNOMED, "34206005"),), "外用", "injection"),
        ((Coding(SNOMED, "26643006"),), None, "systemic"),
        ((Coding(LOCAL, "IH"),), None, "injection"),
        ((Coding(LOCAL, "1"),), None, None),
        ((Coding(LOCAL, "1", "Topical"),), None, "none"),
        ((), "静脉滴注", "injection"),
        ((), "外用", "none"),
        ((), "口服", "systemic"),
        ((), " ", None),
        ((), None, None),
    ],
)
def test_route(codings: tuple[Coding, ...], text: str | None, route: str | None) -> None:
    stated = replace(DAILY, route=codings, route_text=text)
    assert READER.read([stated], None).route == route
    assert READER.read_once(stated, None).route == route
    # The first dosage that has one.
    assert READER.read([stated, replace(DAILY, route_text="外用")], None).route == (route or "none")


_TEXT = (
    st.none()
    | st.text()
    | st.sampled_from(["1", "-1", "1e308", "1e-320", "d", "h", "mg", "片", "mon", "NaN", "1/3"])
)
_CODINGS = st.lists(st.builds(Coding, _TEXT, _TEXT, _TEXT), max_size=2).map(tuple)
_DOSAGE = st.builds(
    RawDosage,
    as_needed=st.booleans(),
    frequency=_TEXT,
    period=_TEXT,
    period_unit=_TEXT,
    days_of_week=st.lists(_TEXT.map(str), max_size=2).map(tuple),
    times_of_day=st.integers(0, 3),
    timing_codes=_CODINGS,
    route=_CODINGS,
    route_text=_TEXT,
    amounts=st.lists(st.builds(RawAmount, _TEXT, _TEXT, _TEXT, _TEXT), max_size=2).map(tuple),
)


@given(st.lists(_DOSAGE, max_size=3), _TEXT)
def test_nothing_raises_and_a_dose_fits_64_bits(dosages: list[RawDosage], strength: str | None) -> None:
    for reading in (READER.read(dosages, strength), *(READER.read_once(one, strength) for one in dosages)):
        assert (reading.dose is None) == (reading.problem is not None)
        assert reading.dose is None or 0 <= reading.dose < 2**63
