"""Owns E6: malignancies that are there, that ended, that are told, doubted or on the edge (5 calendar years)."""

from __future__ import annotations

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.analytes import Resource
from fhir_adapter.testing.hospital.chart import CLEAR, MET, Archetype, Chart, Said, awkward, unknown
from fhir_adapter.testing.hospital.diagnoses import coded, others
from fhir_adapter.testing.hospital.standing import JUDGEMENT, IfSilent
from fhir_adapter.testing.hospital.systems import SNOMED

_SILENT = IfSilent(CLEAR)
_DATE = unknown(Reason.PARTIAL_DATE)
_FIVE_YEARS = 5 * 366  # days: certainly more than five calendar years
_CANCERS = (
    ("C50.900", "乳腺恶性肿瘤"),
    ("C73.x00", "甲状腺恶性肿瘤"),
    ("C34.900", "支气管或肺恶性肿瘤"),
    ("C18.900", "结肠恶性肿瘤"),
    ("C44.900", "皮肤恶性肿瘤"),
    ("D46.900", "骨髓增生异常综合征"),
    ("D45.x00", "真性红细胞增多症"),
)


def _cancer(chart: Chart) -> Resource:
    code, words = chart.rng.choice(_CANCERS)
    return coded(code, words)


def none(chart: Chart) -> Said:
    """Nothing of the kind."""
    return _SILENT


def active(chart: Chart) -> Said:
    """There, however long."""
    chart.diagnose(_cancer(chart), recorded=chart.rng.choice((20, 300, 3000)))
    return MET


def snomed(chart: Chart) -> Said:
    """By SNOMED alone."""
    chart.diagnose(coded("363346000", "", SNOMED), recorded=200)
    return MET


def words_alone(chart: Chart) -> Said:
    """No code."""
    words = ("右乳腺癌", "非霍奇金淋巴瘤", "急性髓系白血病", "多发性骨髓瘤", "lung cancer", "骨肉瘤")
    chart.diagnose({"text": chart.rng.choice(words)}, recorded=200)
    return MET


def _ended(chart: Chart, end: str, clinical: str | None = "resolved", recorded: int = 3500) -> None:
    chart.diagnose(_cancer(chart), clinical=clinical, recorded=recorded, dates={"abatementDateTime": end})


def ended_recently(chart: Chart) -> Said:
    """Cured some months or years ago."""
    _ended(
        chart, chart.clock.day(chart.rng.randint(30, 1800)), chart.rng.choice(("resolved", "remission", None))
    )
    return MET


def ended_long_ago(chart: Chart) -> Said:
    """Cured more than five years ago."""
    _ended(chart, chart.clock.day(chart.rng.randint(_FIVE_YEARS, 3400)))
    return CLEAR


def ended_five_years_ago_today(chart: Chart) -> Said:
    """Five calendar years are complete (on 29 February a day later)."""
    today = chart.clock.today
    leap_day = (today.month, today.day) == (2, 29)
    end = chart.clock.day(_FIVE_YEARS) if leap_day else today.replace(year=today.year - 5).isoformat()
    _ended(chart, end)
    return CLEAR


def ended_a_day_too_late(chart: Chart) -> Said:
    """One day less than five calendar years."""
    _ended(chart, chart.clock.day(1825))
    return MET


def one_of_two_is_recent(chart: Chart) -> Said:
    """All of them must be over for five years."""
    ended_long_ago(chart)
    return ended_recently(chart)


def ended_in_a_year(chart: Chart) -> Said:
    """The year five years ago: on either side, but for the last day of a year."""
    _ended(chart, str(chart.clock.today.year - 5))
    return CLEAR if (chart.clock.today.month, chart.clock.today.day) == (12, 31) else _DATE


def ended_nobody_knows_when(chart: Chart) -> Said:
    """Resolved, without an end."""
    chart.diagnose(
        _cancer(chart), clinical=chart.rng.choice(("resolved", "remission", "inactive")), recorded=3000
    )
    return _DATE


