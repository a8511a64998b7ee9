"""What a search refuses, ignores, and says of itself in its self link."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from fhir_adapter.testing.server import documents
from fhir_adapter.testing.server.context import Context
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.quirks import Quirks
from fhir_adapter.testing.server.search.answering import search
from fhir_adapter.testing.server.search.index import index_rows
from fhir_adapter.testing.server.store import Store
from fhir_adapter.testing.server.time import ManualClock
from tests.unit.testing.server.search.population import (
    BASE,
    POPULATION,
    Ask,
    answer,
    ids,
    link,
    request,
    resource,
)

REFUSED_ALWAYS = [
    "Observation?date=yesterday",
    "Observation?date=2024-13",
    "Observation?date=2024-02-30",
    "Observation?date=2024-03-05T24:30:00Z",
    "Observation?date=zz2024-01-01",
    "Observation?date=2024-03-05T10:00:00+08:00",  # an unencoded plus is a space
    "Observation?date:exact=2024",
    "Observation?_lastUpdated=gt",
    "Observation?_lastUpdated:missing=true",
    "Observation?_id:exact=b1",
    "Observation?code=",
    "Observation?code=a,,b",
    "Observation?code=a|b|c",
    "Observation?code=|",
    "Observation?code:in=http://vs",
    "Observation?code:missing=perhaps",
    "Observation?subject:exact=p1",
    "Observation?subject=not/a/reference/at/all",
    "Observation?focus.name=x",
    "Observation?code.name=x",
    "Observation?subject:Nothing.name=x",
    "Observation?value-quantity=much",
    "Observation?value-quantity=5|mg",
    "Observation?value-quantity=NaN",
    "Observation?value-quantity=1e999",
    "Observation?value-quantity:text=5",
    "Patient?name:sounds=x",
    "Patient?identifier:of-type=MR|1",
    "Patient?_source:not=x",
    "Patient?_has:Observation:patient=x",
    "Patient?_has:Nothing:patient:code=x",
    "Patient?_count=-1",
    "Patient?_count=many",
    "Patient?_total=some",
    "Patient?_summary=yes",
    "Patient?_elements=",
    "Patient?_include=Patient",
    "Patient?_include=Patient:link:Nothing",
    "Patient?_include:iterate=Patient:link",
    "Patient?_revinclude:recurse=Patient:link",
    "?_type=Nothing",
    "?_type=",
    f"Patient?_id={','.join('x' * 1001)}",
    f"Observation?date={','.join(['2024'] * 401)}",
]
REFUSED_STRICTLY = [
    ("Patient?favourite=blue", "favourite"),
    ("AdverseEvent?identifier=AE-1", "identifier"),
    ("Observation?subject.favourite=blue", "subject.favourite"),
    ("Patient?_has:Observation:code:status=x", "_has:Observation:code:status"),
    ("Patient?_sort=favourite", "_sort=favourite"),
    ("Patient?_summary=text", "_summary=text"),
    ("Patient?_include=Patient:favourite", "Patient:favourite"),
    ("Patient?_type=Patient", "_type"),
    ("Patient?_filter=x", "_filter"),
    ("?name=x", "name"),
]


@pytest.mark.parametrize("path", REFUSED_ALWAYS)
@pytest.mark.parametrize("handling", ["strict", "lenient"])
def test_bad_value_or_modifier_is_refused(context: Context, path: str, handling: str) -> None:
    with pytest.raises(Problem) as refusal:
        answer(context, path, Prefer=f"handling={handling}")
    assert refusal.value.status == 400


@pytest.mark.parametrize(("path", "named"), REFUSED_STRICTLY)
def test_unknown_parameter_strict_is_named(context: Context, path: str, named: str) -> None:
    with pytest.raises(Problem, match="parameter") as refusal:
        answer(context, path)
    assert refusal.value.status == 400
    assert named in refusal.value.diagnostics


@pytest.mark.parametrize(("path", "named"), REFUSED_STRICTLY)
def test_unknown_parameter_lenient_is_left_out(ask: Ask, path: str, named: str) -> None:
    bundle = ask(path, Prefer="handling=lenient")
    assert bundle["total"] > 0
    assert link(bundle, "self") == (f"{BASE}/{path.partition('?')[0]}".rstrip("/"))


@pytest.mark.parametrize(("strict", "prefer"), [(True, "handling=lenient"), (False, "")])
def test_quirk_and_preference_decide_the_handling(context: Context, strict: bool, prefer: str) -> None:
    context.quirks = Quirks(strict=strict)
    assert len(ids(answer(context, "Patient?favourite=blue&_id=p1", Prefer=prefer).json())) == 1


def test_strict_preference_beats_the_quirk(context: Context) -> None:
    context.quirks = Quirks(strict=False)
    with pytest.raises(Problem):
        answer(context, "Patient?favourite=blue", Prefer="handling=strict")


@pytest.mark.parametrize("name", ["_lastUpdated", "code", "subject", "_count", "_sort"])
def test_ignored_parameter_is_not_looked_at(context: Context, name: str) -> None:
    context.quirks = Quirks(ignored_parameters=(name,))
    query = "_lastUpdated=2000&code:not=x&subject.name=nobody&_count=bad&_sort=bad"
    kept = [pair for pair in query.split("&") if not pair.startswith(name)]
    with pytest.raises(Problem, match=r"_count|_sort"):
        answer(context, f"Observation?{'&'.join(kept)}")
    alone = next(pair for pair in query.split("&") if pair.startswith(name))
    bundle = answer(context, f"Observation?{alone}&status=final").json()
    assert bundle["total"] == 9
    assert link(bundle, "self") == f"{BASE}/Observation?status=final"


def test_self_link_shows_what_was_asked(ask: Ask) -> None:
    shown = link(ask("Observation?code=http://loinc.org|1742-6&patient.name=刘&_count=2000"), "self")
    assert (
        unquote(shown or "") == f"{BASE}/Observation?code=http://loinc.org|1742-6&patient.name=刘&_count=1000"
    )


def test_post_search_reads_address_and_form(context: Context) -> None:
    asked = request("Patient?_id=p1,p2", "POST", "gender=female&name=M%C3%BCller")
    bundle = search(context, "Patient", asked).json()
    assert ids(bundle) == ["p2"]
    assert link(bundle, "self") == f"{BASE}/Patient?_id=p1%2Cp2&gender=female&name=M%C3%BCller"


@pytest.mark.parametrize(
    ("name", "first", "other"),
    [("code", "ALT", "c{}"), ("subject", "Patient/p1", "Patient/{}"), ("_id", "b2", "x{}")],
)
def test_long_lists_are_searched(ask: Ask, name: str, first: str, other: str) -> None:
    values = ",".join([first, *(other.format(number) for number in range(999))])
    assert "b2" in ids(ask(f"Observation?{name}={values}"))


def test_unknown_type_is_404(context: Context) -> None:
    with pytest.raises(Problem) as refusal:
        answer(context, "Nothing?_id=1")
    assert refusal.value.status == 404


def test_whole_system_search_takes_common_parameters(ask: Ask) -> None:
    assert ids(ask("?_tag=first")) == ["p1", "sr1"]
    assert ids(ask("?_type=ServiceRequest,Group&_sort=-_id")) == ["sr1", "g1"]
    assert ask("?_id=p1,b1&_summary=count")["total"] == 2
    assert len(ids(ask("?_lastUpdated=ge2020"))) == len(POPULATION)


@pytest.mark.parametrize("query", ["_count=0", "_summary=count", "_count=5&_summary=count"])
def test_count_only_has_no_entries(ask: Ask, query: str) -> None:
    bundle = ask(f"Observation?status=final&{query}")
    assert (bundle["total"], "entry" in bundle) == (9, False)


def test_total_none_leaves_it_out(ask: Ask) -> None:
    assert "total" not in ask("Patient?_total=none")
    assert ask("Patient?_total=accurate&_summary=false&_format=json")["total"] == 4


def test_elements_keep_what_must_be_there(ask: Ask) -> None:
    only = ask("Observation?_id=b1&_elements=value,issued")["entry"][0]["resource"]
    assert set(only) == {"resourceType", "id", "meta", "status", "code", "valueQuantity", "issued"}
    assert only["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert set(ask("MedicationRequest?_id=r1&_elements=id")["entry"][0]["resource"]) == {
        "resourceType", "id", "meta", "status", "intent", "medicationReference", "subject",
    }  # fmt: skip


def test_elements_keep_a_decimals_precision(context: Context) -> None:
    body = (
        '{"resourceType":"Observation","id":"d","status":"final","code":{},"valueQuantity":{"value":20.10}}'
    )
    with context.store.transaction():
        context.store.put(documents.read(body.encode()), now=context.now())
    content = answer(context, "Observation?_id=d&_elements=value").content()
    assert b'"value":20.10' in content


def test_entries_have_full_addresses(ask: Ask) -> None:
    entry = ask("Patient?_id=p1")["entry"][0]
    assert (entry["fullUrl"], entry["search"]) == (f"{BASE}/Patient/p1", {"mode": "match"})


def test_r5_server_has_the_new_parameters(clock: ManualClock) -> None:
    store = Store(indexer=lambda resource: index_rows(resource, "5.0.0"))
    newer = Context(store, clock=clock, fhir_version="5.0.0")
    about = {"reference": "Patient/p"}
    event = resource("AdverseEvent", "e", status="completed", actuality="actual", subject=about)
    event |= {"identifier": [{"system": "urn:ae", "value": "1"}], "occurrenceDateTime": "2026-01-02"}
    store.load([event, resource("ResearchSubject", "s", subject=about)], now=newer.now())
    for query in ("identifier=urn:ae|1", "patient=p", "date=2026-01", "status=completed"):
        assert ids(answer(newer, f"AdverseEvent?{query}").json()) == ["e"]
    assert ids(answer(newer, "ResearchSubject?subject=Patient/p").json()) == ["s"]
    with pytest.raises(Problem):
        answer(newer, "ResearchSubject?individual=Patient/p")
    store.close()


def test_late_commits_are_not_found_before_their_time(context: Context, clock: ManualClock) -> None:
    new = {"resourceType": "Patient", "id": "late", "name": [{"text": "Late"}]}
    with context.store.transaction():
        context.store.put(new, now=context.now(), visible=context.now() + 5000)
        context.store.delete("Patient", "p4", now=context.now(), visible=context.now() + 5000)
    assert ids(answer(context, "Patient?_sort=_id").json()) == ["p1", "p2", "p3", "p4"]
    clock.advance(5)
    assert ids(answer(context, "Patient?_sort=_id").json()) == ["late", "p1", "p2", "p3"]
    assert ids(answer(context, "Patient?name=annab").json()) == []
