"""Owns E1 by diagnoses that are chronic, past, doubted or without a status; the screens beside are negative."""

from __future__ import annotations

from collections.abc import Callable

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.chart import CLEAR, MET, Archetype, Chart, Said, unknown
from fhir_adapter.testing.hospital.diagnoses import coded
from fhir_adapter.testing.hospital.screens import HBSAG, IGRA, negative
from fhir_adapter.testing.hospital.standing import JUDGEMENT, Screened
from fhir_adapter.testing.hospital.systems import ICD, ICD_CN, SNOMED

_CLEAR = Screened(CLEAR)


def childhood_measles(chart: Chart) -> Said:
    """No status, no end, and no date of late: nobody says that it is still there."""
    onset = {"onsetDateTime": chart.clock.year(9000)}
    chart.diagnose(coded("B05.900", "麻疹"), clinical=None, recorded=None, dates=onset)
    return unknown(Reason.NO_STATUS)


def tuberculosis_without_status(chart: Chart) -> Said:
    """The same holds for tuberculosis."""
    chart.diagnose(coded("A16.200", "肺结核"), clinical=None, recorded=2000)
    return unknown(Reason.NO_STATUS)


def without_status_of_late(chart: Chart) -> Said:
    """Recorded 90 days ago: active."""
    chart.diagnose(coded("N39.000", "泌尿道感染"), clinical=None, recorded=90)
    return MET


def pneumonia_never_closed(chart: Chart) -> Said:
    """Still active in the list though onset and record lie more than a year back."""
    onset = {"onsetDateTime": chart.clock.day(800)}
    chart.diagnose(coded("J18.900", "肺炎"), recorded=chart.rng.choice((366, 790)), dates=onset)
    return unknown(Reason.STALE_STATUS)


def inactive(chart: Chart) -> Said:
    """Inactive is not over."""
    chart.diagnose(coded("M00.900", "化脓性关节炎"), clinical="inactive", recorded=100)
    return JUDGEMENT


def chronic(chart: Chart) -> Said:
    """Chronic hepatitis, carriers, latent tuberculosis, active or inactive."""
    concept = chart.rng.choice(
        (
            coded("B18.100", "慢性乙型病毒性肝炎"),
            coded("Z22.500", "乙型肝炎病毒携带者"),
            coded("R76.1", "", ICD),
            coded("61977001", "", SNOMED),
            coded("11999007", "", SNOMED),
        )
    )
    chart.diagnose(concept, clinical=chart.rng.choice(("active", "inactive", None)), recorded=300)
    return JUDGEMENT


def chronic_but_resolved(chart: Chart) -> Said:
    """A chronic hepatitis C that was cured."""
    ended = {"abatementDateTime": chart.clock.day(50)}
    chart.diagnose(coded("B18.200", "慢性丙型病毒性肝炎"), clinical="resolved", recorded=400, dates=ended)
    return _CLEAR


def hepatitis_b_active(chart: Chart) -> Said:
    """Hepatitis B without a word of chronic."""
    chart.diagnose(coded("66071002", "", SNOMED), recorded=100)
    return MET


def hepatitis_b_chronic_too(chart: Chart) -> Said:
    """The same beside the chronic code on one Condition."""
    codings = [{"system": SNOMED, "code": "66071002"}, {"system": ICD_CN, "code": "B18.100"}]
    chart.diagnose({"coding": codings, "text": "慢性乙型肝炎"}, recorded=100)
    return JUDGEMENT


def in_the_past(chart: Chart) -> Said:
    """Sequelae and history as codes."""
    code, words = chart.rng.choice((("B90.900", "肺结核后遗症"), ("Z86.100", "传染病个人史")))
    chart.diagnose(coded(code, words), recorded=chart.rng.randint(10, 600))
    return JUDGEMENT


def in_words(chart: Chart) -> Said:
    """No code: the words name it."""
    chart.diagnose({"text": chart.rng.choice(("右下肺炎", "带状疱疹", "泌尿系感染"))}, recorded=20)
    return MET


def history_in_words(chart: Chart) -> Said:
    """病史, 既往: over or not, a person looks."""
    chart.diagnose({"text": chart.rng.choice(("肺结核病史", "既往肺炎"))}, recorded=20)
    return JUDGEMENT


def doubted(chart: Chart) -> Said:
    """Provisional, by status or by a word beside the code."""
    if chart.rng.random() < 0.5:
        chart.diagnose(coded("J18.900", "肺炎"), verification="provisional", recorded=20)
    else:
        concept = coded("J18.900", "肺炎")
        concept["text"] = "肺炎待排"
        chart.diagnose(concept, recorded=20, speaks=False)
    return unknown(Reason.PROVISIONAL_ONLY)


def abscess_of_the_tooth(chart: Chart) -> Said:
    """Not in the set, but its title speaks of an abscess."""
    chart.diagnose(coded("K04.700", "根尖周脓肿"), recorded=20)
    return JUDGEMENT


def _beside_negative_screens(build: Callable[[Chart], Said]) -> Callable[[Chart], Said]:
    def both(chart: Chart) -> Said:
        for test in (HBSAG, IGRA):
            negative(chart, test, chart.clock.at(chart.rng.randint(1, 300)))
        return build(chart)

    return both


PAST = tuple(
    Archetype(build.__name__, _beside_negative_screens(build))
    for build in (
        childhood_measles,
        tuberculosis_without_status,
        without_status_of_late,
        pneumonia_never_closed,
        inactive,
        chronic,
        chronic_but_resolved,
        hepatitis_b_active,
        hepatitis_b_chronic_too,
        in_the_past,
        in_words,
        history_in_words,
        doubted,
        abscess_of_the_tooth,
    )
)