def history_long_ago(chart: Chart) -> Said:
    """Told five years ago or before: it was over then."""
    concept = chart.rng.choice((coded("Z85.300", "乳腺恶性肿瘤个人史"), coded("266987004", "", SNOMED)))
    chart.diagnose(concept, recorded=chart.rng.randint(_FIVE_YEARS, 4000))
    return CLEAR


def history_told_lately(chart: Chart) -> Said:
    """Over, but since when; an old onset does not say it."""
    onset = {"onsetDateTime": chart.clock.year(5000)}
    concept = chart.rng.choice(
        (coded("Z85.300", "乳腺恶性肿瘤个人史"), coded("Z08.900", "恶性肿瘤治疗后随诊"))
    )
    chart.diagnose(concept, recorded=chart.rng.randint(5, 1500), dates=chart.rng.choice((onset, None)))
    return _DATE


def history_in_words(chart: Chart) -> Said:
    """病史, 既往."""
    chart.diagnose(
        {"text": chart.rng.choice(("甲状腺癌病史", "既往结肠癌", "history of lymphoma"))}, recorded=50
    )
    return _DATE


def chemotherapy(chart: Chart) -> Said:
    """A course of it."""
    code, words = chart.rng.choice((("Z51.100", "肿瘤化学治疗"), ("Z51.000", "放射治疗")))
    chart.diagnose(coded(code, words), recorded=chart.rng.randint(10, 600))
    return JUDGEMENT


def uncertain_behaviour(chart: Chart) -> Said:
    """D37-D44, D47.2, D48."""
    code, words = chart.rng.choice(
        (
            ("D44.000", "甲状腺动态未定肿瘤"),
            ("D47.200", "单克隆丙种球蛋白病"),
            ("D48.600", "乳房动态未定肿瘤"),
        )
    )
    chart.diagnose(coded(code, words), recorded=200)
    return JUDGEMENT


def in_situ(chart: Chart) -> Said:
    """Recorded less than five years ago, as a code or in words."""
    concept = chart.rng.choice((coded("D05.100", "乳腺导管内原位癌"), {"text": "宫颈原位癌"}))
    chart.diagnose(concept, recorded=chart.rng.randint(10, 1800))
    return JUDGEMENT


def in_situ_long_ago(chart: Chart) -> Said:
    """It does not count any more."""
    chart.diagnose(coded("D06.900", "宫颈原位癌"), recorded=chart.rng.randint(_FIVE_YEARS, 4000))
    return _SILENT


def doubted(chart: Chart) -> Said:
    """待排, 可疑, provisional."""
    concept = chart.rng.choice(
        (coded("C34.900", "肺恶性肿瘤待排"), {"text": "肺癌？"}, {"text": "可疑淋巴瘤"})
    )
    chart.diagnose(concept, recorded=30, speaks=False)
    return unknown(Reason.PROVISIONAL_ONLY)


def of_the_family(chart: Chart) -> Said:
    """Somebody else's."""
    chart.diagnose({"text": chart.rng.choice(("肺癌家族史", "母亲乳腺癌"))}, recorded=30)
    others(chart)
    return _SILENT


def refuted(chart: Chart) -> Said:
    """Taken back by the pathologist."""
    chart.diagnose(_cancer(chart), verification="refuted", recorded=100)
    return _SILENT


def benign(chart: Chart) -> Said:
    """A benign tumour is none."""
    chart.diagnose(coded("D12.600", "结肠良性肿瘤"), recorded=100)
    return _SILENT


E6 = (
    Archetype("none", none, 10, fits=True),
    Archetype("ended_long_ago", ended_long_ago, 1, fits=True),
    Archetype("active", active, 1),
    Archetype("ended_recently", ended_recently, 1),
    *awkward(
        snomed,
        words_alone,
        ended_five_years_ago_today,
        ended_a_day_too_late,
        one_of_two_is_recent,
        ended_in_a_year,
        ended_nobody_knows_when,
        history_long_ago,
        history_told_lately,
        history_in_words,
        chemotherapy,
        uncertain_behaviour,
        in_situ,
        in_situ_long_ago,
        doubted,
        of_the_family,
        refuted,
        benign,
    ),
)
