"""Owns I1 records that do not say rheumatoid arthritis: silence that counts, silence that does not."""

from __future__ import annotations

from fhir_adapter.testing.hospital.chart import Chart, awkward
from fhir_adapter.testing.hospital.clock import CONDITION_WINDOW
from fhir_adapter.testing.hospital.diagnoses import coded, others, ra
from fhir_adapter.testing.hospital.standing import CLEAR, IfSilent
from fhir_adapter.testing.hospital.systems import LOCAL_DIAGNOSIS, SNOMED

_SILENT = IfSilent(CLEAR)


def something_else(chart: Chart) -> IfSilent:
    """The record speaks of other things, and not of rheumatoid arthritis."""
    others(chart)
    return _SILENT


def refuted(chart: Chart) -> IfSilent:
    """A diagnosis taken back by the doctor."""
    chart.diagnose(ra(chart), verification="refuted")
    others(chart)
    return _SILENT


def entered_in_error(chart: Chart) -> IfSilent:
    """A diagnosis of another patient."""
    chart.diagnose(ra(chart), verification="entered-in-error", clinical=None)
    others(chart)
    return _SILENT


def newest_version_in_error(chart: Chart) -> IfSilent:
    """Confirmed first, entered-in-error as the newest version."""
    same = chart.diagnose(ra(chart), recorded=60, speaks=False)
    chart.diagnose(
        ra(chart),
        recorded=60,
        identifier=same,
        version="2",
        updated=chart.clock.stamp(20),
        verification="entered-in-error",
        clinical=None,
    )
    others(chart)
    return _SILENT


def refuted_unmapped(chart: Chart) -> IfSilent:
    """A refuted Condition breaks no silence."""
    chart.diagnose({"text": "周身不适"}, verification="refuted")
    others(chart)
    return _SILENT


def related_but_not_ra(chart: Chart) -> IfSilent:
    """Still's disease and juvenile arthritis are mapped, and are no rheumatoid arthritis."""
    code, text = chart.rng.choice((("M06.100", "成人Still病"), ("M08.000", "幼年型类风湿关节炎")))
    chart.diagnose(coded(code, text))
    others(chart)
    return _SILENT


def family_history_as_text(chart: Chart) -> IfSilent:
    """A family history that is all the text says: known, and nobody's diagnosis."""
    chart.diagnose({"text": "类风湿关节炎家族史"})
    others(chart)
    return _SILENT


def of_nobody(chart: Chart) -> IfSilent:
    """It refers to a Patient that is not in the input."""
    chart.diagnose(ra(chart), subject={"reference": f"Patient/{chart.new_id()}"})
    others(chart)
    return _SILENT


def recorded_after_the_index(chart: Chart) -> IfSilent:
    """What is recorded tomorrow does not exist yet."""
    chart.diagnose(ra(chart), recorded=-3)
    others(chart)
    return _SILENT


def unlisted_snomed_code(chart: Chart) -> IfSilent:
    """A SNOMED code in no list proves nothing: it may be a descendant of anything."""
    chart.unplaced(coded("190905008", "Cystic fibrosis", SNOMED))
    others(chart)
    return _SILENT


def dotless_code(chart: Chart) -> IfSilent:
    """M0690 and M06.900x are no well-formed ICD codes."""
    chart.unplaced(coded(chart.rng.choice(("M0690", "M06.900x"))))
    others(chart)
    return _SILENT


def unknown_words(chart: Chart) -> IfSilent:
    """A text that no pattern knows."""
    chart.unplaced({"text": chart.rng.choice(("肢体发沉", "周身不适", "复诊开药"))})
    others(chart)
    return _SILENT


def negated_text(chart: Chart) -> IfSilent:
    """否认 makes a text unmapped."""
    chart.unplaced({"text": "否认类风湿关节炎"})
    others(chart)
    return _SILENT


def unknown_code_system(chart: Chart) -> IfSilent:
    """A local code without words."""
    chart.unplaced(coded("ZY0451", "", LOCAL_DIAGNOSIS))
    others(chart)
    return _SILENT


def no_condition(chart: Chart) -> IfSilent:
    """A record without any Condition."""
    return _SILENT


def old_only(chart: Chart) -> IfSilent:
    """The record has not spoken for more than 730 days."""
    chart.diagnose(coded("M81.900", "骨质疏松"), recorded=CONDITION_WINDOW + chart.rng.randint(1, 900))
    return _SILENT


def on_the_last_day(chart: Chart) -> IfSilent:
    """Recorded exactly 730 days ago: it still speaks."""
    chart.diagnose(coded("M81.900", "骨质疏松"), recorded=CONDITION_WINDOW)
    return _SILENT


def month_across_the_last_day(chart: Chart) -> IfSilent:
    """Recorded in a month that begins before the 730 days: not certain."""
    recorded = chart.clock.month(CONDITION_WINDOW + 1)
    chart.diagnose(coded("M81.900", "骨质疏松"), recorded=recorded)
    return _SILENT


def provisional_only_speaks_not(chart: Chart) -> IfSilent:
    """Silence needs a confirmed diagnosis."""
    chart.diagnose(coded("E78.500", "高脂血症"), verification="provisional", recorded=30)
    return _SILENT


def recent_onset_without_record(chart: Chart) -> IfSilent:
    """Without recordedDate the onset says when."""
    chart.diagnose(
        coded("K21.900", "胃食管反流病"),
        recorded=None,
        dates={"onsetDateTime": chart.clock.day(100)},
        speaks=True,
    )
    return _SILENT


def old_onset_without_record(chart: Chart) -> IfSilent:
    """Without recordedDate an onset of long ago is no recent record."""
    onset = {"onsetPeriod": {"start": chart.clock.day(2000)}}
    chart.diagnose(coded("K21.900", "胃食管反流病"), recorded=None, dates=onset)
    return _SILENT


SILENCE = awkward(
    refuted,
    entered_in_error,
    newest_version_in_error,
    refuted_unmapped,
    related_but_not_ra,
    family_history_as_text,
    of_nobody,
    recorded_after_the_index,
    unlisted_snomed_code,
    dotless_code,
    unknown_words,
    negated_text,
    unknown_code_system,
    no_condition,
    old_only,
    on_the_last_day,
    month_across_the_last_day,
    provisional_only_speaks_not,
    recent_onset_without_record,
    old_onset_without_record,
)
