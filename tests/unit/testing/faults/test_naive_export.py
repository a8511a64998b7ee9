"""Exports whose manifest, files or job are not what they say."""

from __future__ import annotations

import pytest
import requests

from tests.unit.testing.faults import naive
from tests.unit.testing.faults.conftest import Hospital, signed_in
from tests.unit.testing.faults.falls import falls_into
from tests.unit.testing.faults.population import observation, population

EVERYTHING = len(population())


def manifest_of(hospital: Hospital, query: str = "") -> naive.Resource:
    return naive.poll(hospital.caller, naive.kick_off(hospital.caller, query))


def since(moment: str) -> str:
    return "?_since=" + moment.replace("+", "%2B")


@falls_into(
    "export-last-file-missing",
    "export-type-missing",
    "export-file-empty",
    "export-file-lacks-lines",
    "export-files-expired",
)
def test_who_trusts_the_manifest_loses_resources(hospital: Hospital) -> None:
    assert len(naive.export(hospital.caller)) < EVERYTHING
    assert hospital.acted


@falls_into("export-error-list-absent")
def test_who_counts_on_the_error_list_falls_over(hospital: Hospital) -> None:
    with pytest.raises(KeyError):
        manifest_of(hospital)["error"]


@falls_into("export-count-wrong")
def test_who_downloads_until_the_count_is_right_never_ends(hospital: Hospital) -> None:
    file = manifest_of(hospital)["output"][0]
    counts = {len(naive.download(hospital.caller, file["url"])) for _ in range(5)}
    assert file["count"] not in counts


@falls_into("export-file-extra-404")
def test_one_file_too_many_loses_the_whole_export(hospital: Hospital) -> None:
    urls = [file["url"] for file in manifest_of(hospital)["output"]]
    with pytest.raises(requests.HTTPError):
        all(hospital.caller.get(url).raise_for_status() is None for url in urls)


@falls_into("export-file-as-array")
def test_who_takes_a_line_for_a_resource_has_a_list(hospital: Hospital) -> None:
    found = naive.export(hospital.caller)
    assert found
    assert all(isinstance(one, list) for one in found)


@falls_into("export-huge-line")
def test_who_sets_no_limit_holds_any_line_in_memory(hospital: Hospital) -> None:
    file = manifest_of(hospital)["output"][0]
    (line, *_) = hospital.caller.get(file["url"]).content.split(b"\n")
    assert len(line) > 16_000_000


@falls_into("export-job-fails")
def test_who_does_not_begin_again_has_nothing(hospital: Hospital) -> None:
    with pytest.raises(requests.HTTPError):
        naive.export(hospital.caller)
    assert hospital.journal.count(path="$export-file") == 0


@falls_into("export-never-ready")
def test_who_polls_until_it_is_ready_never_ends(hospital: Hospital) -> None:
    with pytest.raises(naive.Endless):
        naive.export(hospital.caller)


@falls_into("export-retry-after-120")
def test_who_obeys_waits_two_minutes_for_nothing(hospital: Hospital) -> None:
    naive.export(hospital.caller)
    assert hospital.caller.waited == [120]


@falls_into("export-cancelled-still-202")
def test_who_waits_for_the_end_of_a_cancelled_job_never_ends(hospital: Hospital) -> None:
    status_url = naive.kick_off(hospital.caller)
    assert requests.delete(status_url, timeout=10).status_code == 202
    assert [hospital.caller.get(status_url).status_code for _ in range(20)] == [202] * 20


@falls_into("export-transaction-time-end", "export-transaction-time-future")
def test_who_goes_on_from_the_transaction_time_loses_what_was_written_meanwhile(hospital: Hospital) -> None:
    status_url = naive.kick_off(hospital.caller)
    hospital.clock.advance(10)
    naive.put(hospital.caller, observation("meanwhile"))
    hospital.clock.advance(10)
    manifest = naive.poll(hospital.caller, status_url)
    first = [one for file in manifest["output"] for one in naive.download(hospital.caller, file["url"])]
    second = naive.export(hospital.caller, since(manifest["transactionTime"]))
    assert "meanwhile" in hospital.ids("Observation")
    assert "meanwhile" not in {one["id"] for one in [*first, *second]}


@falls_into("export-relative-urls")
def test_who_does_not_resolve_file_addresses_falls_over(hospital: Hospital) -> None:
    with pytest.raises(requests.exceptions.MissingSchema):
        naive.export(hospital.caller)


@falls_into("export-files-without-token", fixture="smart_hospital")
def test_who_always_sends_the_token_breaks_the_rule(smart_hospital: Hospital) -> None:
    caller = signed_in(smart_hospital)
    manifest = naive.poll(caller, naive.kick_off(caller))
    assert manifest["requiresAccessToken"] is False
    for file in manifest["output"]:
        caller.get(file["url"])
    assert smart_hospital.journal.count(path="$export-file", header="Authorization") > 0


@falls_into("export-token-said-needed")
def test_who_has_no_token_gives_up_though_none_is_needed(hospital: Hospital) -> None:
    manifest = manifest_of(hospital)
    assert manifest["requiresAccessToken"] is True
    assert requests.get(manifest["output"][0]["url"], timeout=10).status_code == 200


@falls_into("export-ignores-since")
def test_who_trusts_since_takes_everything_for_changed(hospital: Hospital) -> None:
    hospital.clock.advance(60)
    moment = hospital.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    assert len(naive.export(hospital.caller, since(moment))) == EVERYTHING


@falls_into("export-ignores-type")
def test_who_trusts_type_takes_drugs_for_patients(hospital: Hospital) -> None:
    patients = naive.export(hospital.caller, "?_type=Patient")
    assert len(patients) == EVERYTHING


@falls_into("export-lists-no-deleted")
def test_a_delete_never_arrives(hospital: Hospital) -> None:
    known = {one["id"] for one in naive.export(hospital.caller) if one["resourceType"] == "Observation"}
    begun = manifest_of(hospital)["transactionTime"]
    hospital.clock.advance(60)
    requests.delete(f"{hospital.caller.base}/Observation/o1", timeout=10)
    manifest = manifest_of(hospital, since(begun))
    assert not manifest.get("deleted")
    assert "o1" in known
    assert "o1" not in hospital.ids("Observation")
