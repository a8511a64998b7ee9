"""I3, second half: a listed agent that was not tolerated, with no duration needed."""

from __future__ import annotations

from collections.abc import Callable

from tests.resources import SNOMED, adverse_event, allergy, day, request, statement, status
from tests.screened import Resource
from tests.spec.cases import Case, case

REASONS = "http://terminology.hl7.org/CodeSystem/medicationrequest-status-reason"
OTHER = statement("氨氯地平片", day(60))
SHORT = statement("6851", day(45))  # alone: FALSE, the list is kept; more than 30 days after what was stopped


def _stopped(name: str = "6851", *, code: str = "", text: str = "", **more: object) -> Resource:
    """A Statement that was stopped, with its reason as a SNOMED code or in words."""
    reason: Resource = {"text": text} if text else {"coding": [{"system": SNOMED, "code": code}]}
    return statement(name, day(90), day(80), **{"status": "stopped", "statusReason": [reason], **more})


def _request_stopped(code: str, **more: object) -> Resource:
    reason = {"coding": [{"system": REASONS, "code": code}]}
    return request("6851", day(90), **{"status": "stopped", "statusReason": reason, **more})


def _medication(text: str) -> Resource:
    return {"resourceType": "Medication", "id": "{me}.drug", "code": {"text": text}}


CASES = [
    case("I3-nothing-against-it-false", SHORT, "false"),
    # a stop reason
    *(
        case(f"I3-stopped-snomed-{code}-true", _stopped(code=code), "true", review=False, cell="true.stopped")
        for code in ("59037007", "62014003", "281647001", "782197009", "416098002")
    ),
    *(
        case(f"I3-request-stopped-{code}-true", _request_stopped(code), "true", cell="true.stopped")
        for code in ("sintol", "salg")
    ),
    case("I3-request-stopped-level-too-high-true", _request_stopped("drughigh"), "true", review=True),
    case("I3-request-stopped-for-something-else", [_request_stopped("hospadm"), SHORT], "unknown"),
    *(
        case(
            f"I3-stopped-text-{n}-true",
            _stopped(text=text),
            "true",
            review=True,
            cell="true.stopped review.free-text",
        )
        for n, text in enumerate(
            (
                *("胃肠道不耐受", "出现不良反应", "副作用", "皮疹过敏", "肝损害", "骨髓抑制"),
                *("Intolerance", "intolerant of it", "adverse reaction", "side effect", "liver toxicity"),
            )
        )
    ),
    case(
        "I3-stopped-code-beside-text-no-review-true",
        [_stopped(code="59037007"), _stopped(text="不耐受")],
        "true",
        review=False,
    ),
    case("I3-stopped-without-a-reason-false", [_stopped(text="患者自行停药"), SHORT], "false"),
    case("I3-stopped-another-drug-false", [_stopped("氨氯地平片", code="59037007"), SHORT], "false"),
    case(
        "I3-active-with-such-a-reason-false",
        [statement("6851", day(60), statusReason=[{"text": "不耐受"}])],
        "false",
    ),
    case("I3-stopped-in-error-false", [_stopped(code="59037007", status="entered-in-error"), SHORT], "false"),
    case("I3-stopped-eye-drops-false", [_stopped("泼尼松滴眼液", code="59037007"), SHORT], "false"),
    case(
        "I3-stopped-ten-years-ago-true",
        _stopped(code="59037007", effectivePeriod={"start": day(4000), "end": day(3990)}),
        "true",
    ),
    case("I3-stopped-without-dates-true", _stopped(code="59037007", effectivePeriod=None), "true"),
    # prednisone is on the list: TRUE, and shown
    case(
        "I3-stopped-prednisone-true",
        _stopped("强的松", code="59037007"),
        "true",
        review=True,
        cell="22.prednisone",
    ),
    case("I3-allergy-prednisone-true", allergy("8640"), "true", review=True, cell="22.prednisone"),
    # allergies
    *(
        case(f"I3-allergy-{n}-true", allergy(name), "true", review=False, cell="true.allergy")
        for n, name in enumerate(
            ("6851", "L04AX03", "甲氨蝶呤过敏", "Methotrexate", "柳氮磺吡啶", "阿达木单抗")
        )
    ),
    case(
        "I3-allergy-reaction-substance-true",
        allergy(None, reaction=[{"substance": {"text": "来氟米特"}}]),
        "true",
        cell="true.allergy",
    ),
    case("I3-allergy-no-verification-true", allergy("6851", verificationStatus=None), "true"),
    case("I3-allergy-resolved-true", allergy("6851", clinicalStatus=status("resolved")), "true"),
    case("I3-allergy-undated-true", allergy("6851", None), "true"),
    case("I3-allergy-penicillin-false", [allergy("青霉素"), SHORT], "false"),
    *(
        case(
            f"I3-allergy-{gone}-false",
            [allergy("6851", verificationStatus=status(gone)), SHORT],
            "false",
        )
        for gone in ("refuted", "entered-in-error")
    ),
    case(
        "I3-allergy-unconfirmed",
        [allergy("6851", verificationStatus=status("unconfirmed")), SHORT],
        "unknown",
        cell="22.unconfirmed-allergy",
    ),
    case("I3-allergy-of-tomorrow-does-not-exist-false", [allergy("6851", day(-1)), SHORT], "false"),
    case("I3-allergy-possibly-listed-is-not-it", [allergy("泼尼松龙"), OTHER], "unknown"),
    # adverse events
    case(
        "I3-event-by-display-true",
        adverse_event({"display": "甲氨蝶呤片"}),
        "true",
        cell="true.adverse-event",
    ),
    case(
        "I3-event-by-medication-true",
        [_medication("来氟米特片"), adverse_event({"reference": "Medication/{me}.drug"})],
        "true",
        cell="true.adverse-event",
    ),
    case(
        "I3-event-by-statement-true",
        [
            statement("6851", day(60), id="{me}.taken"),
            adverse_event({"reference": "MedicationStatement/{me}.taken"}),
        ],
        "true",
        cell="true.adverse-event",
    ),
    case("I3-event-by-its-text-true", adverse_event(event={"text": "甲氨蝶呤肝损害"}), "true"),
    case("I3-event-of-another-drug-false", [adverse_event({"display": "氨氯地平片"}), SHORT], "false"),
    case(
        "I3-event-potential-false",
        [adverse_event({"display": "甲氨蝶呤片"}, actuality="potential"), SHORT],
        "false",
    ),
    case(
        "I3-event-of-tomorrow-does-not-exist-false",
        [adverse_event({"display": "甲氨蝶呤片"}, day(-1)), SHORT],
        "false",
    ),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)
