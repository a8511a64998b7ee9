"""What is refused, and whose data is incomplete for it (rule 7)."""

from __future__ import annotations

import json

import pytest

REFUSED = {
    "a key stands twice in one object": b'"status":"final","x":{"a":1,"a":1}',
    "NaN and Infinity are not JSON": b'"v":NaN',
    "a number is too large for a double": b'"v":-1e400',
    "not valid UTF-8": b'"v":"\xd5\xc5"',
    "a lone surrogate is not a character": b'"v":"\\uD800x"',
    "U+0000 is not allowed in text": b'"v":"a\\u0000"',
    "nested deeper than 100": b'"v":' + b"[" * 100 + b"]" * 100,
    "not valid JSON": b'"v":[1,]',
}
MORE = {
    "raw surrogate": (b'"v":"\xed\xa0\x80"', "not valid UTF-8"),
    "raw NUL": (b'"v":"\0"', "not valid JSON"),
    "low surrogate first": (b'"v":"\\udc00\\ud800"', "a lone surrogate is not a character"),
    "key with a surrogate": (b'"\\udfff":1', "a lone surrogate is not a character"),
    "Infinity": (b'"v":-Infinity', "NaN and Infinity are not JSON"),
    "5000 digits": (b'"v":' + b"9" * 5000, "a number is too large for a double"),
    "depth 100000": (b'"v":' + b"[" * 100_000, "nested deeper than 100"),
    "same key, escaped": (b'"v":1,"\\u0076":2', "a key stands twice in one object"),
    "trailing content": (b'"v":1} {"w":1', "not valid JSON"),
    "number with leading zero": (b'"v":01', "not valid JSON"),
    "full-width digit": ('"v":５'.encode(), "not valid JSON"),
}
ACCEPTED = [
    b'"v":"\\ud83d\\ude00 \\\\u0000 \\\\ud800"',
    b'"v":1e308,"w":-0.0,"x":5.10,"y":' + b"9" * 300,
    b'"v":' + b"[" * 99 + b"]" * 99,
    '"v":"张三 \uffff"'.encode(),
]


def line(body: bytes, identity: str = "bad") -> bytes:
    return b'{"resourceType":"Observation","id":"%s","subject":{"reference":"Patient/p1"},%s}' % (
        identity.encode(),
        body,
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [(body, reason) for reason, body in REFUSED.items()] + list(MORE.values()),
    ids=[*REFUSED, *MORE],
)
def test_what_is_not_strict_json_is_put_aside_and_costs_its_patient_that_type(folder, read, body, reason):
    folder.put("any.ndjson", folder.ndjson(folder.resource("Observation", "good", "p2"), line(body)))
    landing = folder.open()
    (refused,) = landing.quarantined
    assert (refused.file, refused.line, refused.reason) == ("any.ndjson", 2, reason)
    assert (refused.resource_type, refused.subject) == ("Observation", "p1")
    assert landing.incomplete == {("Observation", "p1")}
    assert landing.problem_of("Observation") is None
    assert [found["id"] for found in read(landing, "Observation")] == ["good"]
    assert landing.counts == {"Observation": 1, "quarantined": 1}


@pytest.mark.parametrize("body", ACCEPTED)
def test_what_is_strict_json_passes_byte_for_byte(folder, body):
    folder.put("any.ndjson", line(body) + b"\n")
    landing = folder.open()
    assert landing.quarantined == []
    assert landing.files_of("Observation")[0].path.read_bytes() == line(body) + b"\n"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"[1]x", "not valid JSON"),
        (b"null", "not an object"),
        (b'"text"', "not an object"),
        (b"{}", "no resourceType"),
        (b'{"resourceType":3,"id":"1"}', "no resourceType"),
        (b'{"resourceType":"../../etc/passwd","id":"1"}', "resourceType is not a FHIR resource type"),
    ],
)
def test_a_line_that_is_no_resource_makes_everything_incomplete(folder, raw, reason):
    folder.put("any.ndjson", folder.ndjson(folder.resource("Patient", "p"), raw))
    landing = folder.open()
    assert [refused.reason for refused in landing.quarantined] == [reason]
    assert "cannot be told" in landing.problem_of("Patient")


