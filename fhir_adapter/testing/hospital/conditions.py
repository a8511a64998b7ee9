"""Owns the diagnoses of I1: rheumatoid arthritis as a Chinese hospital codes it, words it and doubts it."""

from __future__ import annotations

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.chart import MET, Answer, Archetype, Chart, awkward, unknown
from fhir_adapter.testing.hospital.conditions_silence import SILENCE, something_else
from fhir_adapter.testing.hospital.diagnoses import coded, others, ra
from fhir_adapter.testing.hospital.systems import ICD, LOCAL_DIAGNOSIS, SNOMED

PROVISIONAL = unknown(Reason.PROVISIONAL_ONLY)
JUDGEMENT = unknown(Reason.NEEDS_JUDGEMENT)


def confirmed(chart: Chart) -> Answer:
    """The ordinary patient: confirmed, active, coded."""
    chart.diagnose(ra(chart), recorded=chart.rng.randint(1, 3000))
    others(chart)
    return MET


def seen_again_and_again(chart: Chart) -> Answer:
    """The same diagnosis at every visit."""
    for visit in range(4):
        chart.diagnose(ra(chart), recorded=20 + 90 * visit)
    return MET


def plain_icd(chart: Chart) -> Answer:
    """WHO codes under HL7's URI."""
    chart.diagnose(coded(chart.rng.choice(("M06.9", "M05.9", "M06.0")), "", ICD))
    return MET


def snomed_subtype(chart: Chart) -> Answer:
    """Seropositive, seronegative: by SNOMED alone."""
    code = chart.rng.choice(("239791005", "239792003"))
    chart.diagnose(coded(code, "", SNOMED))
    return MET


def text_alone(chart: Chart) -> Answer:
    """No code; with and without 性, in English too."""
    text = chart.rng.choice(("类风湿关节炎", "类风湿性关节炎", "Rheumatoid arthritis"))
    chart.diagnose({"text": text})
    return MET


def display_of_a_local_code(chart: Chart) -> Answer:
    """The hospital's own code means nothing, its display does."""
    chart.diagnose({"coding": [{"system": LOCAL_DIAGNOSIS, "code": "FS0012", "display": "类风湿关节炎"}]})
    return MET


def no_verification_status(chart: Chart) -> Answer:
    """Missing verificationStatus is used."""
    chart.diagnose(ra(chart), verification=None)
    return MET


def neither_status(chart: Chart) -> Answer:
    """Neither clinicalStatus nor verificationStatus."""
    chart.diagnose(ra(chart), verification=None, clinical=None)
    return MET


def resolved(chart: Chart) -> Answer:
    """Any clinicalStatus counts."""
    status = chart.rng.choice(("resolved", "inactive", "remission"))
    chart.diagnose(ra(chart), clinical=status, dates={"abatementDateTime": chart.clock.day(40)})
    return MET


def active_with_an_abatement(chart: Chart) -> Answer:
    """clinicalStatus wins."""
    chart.diagnose(ra(chart), dates={"abatementDateTime": chart.clock.day(40)})
    return MET


def onset_alone(chart: Chart) -> Answer:
    """No recordedDate, an onset of long ago, known to the year."""
    chart.diagnose(ra(chart), recorded=None, dates={"onsetDateTime": chart.clock.year(4000)})
    return MET


def onset_as_words(chart: Chart) -> Answer:
    """Neither date is readable: it exists all the same."""
    chart.diagnose(ra(chart), recorded=None, dates={"onsetString": "8年前"})
    return MET


def beside_a_doubt(chart: Chart) -> Answer:
    """One confirmed is enough beside a provisional one."""
    chart.diagnose(ra(chart), recorded=400, verification="provisional")
    chart.diagnose(ra(chart), recorded=30)
    return MET


def beside_an_unmapped_one(chart: Chart) -> Answer:
    """What is unmapped breaks silence only."""
    chart.diagnose(ra(chart))
    chart.unplaced({"text": "周身不适"})
    return MET


