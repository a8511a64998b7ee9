"""Owns I1 records that do not say rheumatoid arthritis: silence that counts, silence that does not."""

from __future__ import annotations

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.chart import CLEAR, Answer, Chart, awkward, unknown
from fhir_adapter.testing.hospital.clock import CONDITION_WINDOW
from fhir_adapter.testing.hospital.diagnoses import coded, others, ra
from fhir_adapter.testing.hospital.systems import LOCAL_DIAGNOSIS, SNOMED

NO_RECORD = unknown(Reason.NO_RECORD)
UNMAPPED = unknown(Reason.UNMAPPED_CODE)


def something_else(chart: Chart) -> Answer:
    """The record speaks of other things, and not of rheumatoid arthritis."""
    others(chart)
    return CLEAR


def refuted(chart: Chart) -> Answer:
    """A diagnosis taken back by the doctor."""
    chart.diagnose(ra(chart), verification="refuted")
    others(chart)
    return CLEAR


def entered_in_error(chart: Chart) -> Answer:
    """A diagnosis of another patient."""
    chart.diagnose(ra(chart), verification="entered-in-error", clinical=None)
    others(chart)
    return CLEAR


def newest_version_in_error(chart: Chart) -> Answer:
    """Confirmed first, entered-in-error as the newest version."""
    same = chart.diagnose(ra(chart), recorded=60)
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
    return CLEAR


def refuted_unmapped(chart: Chart) -> Answer:
    """A refuted Condition breaks no silence."""
    chart.diagnose({"text": "头晕"}, verification="refuted")
    others(chart)
    return CLEAR


def related_but_not_ra(chart: Chart) -> Answer:
    """Still's disease and juvenile arthritis are mapped, and are no rheumatoid arthritis."""
    code, text = chart.rng.choice((("M06.100", "成人Still病"), ("M08.000", "幼年型类风湿关节炎")))
    chart.diagnose(coded(code, text))
    others(chart)
    return CLEAR


def family_history_as_text(chart: Chart) -> Answer:
    """A family history that is all the text says: known, and nobody's diagnosis."""
    chart.diagnose({"text": "类风湿关节炎家族史"})
    others(chart)
    return CLEAR


def of_nobody(chart: Chart) -> Answer:
    """It refers to a Patient that is not in the input."""
    chart.diagnose(ra(chart), subject={"reference": f"Patient/{chart.new_id()}"})
    others(chart)
    return CLEAR


def recorded_after_the_index(chart: Chart) -> Answer:
    """What is recorded tomorrow does not exist yet."""
    chart.diagnose(ra(chart), recorded=-3)
    others(chart)
    return CLEAR


def unlisted_snomed_code(chart: Chart) -> Answer:
    """A SNOMED code in no list proves nothing: it may be a descendant of anything."""
    chart.diagnose(coded("190905008", "Cystic fibrosis", SNOMED))
    others(chart)
    return UNMAPPED


def dotless_code(chart: Chart) -> Answer:
    """M0690 and M06.900x are no well-formed ICD codes."""
    chart.diagnose(coded(chart.rng.choice(("M0690", "M06.900x"))))
    others(chart)
    return UNMAPPED


def unknown_words(chart: Chart) -> Answer:
    """A text that no pattern knows."""
    chart.diagnose({"text": chart.rng.choice(("头晕", "腰背部不适", "体检"))})
    others(chart)
    return UNMAPPED


def negated_text(chart: Chart) -> Answer:
    """否认 makes a text unmapped."""
    chart.diagnose({"text": "否认类风湿关节炎"})
    others(chart)
    return UNMAPPED


def unknown_code_system(chart: Chart) -> Answer:
    """A local code without words."""
    chart.diagnose(coded("ZY0451", "", LOCAL_DIAGNOSIS))
    others(chart)
    return UNMAPPED


def no_condition(chart: Chart) -> Answer:
    """A record without any Condition."""
    return NO_RECORD


def old_only(chart: Chart) -> Answer:
    """The record has not spoken for more than 730 days."""
    chart.diagnose(coded("I10.x00", "原发性高血压"), recorded=CONDITION_WINDOW + chart.rng.randint(1, 900))
    return NO_RECORD


def on_the_last_day(chart: Chart) -> Answer:
    """Recorded exactly 730 days ago: it still speaks."""
    chart.diagnose(coded("I10.x00", "原发性高血压"), recorded=CONDITION_WINDOW)
    return CLEAR


def month_across_the_last_day(chart: Chart) -> Answer:
    """Recorded in a month that begins before the 730 days: not certain."""
    recorded = chart.clock.month(CONDITION_WINDOW + 1)
    chart.diagnose(coded("I10.x00", "原发性高血压"), recorded=recorded)
    return NO_RECORD


def provisional_only_speaks_not(chart: Chart) -> Answer:
    """Silence needs a confirmed diagnosis."""
    chart.diagnose(coded("E11.900", "2型糖尿病"), verification="provisional", recorded=30)
    return NO_RECORD


def recent_onset_without_record(chart: Chart) -> Answer:
    """Without recordedDate the onset says when."""
    chart.diagnose(
        coded("K21.900", "胃食管反流病"), recorded=None, dates={"onsetDateTime": chart.clock.day(100)}
    )
    return CLEAR


def old_onset_without_record(chart: Chart) -> Answer:
    """Without recordedDate an onset of long ago is no recent record."""
    onset = {"onsetPeriod": {"start": chart.clock.day(2000)}}
    chart.diagnose(coded("K21.900", "胃食管反流病"), recorded=None, dates=onset)
    return NO_RECORD


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
