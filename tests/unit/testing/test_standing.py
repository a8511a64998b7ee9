"""What the rest of a record does to a line's answer: silence, medication list, drugs that two lines read."""

from __future__ import annotations

import pytest

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.standing import (
    CLEAR,
    JUDGEMENT,
    MET,
    NO_RECORD,
    UNMAPPED,
    Agent,
    Answer,
    Doses,
    IfSilent,
    Said,
    Screened,
    Standing,
    settled,
    unknown,
)

TOO_OLD = unknown(Reason.TOO_OLD)
KEPT = Standing(speaks=True, list_kept=True)
CASES: tuple[tuple[str, str, Said, Standing, Answer], ...] = (
    ("firm", "E2", CLEAR, Standing(), CLEAR),
    ("silence-counts", "E6", IfSilent(CLEAR), KEPT, CLEAR),
    ("nothing-speaks", "E6", IfSilent(CLEAR), Standing(), NO_RECORD),
    ("unmapped-first", "E6", IfSilent(CLEAR), Standing(unmapped=True), UNMAPPED),
    ("organ-is-arthritis", "I1", IfSilent(CLEAR), Standing(rheumatoid=True), MET),
    ("hiv-is-chronic", "E1", Screened(CLEAR), Standing(speaks=True, hiv=True), JUDGEMENT),
    ("screen-missing", "E1", Screened(NO_RECORD), Standing(unmapped=True), NO_RECORD),
    ("screened-unmapped", "E1", Screened(CLEAR), Standing(unmapped=True), UNMAPPED),
    ("agent-met", "I3", Agent(MET), Standing(nameless_allergy=True), MET),
    ("agent-nameless-allergy", "I3", Agent(CLEAR), Standing(list_kept=True, nameless_allergy=True), UNMAPPED),
    ("agent-short", "I3", Agent(CLEAR), KEPT, CLEAR),
    ("agent-short-no-list", "I3", Agent(CLEAR), Standing(), NO_RECORD),
    ("agent-short-strange", "I3", Agent(CLEAR), Standing(list_kept=True, strange_drug_of_old=True), UNMAPPED),
    ("no-agent", "I3", Agent(None), KEPT, NO_RECORD),
    ("no-agent-but-prednisone", "I3", Agent(None), Standing(list_kept=True, short_prednisone=True), CLEAR),
    ("prednisone-for-long", "I3", Agent(TOO_OLD), Standing(long_prednisone=True), MET),
    ("possibly-meant", "I3", Agent(None), Standing(list_kept=True, possibly_listed=True), JUDGEMENT),
    ("own-reason-first", "I3", Agent(TOO_OLD), Standing(possibly_listed=True), TOO_OLD),
    ("none-taken", "I6", Doses(), KEPT, MET),
    ("none-taken-no-list", "I6", Doses(), Standing(), NO_RECORD),
    ("none-taken-strange-of-old", "I6", Doses(), Standing(list_kept=True, strange_drug_of_old=True), MET),
    ("none-taken-strange", "I6", Doses(), Standing(list_kept=True, strange_drug=True), UNMAPPED),
    ("one-changed", "I6", Doses(JUDGEMENT, CLEAR), Standing(nameless_drug=True), CLEAR),
    ("one-doubted", "I6", Doses(MET, JUDGEMENT), KEPT, JUDGEMENT),
    ("stable-and-nameless", "I6", Doses(MET, MET), Standing(list_kept=True, nameless_drug=True), UNMAPPED),
)


@pytest.mark.parametrize(
    ("line", "said", "standing", "answer"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_the_whole_record_settles_an_answer(
    line: str, said: Said, standing: Standing, answer: Answer
) -> None:
    assert settled(line, said, standing) == answer