def provisional(chart: Chart) -> Answer:
    """provisional, differential, unconfirmed: UNKNOWN both ways."""
    chart.diagnose(ra(chart), verification=chart.rng.choice(("provisional", "differential", "unconfirmed")))
    others(chart)
    return PROVISIONAL


def hedged_text(chart: Chart) -> Answer:
    """Words of doubt without a code."""
    texts = ("类风湿关节炎？", "类风湿关节炎待排", "疑似类风湿关节炎", "类风湿关节炎?", "r/o 类风湿关节炎")
    chart.diagnose({"text": chart.rng.choice(texts)})
    others(chart)
    return PROVISIONAL


def hedged_text_beside_a_code(chart: Chart) -> Answer:
    """Words of doubt make the code beside them provisional."""
    concept = coded("M06.900", "类风湿关节炎")
    concept["text"] = chart.rng.choice(("类风湿关节炎？", "类风湿关节炎待排", "除外类风湿关节炎"))
    chart.diagnose(concept)
    others(chart)
    return PROVISIONAL


def family_words_beside_a_code(chart: Chart) -> Answer:
    """Somebody else's disease in the words beside the code."""
    concept = coded("M06.900", "类风湿关节炎")
    concept["text"] = "母亲患类风湿关节炎"
    chart.diagnose(concept)
    others(chart)
    return PROVISIONAL


def bare_or_neighbouring_code(chart: Chart) -> Answer:
    """M06 alone, bursitis, nodule, inflammatory polyarthropathy: a person must read it."""
    code, text = chart.rng.choice(
        (
            ("M06", "其他类风湿关节炎"),
            ("M06.200", "类风湿滑囊炎"),
            ("M06.300", "类风湿结节"),
            ("M06.400", "炎性多关节病"),
        )
    )
    chart.diagnose(coded(code, text if code != "M06" else ""))
    others(chart)
    return JUDGEMENT


def neighbouring_code_beside_ra(chart: Chart) -> Answer:
    """A nodule beside the confirmed disease."""
    chart.diagnose(coded("M06.300", "类风湿结节"))
    chart.diagnose(coded("M06.900", "类风湿关节炎"))
    return MET


def history_as_text(chart: Chart) -> Answer:
    """类风湿关节炎病史8年 usually means that it is there."""
    chart.diagnose({"text": chart.rng.choice(("类风湿关节炎病史8年", "既往类风湿关节炎"))})
    others(chart)
    return JUDGEMENT


def history_as_code(chart: Chart) -> Answer:
    """SNOMED: history of rheumatoid arthritis."""
    chart.diagnose(coded("161567008", "", SNOMED))
    others(chart)
    return JUDGEMENT


def newest_version_confirms(chart: Chart) -> Answer:
    """Provisional first, confirmed as the newest version, which stands first in the file."""
    same = chart.new_id()
    chart.diagnose(ra(chart), recorded=60, identifier=same, version="2", updated=chart.clock.stamp(20))
    chart.diagnose(ra(chart), recorded=60, identifier=same, verification="provisional")
    return MET


I1 = (
    Archetype("confirmed", confirmed, 9, fits=True),
    Archetype("something_else", something_else, 1),
    Archetype("seen_again_and_again", seen_again_and_again, 2, fits=True),
    *awkward(
        plain_icd,
        snomed_subtype,
        text_alone,
        display_of_a_local_code,
        no_verification_status,
        neither_status,
        resolved,
        active_with_an_abatement,
        onset_alone,
        onset_as_words,
        beside_a_doubt,
        beside_an_unmapped_one,
        provisional,
        hedged_text,
        hedged_text_beside_a_code,
        family_words_beside_a_code,
        bare_or_neighbouring_code,
        neighbouring_code_beside_ra,
        history_as_text,
        history_as_code,
        newest_version_confirms,
    ),
    *SILENCE,
)
