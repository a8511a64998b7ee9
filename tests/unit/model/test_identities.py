"""Who a patient is to a person: the name and the record number that a list shows."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapter.model.identities import Identity, identity_of


def _numbered(*identifiers: Any) -> str | None:
    return identity_of({"identifier": list(identifiers)}).record_number


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([{"text": " 朱晓燕 ", "family": "朱"}], "朱晓燕"),
        ([{"family": "朱", "given": ["晓燕"]}], "朱晓燕"),
        ([{"family": "Schmidt", "given": ["Anna", "Maria"]}], "Anna Maria Schmidt"),
        ([{"use": "old", "text": "王旧"}, {"use": "usual", "text": "王新"}], "王新"),
        ([{"use": "maiden", "text": "B"}, {"text": "A"}, {"use": "official", "text": "C"}], "C"),
        ([{"use": "official"}, {"use": "nickname", "text": "小王"}], "小王"),
        ([{"use": "anonymous", "text": "X"}], None),
        (["text", None, {"text": 7, "given": "x", "use": ["official"]}], None),
        ("王", None),
    ],
)
def test_name_is_the_one_in_use(names: Any, expected: str | None) -> None:
    assert identity_of({"name": names}).name == expected


def test_record_number_is_the_hospitals_own() -> None:
    card = {"use": "official", "type": {"text": "居民身份证"}, "value": "370102196010130021"}
    coded = {"type": {"coding": [{"code": "MR"}]}, "value": "M1"}
    worded = {"type": {"text": "病案号"}, "value": "Q2"}
    usual = {"use": "usual", "value": 123}
    assert _numbered(card, usual, worded, coded) == "M1"
    assert _numbered(card, usual, worded) == "Q2"
    assert _numbered(card, usual) == "123"
    assert _numbered(card) is None


@pytest.mark.parametrize(
    "identifier", [{"use": "old", "type": {"text": "MRN"}, "value": "1"}, {"use": "usual"}, 5]
)
def test_record_number_that_is_none(identifier: Any) -> None:
    assert _numbered(identifier) is None


def test_nobody_is_a_result() -> None:
    assert identity_of({}) == Identity()
