"""Whatever a folder holds, opening it ends with a landing: nothing else escapes, nothing bad is kept."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_adapter.landing import clean_lines, open_input, quote, strict

KEYS = (
    "resourceType id type entry resource fullUrl request method url search mode response status link "
    "relation total "
    "issue severity code transactionTime output error deleted outcome count exportId eventId "
    "eventDetail files "
    "resources reference subject meta versionId lastUpdated"
).split()
WORDS = (
    "Bundle Patient Observation OperationOutcome Parameters searchset history transaction DELETE PUT "
    "match outcome "
    "next self previous error warning incomplete export_complete manifest_complete download_error Patient/1 "
    "Observation/1/_history/2 urn:uuid:1 Observation.ndjson http://[ //x?y 404 500 1"
).split()
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.floats()
    | st.sampled_from(WORDS)
    | st.text(max_size=3)
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=30,
)
bundles = st.fixed_dictionaries(
    {"resourceType": st.just("Bundle")},
    optional={
        "type": st.sampled_from(["searchset", "history", "transaction"]) | values,
        "total": values,
        "link": st.lists(st.fixed_dictionaries({"relation": leaves, "url": leaves}), max_size=3) | values,
        "entry": st.lists(
            st.fixed_dictionaries(
                {}, optional={"resource": values, "request": values, "search": values, "response": values}
            )
            | values,
            max_size=3,
        )
        | values,
    },
)
manifests = st.fixed_dictionaries(
    {"transactionTime": leaves, "output": st.lists(values, max_size=3) | values},
    optional={"error": values, "deleted": values, "link": values},
)
logs = st.fixed_dictionaries({"exportId": values, "eventId": leaves, "eventDetail": values})
resources = st.fixed_dictionaries(
    {"resourceType": st.sampled_from(WORDS), "id": leaves}, optional={"subject": values}
)
documents = bundles | manifests | logs | resources | values
raws = st.builds(
    lambda value, cut, mark: json.dumps(value).encode()[:cut] + mark,
    documents,
    st.none() | st.integers(0, 80),
    st.sampled_from([b"", b"", b"}", b"\xff", b"\0", b"\n\n"]),
)
names = st.sampled_from(
    ["a.json", "m/b.json", "Observation.ndjson", "log.ndjson", "any.ndjson", "x.ndjson.gz"]
)
SHAPE: dict[str, Any] = {"id": "string", "subject": {"reference": "string"}, "meta": {"versionId": "number"}}


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(names, st.lists(raws, min_size=1, max_size=4), min_size=1, max_size=4))
def test_any_folder_becomes_a_landing(files):
    with tempfile.TemporaryDirectory() as directory:
        folder, work = Path(directory, "in"), Path(directory, "work")
        for name, lines in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"\n".join(lines))
        landing = open_input(folder, work=work)
        for kind in list(landing.types):
            for file in landing.files_of(kind):
                clean_lines(landing, file, SHAPE, work=work)
        for kind in landing.types:
            for file in landing.files_of(kind):
                for line in file.path.read_bytes().split(b"\n"):
                    if line:
                        assert strict.load_object(strict.decode(line))["resourceType"] == kind
        quote(landing, ["Observation/1", "Patient/1/_history/1", "//", ""])
        assert landing.counts["quarantined"] == len(landing.quarantined)
