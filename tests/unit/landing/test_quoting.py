"""Evidence is quoted as the hospital wrote it."""

from __future__ import annotations

import pytest

from fhir_adapter.landing import quote


def version(number: str, updated: str, value: str) -> bytes:
    meta = f'"meta":{{"versionId":"{number}","lastUpdated":"{updated}"}}'
    return f'{{"resourceType":"Observation", "id" : "1",{meta},"valueQuantity":{{"value":{value}}}}}'.encode()


OLD = version("1", "2026-01-01T09:00:00+08:00", "5.10")
NEW = version("2", "2026-01-01T01:30:00Z", "5.20")


@pytest.mark.parametrize("name", ["Observation.ndjson", "Observation.ndjson.gz"])
@pytest.mark.parametrize("lines", [[OLD, NEW], [NEW, OLD]])
def test_a_quote_is_the_raw_text_of_the_version_or_else_of_the_newest(folder, name, lines):
    folder.put(name, folder.ndjson(*lines, folder.resource("Observation", "12", partOf={"id": "1"})))
    references = [
        "Observation/1",
        "Observation/1/_history/1",
        "Observation/1/_history/9",
        "Goal/1",
        "Observation/3",
    ]
    assert quote(folder.open(), references) == {
        "Observation/1": NEW.decode(),
        "Observation/1/_history/1": OLD.decode(),
    }


def test_versions_of_one_instant_are_ordered_by_number(folder):
    lines = [version(number, "2026-01-01T00:00:00Z", number) for number in ("9", "10", "8")]
    folder.put("Observation.ndjson", folder.ndjson(*lines))
    assert quote(folder.open(), ["Observation/1"]) == {"Observation/1": lines[1].decode()}


def test_a_quote_comes_from_whichever_file_holds_it_and_passes_over_broken_lines(folder):
    folder.put("Observation.0.ndjson", folder.ndjson(folder.resource("Observation", "0"), b'{"id":"1"'))
    folder.put("Observation.1.ndjson", OLD)
    folder.put(
        "b.json", {"resourceType": "Bundle", "entry": [{"resource": folder.resource("Observation", "b")}]}
    )
    found = quote(folder.open(), ["https://example.org/fhir/Observation/1", "Observation/b"])
    assert found["https://example.org/fhir/Observation/1"] == OLD.decode()
    assert found["Observation/b"] == '{"resourceType": "Observation", "id": "b"}'


def test_lines_longer_than_a_read_are_found_whole(folder):
    long = folder.resource("Observation", "long", note="x" * (3 << 20))
    folder.put("Observation.ndjson", folder.ndjson(folder.resource("Observation", "0"), long))
    assert len(quote(folder.open(), ["Observation/long"])["Observation/long"]) > 3 << 20
