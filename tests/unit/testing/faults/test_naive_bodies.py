"""Bodies that are cut, in another encoding, or JSON that parsers disagree about."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.unit.testing.faults import naive
from tests.unit.testing.faults.conftest import Hospital
from tests.unit.testing.faults.falls import falls_into


def file_url(hospital: Hospital, type_: str = "Observation") -> str:
    """The address of an export file."""
    manifest = naive.poll(hospital.caller, naive.kick_off(hospital.caller))
    return next(one["url"] for one in manifest["output"] if one["type"] == type_)


def family(text: str) -> str:
    """What a client shows of a patient's name."""
    return text.partition('"family":"')[2].partition('"')[0]


@falls_into("gzip-truncated")
def test_requests_takes_half_a_packed_file_for_whole(hospital: Hospital) -> None:
    url = file_url(hospital)
    cut = hospital.caller.get(url)  # raises nothing
    hospital.faults.clear()
    assert cut.ok
    assert len(cut.content) < len(hospital.caller.get(url).content)


def fetch_once(caller: naive.Caller, url: str, path: Path) -> None:
    """Download to a file, unless it is there already from the run before."""
    if path.exists():
        return
    with (
        path.open("wb") as file,
        requests.get(url, headers=caller.headers, stream=True, timeout=10) as answer,
    ):
        parts: Iterator[bytes] = answer.iter_content(16)
        for part in parts:
            file.write(part)


@falls_into("body-short", "body-chunk-cut")
def test_who_writes_as_it_comes_keeps_half_a_file(hospital: Hospital, tmp_path: Path) -> None:
    url, path = file_url(hospital), tmp_path / "Observation.ndjson"
    with pytest.raises(requests.RequestException):
        fetch_once(hospital.caller, url, path)
    hospital.faults.clear()
    fetch_once(hospital.caller, url, path)  # the next run: "it is there already"
    assert 0 < path.stat().st_size < len(hospital.caller.get(url).content)


@falls_into("gbk-declared")
def test_who_takes_fhir_for_utf_8_falls_over(hospital: Hospital) -> None:
    answer = hospital.caller.get(f"{hospital.caller.base}/Patient/p1")
    with pytest.raises(UnicodeDecodeError):
        answer.content.decode("utf-8")


@falls_into("gbk-undeclared", "gbk-declared-as-utf-8")
def test_who_lets_the_encoding_be_guessed_reads_another_name(hospital: Hospital) -> None:
    answer = hospital.caller.get(f"{hospital.caller.base}/Patient/p1")
    shown = answer.text  # raises nothing
    assert family(shown) not in ("", "张")


@falls_into("json-nan", "json-infinite")
def test_python_takes_no_number_for_a_number(hospital: Hospital) -> None:
    values = [one["valueQuantity"]["value"] for one in naive.crawl(hospital.caller, "Observation?_count=50")]
    assert not math.isfinite(values[0])


@falls_into("json-long-integer")
def test_one_long_number_loses_the_page(hospital: Hospital) -> None:
    with pytest.raises(ValueError, match="integer string conversion"):
        naive.crawl(hospital.caller, "Observation?_count=50")


@falls_into("json-repeated-key")
def test_python_keeps_the_last_of_two_statuses(hospital: Hospital) -> None:
    answer = hospital.caller.get(f"{hospital.caller.base}/Observation/o1")
    assert '"status":"entered-in-error"' in answer.text
    assert answer.json()["status"] == "final"


@falls_into("json-nul")
def test_a_nul_goes_through_to_the_database(hospital: Hospital) -> None:
    (resource,) = naive.crawl(hospital.caller, "Condition")
    assert "\x00" in resource["code"]["text"]


@falls_into("json-lone-surrogate")
def test_half_a_pair_parses_and_cannot_be_written(hospital: Hospital, tmp_path: Path) -> None:
    (resource,) = naive.crawl(hospital.caller, "Condition")
    with pytest.raises(UnicodeEncodeError):
        (tmp_path / "out.txt").write_text(resource["code"]["text"], encoding="utf-8")


@falls_into("json-deep")
def test_one_deep_resource_loses_the_page(hospital: Hospital) -> None:
    with pytest.raises(RecursionError):
        naive.crawl(hospital.caller, "Observation?_count=50")


@falls_into("json-bom")
def test_a_byte_order_mark_loses_the_page(hospital: Hospital) -> None:
    with pytest.raises(requests.JSONDecodeError):
        naive.crawl(hospital.caller, "Observation?_count=50")


@falls_into("ndjson-line-separator")
def test_who_splits_text_into_lines_cuts_a_resource_in_two(hospital: Hospital) -> None:
    url = file_url(hospital, "Condition")
    assert len(hospital.caller.get(url).content.splitlines()) == 1
    with pytest.raises(ValueError, match="Unterminated string"):
        naive.download(hospital.caller, url)


@falls_into("stu3-shapes")
def test_a_drug_not_taken_reads_as_taken(hospital: Hospital) -> None:
    statements = naive.crawl(hospital.caller, "MedicationStatement")
    assert {one["id"]: one["status"] for one in statements} == {"m1": "active", "m2": "completed"}
    assert says_r4(hospital)
    (condition,) = naive.crawl(hospital.caller, "Condition")
    with pytest.raises(TypeError):
        condition["clinicalStatus"]["coding"]


@falls_into("r5-shapes")
def test_every_drug_is_lost(hospital: Hospital) -> None:
    statements = naive.crawl(hospital.caller, "MedicationStatement")
    assert len(statements) == 2
    assert not any("medicationCodeableConcept" in one for one in statements)
    assert {one["status"] for one in statements} == {"recorded"}
    assert says_r4(hospital)


def says_r4(hospital: Hospital) -> bool:
    """What the server says of itself."""
    said = hospital.caller.get(f"{hospital.caller.base}/metadata").json()["fhirVersion"]
    return bool(said == "4.0.1")
