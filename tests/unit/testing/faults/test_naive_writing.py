"""Writes that are doubled, lost or half done where a server does not guard them."""

from __future__ import annotations

import pytest

from tests.unit.testing.faults import naive
from tests.unit.testing.faults.conftest import Hospital
from tests.unit.testing.faults.falls import falls_into
from tests.unit.testing.faults.population import observation, patient

KEY = "identifier=urn:lab|new"


def count_new(hospital: Hospital) -> int:
    return sum(one["identifier"][0]["value"] == "new" for one in hospital.stored("Observation"))


@falls_into("conditional-create-ignored")
def test_who_trusts_if_none_exist_has_it_twice(hospital: Hospital) -> None:
    for _ in range(2):  # the first answer was lost
        naive.post(hospital.caller, observation("new"), **{"If-None-Exist": KEY})
    assert count_new(hospital) == 2


@falls_into("conditional-create-refused")
def test_who_does_not_look_has_written_nothing(hospital: Hospital) -> None:
    naive.post(hospital.caller, observation("new"), **{"If-None-Exist": KEY})
    assert count_new(hospital) == 0


@falls_into("conditional-create-racy")
def test_two_who_trust_if_none_exist_at_once_have_it_twice(hospital: Hospital) -> None:
    context = hospital.server.context

    def colleague() -> None:
        context.between_search_and_create = None
        naive.post(hospital.caller, observation("new"), **{"If-None-Exist": KEY})

    context.between_search_and_create = colleague
    naive.post(hospital.caller, observation("new"), **{"If-None-Exist": KEY})
    assert count_new(hospital) == 2


@falls_into("commits-visible-late")
def test_who_searches_before_writing_again_has_it_twice(hospital: Hospital) -> None:
    for _ in range(2):  # the first answer was lost
        if not naive.crawl(hospital.caller, f"Observation?{KEY}"):
            naive.post(hospital.caller, observation("new"))
    assert count_new(hospital) == 2


def set_value(value: float) -> naive.Resource:
    return {"value": value, "unit": "mg/L"}


def edit_beside_another(hospital: Hospital) -> int:
    """Edit o1 while a colleague adds a note to it between the read and the write."""
    colleague_was_here = False

    def change(resource: naive.Resource) -> None:
        nonlocal colleague_was_here
        if not colleague_was_here:
            colleague_was_here = True
            noted = {**observation("o1"), "note": [{"text": "haemolytic, do not use"}]}
            naive.put(hospital.caller, noted)
        resource["valueQuantity"] = set_value(99)

    return naive.edit(hospital.caller, "Observation/o1", change).status_code


def o1(hospital: Hospital) -> naive.Resource:
    return next(one for one in hospital.stored("Observation") if one["id"] == "o1")


def test_on_a_sound_server_both_edits_live(hospital: Hospital) -> None:
    assert edit_beside_another(hospital) == 200
    assert o1(hospital)["valueQuantity"]["value"] == 99
    assert "note" in o1(hospital)


@falls_into("if-match-ignored", "etag-none")
def test_who_trusts_if_match_overwrites_a_colleague(hospital: Hospital) -> None:
    assert edit_beside_another(hospital) == 200
    assert "note" not in o1(hospital)


@falls_into("conflict-409")
def test_who_knows_only_412_loses_the_edit(hospital: Hospital) -> None:
    assert edit_beside_another(hospital) == 409
    assert o1(hospital)["valueQuantity"]["value"] != 99


@falls_into("etag-strong")
def test_who_cuts_the_version_out_of_a_weak_tag_falls_over(hospital: Hospital) -> None:
    tag = hospital.caller.get(f"{hospital.caller.base}/Observation/o1").headers["ETag"]
    with pytest.raises(ValueError, match="invalid literal"):
        int(tag[3:-1])


@falls_into("update-as-create-refused")
def test_who_puts_with_an_id_of_its_own_has_written_nothing(hospital: Hospital) -> None:
    naive.put(hospital.caller, observation("ours"))
    assert "ours" not in hospital.ids("Observation")


@falls_into("transactions-refused")
def test_who_counts_on_transactions_has_written_nothing(hospital: Hospital) -> None:
    naive.post_bundle(hospital.caller, "transaction", [patient("new"), observation("new")])
    assert "new" not in hospital.ids("Patient") + hospital.ids("Observation")


@falls_into("batch-200-with-failed-entries")
def test_who_looks_at_the_batchs_status_only_loses_entries(hospital: Hospital) -> None:
    answer = naive.post_bundle(hospital.caller, "batch", [observation(f"n{number}") for number in range(3)])
    assert answer.status_code == 200
    assert len(hospital.stored("Observation")) == 6 + 2
    assert [one["response"]["status"][:3] for one in answer.json()["entry"]] == ["201", "201", "503"]


@falls_into("reference-versions-stripped")
def test_who_compares_what_it_reads_back_sees_a_change_for_ever(hospital: Hospital) -> None:
    ours = observation("new", subject="Patient/p1/_history/1")
    for _ in range(3):
        naive.put(hospital.caller, ours)
        stored = hospital.caller.get(f"{hospital.caller.base}/Observation/new").json()
        assert stored["subject"] != ours["subject"]


@falls_into("referential-integrity")
def test_who_writes_in_any_order_loses_what_came_too_early(hospital: Hospital) -> None:
    naive.put(hospital.caller, observation("early", subject="Patient/later"))
    naive.put(hospital.caller, patient("later"))
    assert "early" not in hospital.ids("Observation")
    assert "later" in hospital.ids("Patient")
