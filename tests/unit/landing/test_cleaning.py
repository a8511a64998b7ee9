"""The second look at a file in which a fast scan met something wrong."""

from __future__ import annotations

import stat

import pytest

from fhir_adapter.landing import clean_lines

SHAPE = {
    "id": "string",
    "subject": {"reference": "string"},
    "code": {"coding": [{"code": "string"}]},
    "valueQuantity": {"value": "number"},
    "valueBoolean": "boolean",
}


def cleaned(folder, *lines, name="Observation.ndjson"):
    folder.put(name, folder.ndjson(folder.resource("Observation", "first", "p0"), *lines))
    landing = folder.open()
    (file,) = landing.files_of("Observation")
    return landing, clean_lines(landing, file, SHAPE, work=folder.work)


@pytest.mark.parametrize("name", ["Observation.ndjson", "Observation.ndjson.gz"])
def test_good_lines_are_copied_byte_for_byte_and_bad_ones_put_aside(folder, name):
    good = b'{ "resourceType":"Observation","id":"g","valueQuantity":{"value":5.10}}'
    bad = b'{"resourceType":"Observation","id":"b","subject":{"reference":"Patient/p1"},"x":1,"x":2}'
    landing, new = cleaned(folder, good, bad, b"", name=name)
    assert new.path.read_bytes().split(b"\n")[1:] == [good, b""]
    assert landing.files_of("Observation") == (new,)
    assert (new.resource_type, new.origin) == ("Observation", name)
    assert stat.S_IMODE(new.path.stat().st_mode) == 0o600
    assert [(refused.file, refused.line) for refused in landing.quarantined] == [(name, 3)]
    assert landing.incomplete == {("Observation", "p1")}
    assert landing.counts == {"Observation": 2, "quarantined": 1}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"subject": "Patient/p1"}, "subject is not an object"),
        ({"subject": [{"reference": "Patient/p1"}]}, "subject is not an object"),
        ({"code": {"coding": {"code": "x"}}}, "code.coding is not a list"),
        ({"code": {"coding": [{"code": "x"}, "y"]}}, "code.coding is not an object"),
        ({"valueQuantity": {"value": True}}, "valueQuantity.value is not a number"),
        ({"valueQuantity": {"value": {"v": 1}}}, "valueQuantity.value is not a number"),
    ],
)
def test_a_line_of_another_structure_is_put_aside(folder, more, reason):
    landing, _ = cleaned(folder, folder.resource("Observation", "bad") | more)
    assert [refused.reason for refused in landing.quarantined] == [reason]


@pytest.mark.parametrize(
    "more",
    [
        {"subject": None, "code": {"coding": [None, {"code": None}]}},
        {"valueQuantity": {"value": "5.1"}},
        {"valueQuantity": {"value": -1e245}},
        {"code": {"coding": [{"code": {"any": "value"}}]}},
        {"valueBoolean": "yes"},
        {"unknown": [{"structure": 1}]},
    ],
)
def test_null_strings_for_numbers_and_unknown_keys_pass(folder, more):
    landing, _ = cleaned(folder, folder.resource("Observation", "good") | more)
    assert landing.quarantined == []


def test_lines_of_another_type_move_to_that_types_files(folder, read):
    condition = folder.resource("Condition", "c", "p", subject="judged when Condition is read")
    landing, _ = cleaned(folder, condition, folder.resource("Observation", "o", "p"))
    assert read(landing, "Condition") == [condition]
    assert [found["id"] for found in read(landing, "Observation")] == ["first", "o"]


def test_a_broken_line_whose_patient_is_unknown_makes_the_type_incomplete(folder):
    landing, _ = cleaned(folder, b"{")
    assert "line 2 was refused (not valid JSON)" in landing.problem_of("Observation")
    assert landing.problem is None


def test_a_file_of_bad_lines_becomes_an_empty_one(folder):
    folder.put("Observation.ndjson", folder.ndjson(folder.resource("Observation", "1", "p", code="text")))
    landing = folder.open()
    new = clean_lines(landing, landing.files_of("Observation")[0], SHAPE, work=folder.work)
    assert new.path.read_bytes() == b""
    assert landing.incomplete == {("Observation", "p")}


def test_a_file_that_was_split_before_is_not_counted_twice(folder):
    folder.put(
        "a.json", [folder.resource("Observation", "1"), folder.resource("Observation", "2", code="text")]
    )
    landing = folder.open()
    assert landing.counts == {"Observation": 2}
    clean_lines(landing, landing.files_of("Observation")[0], SHAPE, work=folder.work)
    assert landing.counts == {"Observation": 1, "quarantined": 1}
