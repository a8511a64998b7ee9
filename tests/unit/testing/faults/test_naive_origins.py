"""Addresses of another host, wherever a server hands one out: who follows takes a secret there."""

from __future__ import annotations

from tests.unit.testing.faults import naive
from tests.unit.testing.faults.conftest import Hospital, ask_token, token_form
from tests.unit.testing.faults.falls import falls_into
from tests.unit.testing.faults.population import observation

BOTH = ["Authorization", "Epic-Client-ID"]


@falls_into("export-status-at-trap")
def test_who_polls_where_content_location_says(hospital: Hospital) -> None:
    naive.poll(hospital.caller, naive.kick_off(hospital.caller))
    assert hospital.trap.leaked == BOTH


@falls_into("export-output-at-trap", "export-deleted-at-trap", "export-error-at-trap")
def test_who_downloads_what_the_manifest_lists(hospital: Hospital) -> None:
    manifest = naive.poll(hospital.caller, naive.kick_off(hospital.caller))
    for which in ("output", "deleted", "error"):
        for file in manifest.get(which, []):
            naive.download(hospital.caller, file["url"])
    assert set(hospital.trap.leaked) == set(BOTH)


@falls_into("redirect-page-to-trap")
def test_requests_takes_a_vendors_key_along_to_a_redirected_page(hospital: Hospital) -> None:
    found = naive.crawl(hospital.caller, "Observation?_count=2")
    assert hospital.trap.leaked == ["Epic-Client-ID"]
    assert len(found) == 2


@falls_into("redirect-read-to-trap")
def test_requests_takes_a_vendors_key_along_to_a_redirected_read(hospital: Hospital) -> None:
    resource = hospital.caller.get(f"{hospital.caller.base}/Patient/p1").json()
    assert hospital.trap.leaked == ["Epic-Client-ID"]
    assert resource["resourceType"] == "Bundle"  # whatever the other host likes to say


@falls_into("redirect-export-file-to-trap")
def test_requests_takes_a_vendors_key_along_to_redirected_files(hospital: Hospital) -> None:
    assert naive.export(hospital.caller) == []
    assert set(hospital.trap.leaked) == {"Epic-Client-ID"}


@falls_into(
    "redirect-token-to-trap",
    "redirect-discovery-to-trap",
    "discovery-token-endpoint-at-trap",
    fixture="smart_hospital",
)
def test_who_believes_discovery_hands_over_a_signed_assertion(smart_hospital: Hospital) -> None:
    ask_token(*token_form(smart_hospital))
    assert "client_assertion" in smart_hospital.trap.leaked


@falls_into("discovery-jwks-at-trap", fixture="smart_hospital")
def test_who_fetches_keys_with_everything_it_always_sends(smart_hospital: Hospital) -> None:
    caller = smart_hospital.caller
    discovery = caller.get(f"{caller.base}/.well-known/smart-configuration").json()
    caller.get(discovery["jwks_uri"])
    assert smart_hospital.trap.leaked == BOTH


@falls_into("create-location-at-trap")
def test_who_reads_back_where_location_says(hospital: Hospital) -> None:
    answer = naive.post(hospital.caller, observation("new"))
    hospital.caller.get(answer.headers["Location"])
    assert hospital.trap.leaked == BOTH


@falls_into("references-at-trap")
def test_who_follows_absolute_references(hospital: Hospital) -> None:
    resource = hospital.caller.get(f"{hospital.caller.base}/Observation/o1").json()
    hospital.caller.get(resource["subject"]["reference"])
    assert hospital.trap.leaked == BOTH


@falls_into("attachments-at-trap")
def test_who_fetches_attachments(hospital: Hospital) -> None:
    resource = hospital.caller.get(f"{hospital.caller.base}/Patient/p1").json()
    hospital.caller.get(resource["photo"][0]["url"])
    assert hospital.trap.leaked == BOTH
