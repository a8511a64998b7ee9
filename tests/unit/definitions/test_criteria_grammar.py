"""The rows about records other than one number: every verb and key is read, and every misuse is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fhir_adapter.definitions import SearchPath, load_definitions, load_trial
from fhir_adapter.errors import DefinitionError
from fhir_adapter.model.criteria import Comparison, Condition, Line, Silence, Span, Verb
from tests.unit.definitions.records import write_inputs

Write = Callable[[str, str], None]

TRIAL = 'title = "Ours"\nregistry_id = "X1"\nversion = "1"\ntime_zone = "Asia/Shanghai"\n'
ISLAND = 'exposed_for = "our-steroids", at_least = "90 d", gap = "30 d"'
ENDED = 'ended_within = "180 d", score = "das28", variants = ["esr4", "crp4"], after = "28 d", at_least_score = 2.6'


@pytest.fixture
def line_of(write: Write, folder: Path) -> Callable[..., Line]:
    """The line with this one row, or this one review row."""
    write_inputs(write)
    write("trials/ours/trial.toml", TRIAL)

    def load(row: str, review: str = "", more: str = "") -> Line:
        write(
            "trials/ours/criteria.toml",
            f'[[line]]\nid = "A"\nkind = "exclusion"\ntext = "a"\n{more}\n'
            f'[[line.part]]\nrows = [{{ then = "true", {row} }}]\nreview = [{review}]\n',
        )
        search = SearchPath([folder])
        return load_trial(search, "ours", load_definitions(search)).lines[0]

    return load


@pytest.mark.parametrize(
    ("row", "condition"),
    [
        (
            'latest = "our-antigen", within = "365 d", is = ["positive", "below-limit"], after = ["our-disease"]',
            Condition(
                Verb.LATEST, "our-antigen", 365, answers=("positive", "below-limit"), after=("our-disease",)
            ),
        ),
        (
            'latest = "wbc", below = 3, after = ["our-disease", "our-other-disease"]',
            Condition(
                Verb.LATEST,
                "wbc",
                comparisons=(Comparison("below", 3.0),),
                after=("our-disease", "our-other-disease"),
            ),
        ),
        (
            'ever = "our-antigen", is = ["positive"]',
            Condition(Verb.EVER, "our-antigen", answers=("positive",)),
        ),
        (
            'ever = "wbc", within = "90 d", above = 40',
            Condition(Verb.EVER, "wbc", 90, (Comparison("above", 40.0),)),
        ),
        (
            'mean_of = 2, input = "wbc", within = "90 d", at_least = 180',
            Condition(Verb.MEAN_OF, "wbc", 90, (Comparison("at_least", 180.0),), how_many=2),
        ),
        (
            'any_of_last = 3, input = "wbc", between = [1, 2]',
            Condition(
                Verb.ANY_OF_LAST,
                "wbc",
                comparisons=(Comparison("at_least", 1.0), Comparison("at_most", 2.0)),
                how_many=3,
            ),
        ),
        ('readings = 2, input = "wbc", within = "90 d"', Condition(Verb.READINGS, "wbc", 90, how_many=2)),
        (
            'present = "our-disease", activity = "unresolved", since = "300 d", recorded_within = "5 y", '
            'unless = "our-other-disease", stale_after = "365 d", no_status_after = "90 d"',
            Condition(
                Verb.PRESENT,
                "our-disease",
                activity="unresolved",
                since=Span(300),
                recorded_within=Span(5, "y"),
                unless="our-other-disease",
                stale_after_days=365,
                no_status_after_days=90,
            ),
        ),
        (
            'absent = "our-disease", activity = "ended", ended_within = "5 y", silence = "false"',
            Condition(
                Verb.ABSENT,
                "our-disease",
                activity="ended",
                ended_within=Span(5, "y"),
                silence=Silence.FALSE,
            ),
        ),
        (
            'event = "our-vaccine", within = "30 d", undated_counts = true',
            Condition(Verb.EVENT, "our-vaccine", 30, undated_counts=True),
        ),
        ('event = "our-harm"', Condition(Verb.EVENT, "our-harm")),
        (
            'exposed = "our-steroids", within = "30 d", possible = true, route = "injection", as_needed = true, '
            "dose_above = 100",
            Condition(
                Verb.EXPOSED,
                "our-steroids",
                30,
                possible=True,
                route="injection",
                as_needed=True,
                dose_above=100.0,
            ),
        ),
        ('exposed = "our-steroids"', Condition(Verb.EXPOSED, "our-steroids")),
        (
            'stopped_for = "our-steroids", because = "intolerance"',
            Condition(Verb.STOPPED_FOR, "our-steroids"),
        ),
        (
            f"{ISLAND}, ongoing = true",
            Condition(Verb.EXPOSED_FOR, "our-steroids", days=90, gap_days=30, ongoing=True),
        ),
        (
            f"{ISLAND}, {ENDED}, three_variable_margin = 0.5",
            Condition(
                Verb.EXPOSED_FOR,
                "our-steroids",
                comparisons=(Comparison("at_least", 2.6),),
                days=90,
                gap_days=30,
                ended_within_days=180,
                score="das28",
                score_after_days=28,
                variants=("esr4", "crp4"),
                three_variable_margin=0.5,
            ),
        ),
        (
            'exposed_for = "our-steroids", at_least = "90 d", gap = "0 d", ongoing = true',
            Condition(Verb.EXPOSED_FOR, "our-steroids", days=90, ongoing=True),
        ),
        ('stable_dose = "our-steroids", within = "30 d"', Condition(Verb.STABLE_DOSE, "our-steroids", 30)),
        ('changed_dose = "our-steroids", within = "30 d"', Condition(Verb.CHANGED_DOSE, "our-steroids", 30)),
        (
            'list_kept = "90 d", unmapped_within = "60 d"',
            Condition(Verb.LIST_KEPT, "", 90, unmapped_within_days=60),
        ),
        ('list_kept = "90 d", unmapped_within = "ever"', Condition(Verb.LIST_KEPT, "", 90)),
        ('gender = "male"', Condition(Verb.GENDER, "male")),
        ("on_study = true", Condition(Verb.ON_STUDY, "")),
        (
            'any = [{ gender = "female" }, { latest = "alt", above = 1, uln = true }]',
            Condition(
                Verb.ANY,
                "",
                of=(
                    Condition(Verb.GENDER, "female"),
                    Condition(Verb.LATEST, "alt", comparisons=(Comparison("above", 1.0, True),)),
                ),
            ),
        ),
        (
            'all = [{ event = "our-harm" }, { on_study = true }]',
            Condition(Verb.ALL, "", of=(Condition(Verb.EVENT, "our-harm"), Condition(Verb.ON_STUDY, ""))),
        ),
    ],
)
def test_row_is_read(line_of: Callable[..., Line], row: str, condition: Condition) -> None:
    line = line_of(row, review=f'{{ note = "look", {row} }}')
    assert line.parts[0].rows[0].when == condition
    assert line.parts[0].review[0].when == condition


def test_line_may_need_a_look_when_false(line_of: Callable[..., Line]) -> None:
    assert line_of('gender = "male"').review_when_false is None
    line = line_of('gender = "male"', more='review_when_false = "chest imaging is not read"')
    assert line.review_when_false == "chest imaging is not read"


@pytest.mark.parametrize(
    ("row", "line"),
    [
        # the kind of the input
        (
            'latest = "our-disease", below = 1',
            "latest: expected a quantity or answer input, one of alt",
        ),
        ('latest = "our-antgen", is = ["positive"]', "latest: expected a quantity or answer input"),
        ('mean_of = 2, input = "our-antigen", below = 1', "input: expected a quantity input, one of alt"),
        ('event = "our-steroids"', "event: expected an event input, one of "),
        ('exposed = "our-allergy"', "exposed: expected an exposure input, one of "),
        ('stopped_for = "wbc", because = "intolerance"', "stopped_for: expected an exposure input"),
        ('stable_dose = "wbc", within = "30 d"', "stable_dose: expected an exposure input"),
        ('present = "our-antigen"', "present: expected a condition input, one of "),
        ('present = "our-disease", unless = "wbc"', "unless: expected a condition input, one of "),
        ('latest = "wbc", below = 3, after = ["our-disease", "wbc"]', "after[1]: expected a condition input"),
        (
            f"{ISLAND}, {ENDED}".replace('"das28"', '"wbc"'),
            "score: expected a score input, one of das28; found wbc, which is of another kind",
        ),
        # answers and numbers
        ('latest = "our-antigen"', "is: missing: latest of an answer input needs it"),
        ('latest = "our-antigen", below = 3', "below: unknown key of latest of an answer input in a row"),
        ('latest = "our-antigen", is = ["positive"], uln = true', "uln: unknown key of latest of an answer"),
        ('latest = "our-antigen", is = []', "is: expected a list of positive, negative"),
        ('latest = "our-antigen", is = ["yes"]', "is[0]: expected one of below-limit, indeterminate"),
        ('latest = "wbc", is = ["positive"]', "is: unknown key of latest in a row"),
        ('latest = "wbc", is = ["positive"]', "expected a comparator for latest"),
        ('ever = "our-antigen"', "is: missing: ever of an answer input needs it"),
        ('ever = "alt", above = 1, uln = true', "uln: unknown key of ever in a row"),
        ('latest = "wbc", below = "90 d"', "below: expected a number"),
        ('latest = "wbc", at_least = "90 d"', "at_least: expected a number"),
        ('latest = "wbc", below = 3, after = "28 d"', "after: expected a list of condition inputs"),
        # several results
        ("mean_of = 2, below = 3", "input: missing: mean_of needs it"),
        ('mean_of = 0, input = "wbc", below = 3', "mean_of: expected how many results"),
        ('mean_of = true, input = "wbc", below = 3', "mean_of: expected how many results"),
        ('mean_of = 2, input = "wbc"', "expected a comparator for mean_of"),
        ('readings = 2, input = "wbc", below = 3', "below: unknown key of readings"),
        ('latest = "wbc", input = "alt", below = 3', "input: unknown key of latest"),
        # diagnoses
        ('present = "our-disease", within = "30 d"', "within: unknown key of present"),
        ('present = "our-disease", since = "5 m"', 'since: expected a span such as "28 d" or "5 y"'),
        ('present = "our-disease", stale_after = "1 y"', 'stale_after: expected a window such as "28 d"'),
        ('present = "our-disease", activity = "resolved"', "activity: expected one of active, any, ended"),
        # events and exposures
        ('event = "our-harm", undated_counts = false', "undated_counts: expected true (leave the key out"),
        ('exposed = "our-steroids", route = "oral"', "route: expected one of injection"),
        ('exposed = "our-steroids", dose_above = "100 mg"', "dose_above: expected mg a day, a number"),
        ('stopped_for = "our-steroids"', "because: missing: stopped_for needs it"),
        ('stopped_for = "our-steroids", because = "level"', "because: expected one of intolerance"),
        ('changed_dose = "our-steroids"', "within: missing: changed_dose needs it"),
        ('exposed_for = "our-steroids", ongoing = true', "at_least: missing: exposed_for needs it"),
        ('exposed_for = "our-steroids", ongoing = true', "gap: missing: exposed_for needs it"),
        (ISLAND, "expected either ongoing or ended_within for exposed_for"),
        (f"{ISLAND}, {ENDED}, ongoing = true", "expected either ongoing or ended_within for exposed_for"),
        (f'{ISLAND}, ongoing = true, score = "das28"', "score: expected only beside ended_within"),
        (f'{ISLAND}, ended_within = "180 d"', "at_least_score: missing: exposed_for with ended_within"),
        (f"{ISLAND}, {ENDED}".replace('"180 d"', '"1 y"'), 'ended_within: expected a window such as "180 d"'),
        (
            f"{ISLAND}, {ENDED}".replace('after = "28 d"', 'after = ["our-disease"]'),
            'after: expected a number of days such as "28 d"',
        ),
        (f"{ISLAND}, ongoing = true".replace('"90 d"', "90"), 'at_least: expected a length such as "90 d"'),
        ('list_kept = "90 d"', "unmapped_within: missing: list_kept needs it"),
        (
            'list_kept = "90 d", unmapped_within = "never"',
            'unmapped_within: expected a window such as "90 d", or',
        ),
        # people
        ('gender = "other"', "gender: expected one of female, male"),
        ("on_study = false", "on_study: expected true"),
        # joined conditions
        ('all = [{ gender = "male" }]', "all: expected a list of at least two conditions"),
        (
            'all = [{ gender = "male" }, { any = [{ gender = "male" }, { on_study = true }] }]',
            "all[1].any: unknown key, expected one of ",
        ),
        (
            'all = [{ gender = "male" }, { then = "true", on_study = true }]',
            "all[1].then: unknown key, expected one of ",
        ),
        ('all = [{ gender = "male" }, { }]', "all[1]: expected exactly one verb, one of absent"),
        (
            'any = [{ gender = "male" }, { latest = "our-antgen", below = 1 }]',
            "any[1].latest: expected a quantity or answer input",
        ),
        (
            'all = [{ gender = "male" }, { on_study = true }], within = "30 d"',
            "within: unknown key of all in a row, expected nothing: there are none",
        ),
        (
            'gender = "male", on_study = true',
            "expected exactly one verb, one of absent, age, all, any, any_of_last, changed_dose, event, ever, exposed, "
            "exposed_for, gender, latest, list_kept, mean_of, on_study, present, readings, score, stable_dose, "
            "stopped_for; found gender, on_study",
        ),
    ],
)
def test_row_mistake_is_named(line_of: Callable[..., Line], row: str, line: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        line_of(row)
    problems = str(raised.value).splitlines()
    found = [one.partition("line[0].part[0].rows[0]")[2].lstrip(".: ") for one in problems]
    assert any(one.startswith(line) for one in found), problems


def test_answer_takes_no_review_operator(line_of: Callable[..., Line]) -> None:
    with pytest.raises(
        DefinitionError, match="near: unknown key of latest of an answer input in a review row"
    ):
        line_of('gender = "male"', review='{ note = "x", latest = "our-antigen", near = 3, by = "5 %" }')


def test_mistakes_of_joined_conditions_are_told_at_once(line_of: Callable[..., Line]) -> None:
    with pytest.raises(DefinitionError) as raised:
        line_of('all = [{ exposed = "wbc" }, { latest = "our-antigen" }, { present = "our-harm" }]')
    keys = [
        one.split(": ")[1].removeprefix("line[0].part[0].rows[0].") for one in str(raised.value).splitlines()
    ]
    assert keys == ["all[0].exposed", "all[1].is", "all[2].present"]