@pytest.mark.parametrize("identity", [b"", b'"id":null,', b'"id":"",', b'"id":7,'])
def test_a_resource_without_an_id_is_put_aside(folder, identity):
    folder.put(
        "any.ndjson", b'{%s"resourceType":"Condition","subject":{"reference":"Patient/p"}}\n' % identity
    )
    landing = folder.open()
    assert [refused.reason for refused in landing.quarantined] == ["no id"]
    assert landing.incomplete == {("Condition", "p")}


def test_an_unknown_type_costs_nobody_else_anything(folder):
    folder.put(
        "any.ndjson", folder.ndjson(folder.resource("Patient", "p"), folder.resource("VendorThing", "v"))
    )
    landing = folder.open()
    assert landing.problem_of("Patient") is None
    assert [refused.resource_type for refused in landing.quarantined] == ["VendorThing"]


@pytest.mark.parametrize(
    ("references", "subject"),
    [
        ([b'"reference" :\t"Patient/a"'], "a"),
        ([b'"reference":"Patient\\/a"', b'"reference":"Patient/a/_history/2"'], "a"),
        ([b'"reference":"Patient/a"', b'"reference":"Practitioner/b"'], "a"),
        ([b'"reference":"Patient/a"', b'"reference":"Patient/b"'], None),
        ([b'"reference":"Patient/a"', b'"reference":"https://other.example/Patient/b"'], None),
        ([b'"reference":"urn:uuid:1"'], None),
        ([], None),
    ],
)
def test_the_patient_of_a_broken_line_is_told_only_without_doubt(folder, references, subject):
    parts = b",".join(b'{"x":{%s}}' % reference for reference in references)
    folder.put("any.ndjson", b'{"resourceType":"Condition","id":"c","l":[%s],"broken\n' % parts)
    landing = folder.open()
    assert [refused.subject for refused in landing.quarantined] == [subject]
    if subject is None:
        assert "its patient cannot be told" in landing.problem_of("Condition")
    else:
        assert landing.incomplete == {("Condition", subject)}
        assert landing.problem_of("Condition") is None


def test_a_broken_patient_is_its_own_subject(folder):
    folder.put(
        "any.ndjson",
        b'{"resourceType":"Patient","id":"p1","link":[{"other":{"reference":"Patient/p2"}}],"gender":\n',
    )
    assert folder.open().incomplete == {("Patient", "p1")}


def test_a_broken_patient_with_two_ids_is_nobody_in_particular(folder):
    folder.put("any.ndjson", b'{"resourceType":"Patient","id":"p1","id":"p2"}\n')
    landing = folder.open()
    assert landing.incomplete == set()
    assert "cannot be told" in landing.problem_of("Patient")


def test_the_file_name_tells_the_type_of_a_broken_line(folder):
    folder.put("Condition.ndjson", b'{"subject":{"reference":"Patient/p"},"trunca\n')
    landing = folder.open()
    assert landing.incomplete == {("Condition", "p")}
    assert landing.problem_of("Condition") is None
    assert landing.problem is None


def test_a_line_over_16_mb_and_a_document_over_64_mb_are_refused(folder):
    long = folder.resource("Observation", "o", "p", note="x" * (16 << 20))
    folder.put("any.ndjson", folder.ndjson(long, folder.resource("Patient", "p")))
    with (folder.path / "huge.json").open("wb") as file:
        file.truncate((64 << 20) + 1)
    landing = folder.open()
    assert sorted(refused.reason for refused in landing.quarantined) == [
        "larger than 16 MB",
        "larger than 64 MB",
    ]
    assert ("Observation", "p") in landing.incomplete
    assert landing.counts["Patient"] == 1


def test_no_message_repeats_what_the_line_says(folder):
    name = "Zhang-San-1970"
    for number, body in enumerate(REFUSED.values()):
        folder.put(f"{number}.ndjson", line(body.replace(b'"v"', b'"%s"' % name.encode())) + b"\n")
    folder.put("broken.json", json.dumps(folder.resource("Patient", "p", name=name)).encode()[:-1])
    landing = folder.open()
    told = [refused.reason for refused in landing.quarantined] + [str(landing.problem)]
    told += [str(pull.problem) for pull in landing.types.values()]
    assert len(landing.quarantined) == len(REFUSED) + 1
    assert not any(name in text for text in told)
