"""What a search answers: https://hl7.org/fhir/R4/search.html#Summary, #sort, #count, #include, #paging."""

from __future__ import annotations

import pytest

from tests.interop.making import enrolment, identifier, observation, own, patient, provenance, quantity, study
from tests.interop.target import Resource, Target, address, link, matches, refused


@pytest.fixture(scope="module")
def dozen(server: Target, shared_tag: str) -> str:
    """Twelve patients with a birth date each, written once; every third is male."""
    for number in range(12):
        made = patient(
            shared_tag,
            gender="male" if number % 3 == 0 else "female",
            birthDate=f"19{50 + (number * 7) % 12}-01-01",
            name=[{"family": f"F{number:02d}"}],
        )
        server.update({**made, "id": f"{shared_tag}-{number:02d}"}, 201)
    return shared_tag


def test_a_searchset_counts_its_matches(server: Target, dozen: str) -> None:
    """bundle.html#searchset: total is the number of all matches, not of this page."""
    bundle = server.search("Patient", {"_tag": own(dozen), "_count": "5", "_total": "accurate"})
    assert bundle["total"] == 12
    assert len(bundle["entry"]) == 5


def test_entries_say_where_they_live_and_why_they_are_here(server: Target, dozen: str) -> None:
    """bundle.html#searchset: fullUrl and search.mode."""
    row = server.search("Patient", {"_id": f"{dozen}-00"})["entry"][0]
    assert row["fullUrl"] == f"{server.url}/Patient/{dozen}-00"
    assert row["search"]["mode"] == "match"


def test_nothing_found_is_an_empty_bundle(server: Target, tag: str) -> None:
    """search.html: 200, total 0, no entry."""
    bundle = server.search("Patient", {"_tag": own(tag)})
    assert bundle["total"] == 0
    assert bundle.get("entry", []) == []
    assert link(bundle, "next") is None


def test_the_self_link_says_what_was_searched(server: Target, dozen: str) -> None:
    """search.html#conformance: the parameters that the server really used."""
    shown = link(server.search("Patient", {"_tag": own(dozen), "gender": "male"}), "self")
    assert shown is not None
    assert shown.startswith(f"{server.url}/Patient?")
    assert "gender=male" in shown
    assert "_tag=" in shown


@pytest.mark.parametrize("count", ["1", "5", "12", "100"])
def test_pages_hold_every_match_once(server: Target, dozen: str, count: str) -> None:
    """search.html#paging: nothing lost, nothing twice, whatever the page's size."""
    found = server.ids("Patient", {"_tag": own(dozen), "_count": count})
    assert sorted(found) == [f"{dozen}-{number:02d}" for number in range(12)]


def test_a_page_is_no_larger_than_asked(server: Target, dozen: str) -> None:
    """search.html#count: the server must not return more than _count."""
    pages = list(server.pages(server.search("Patient", {"_tag": own(dozen), "_count": "5"})))
    assert [len(matches(page)) for page in pages] == [5, 5, 2]
    assert link(pages[-1], "next") is None


def test_pages_hold_while_others_write(server: Target, tag: str) -> None:
    """search.html#paging: what was there before the first page and is not deleted comes exactly once."""
    before = [server.create(patient(tag)) for _ in range(9)]
    bundle = server.search("Patient", {"_tag": own(tag), "_count": "3"})
    seen = []
    for page in server.pages(bundle):
        seen += [entry["id"] for entry in matches(page)]
        server.create(patient(tag))
        server.update({**before[-1], "birthDate": f"1970-01-{len(seen):02d}"})
    assert len(seen) == len(set(seen))
    assert {entry["id"] for entry in before} <= set(seen)


def test_a_next_link_may_be_followed_twice(server: Target, dozen: str) -> None:
    """search.html#paging: a client whose connection broke asks again and gets the same page."""
    following = link(server.search("Patient", {"_tag": own(dozen), "_count": "5"}), "next")
    assert following is not None
    first, second = (matches(server.get(following).json()) for _ in range(2))
    assert [entry["id"] for entry in first] == [entry["id"] for entry in second]


def test_an_unknown_page_is_refused(server: Target, dozen: str) -> None:
    """search.html#paging: a page that is not kept any more is 404 or 410, never an empty success."""
    following = link(server.search("Patient", {"_tag": own(dozen), "_count": "5"}), "next")
    assert following is not None
    name = "_getpages" if "_getpages" in following else "_page"
    refused(server.get(f"{server.url}?{name}=00000000-0000-4000-8000-000000000000"), 404, 410)


@pytest.mark.parametrize("form", [{"_count": "0"}, {"_summary": "count"}], ids=["_count=0", "_summary=count"])
def test_only_counting(server: Target, dozen: str, form: dict[str, str]) -> None:
    """search.html#count, #summary: the total and no entry."""
    bundle = server.search("Patient", {"_tag": own(dozen), "gender": "female", **form})
    assert bundle["total"] == 8
    assert bundle.get("entry", []) == []


SORTS = [
    ("birthdate", lambda row: row["birthDate"], False),
    ("-birthdate", lambda row: row["birthDate"], True),
    ("family", lambda row: row["name"][0]["family"], False),
    ("-family", lambda row: row["name"][0]["family"], True),
    ("_id", lambda row: row["id"], False),
    ("-_lastUpdated", lambda row: row["meta"]["lastUpdated"], True),
]


@pytest.mark.parametrize(("key", "value", "falling"), SORTS, ids=[row[0] for row in SORTS])
def test_sort(server: Target, dozen: str, key: str, value: object, falling: bool) -> None:
    """search.html#sort: by a search parameter; a minus turns the order round; over all pages."""
    assert callable(value)
    bundle = server.search("Patient", {"_tag": own(dozen), "_sort": key, "_count": "5"})
    found = [value(row) for page in server.pages(bundle) for row in matches(page)]
    assert len(found) == 12
    assert found == sorted(found, reverse=falling)


def test_sort_by_two_keys(server: Target, dozen: str) -> None:
    """search.html#sort: the second key orders where the first is equal."""
    rows = matches(
        server.search("Patient", {"_tag": own(dozen), "_sort": "gender,-birthdate", "_count": "50"})
    )
    keys = [(row["gender"], row["birthDate"]) for row in rows]
    assert [gender for gender, _ in keys] == ["female"] * 8 + ["male"] * 4
    assert [born for gender, born in keys if gender == "female"] == sorted(
        (born for gender, born in keys if gender == "female"), reverse=True
    )


def test_elements(server: Target, dozen: str) -> None:
    """search.html#elements: only those, with a tag that says so, so that nobody writes the half back."""
    row = matches(server.search("Patient", {"_id": f"{dozen}-00", "_elements": "birthDate"}))[0]
    assert "birthDate" in row
    assert "name" not in row
    assert row["id"] == f"{dozen}-00"
    assert "SUBSETTED" in [tag["code"] for tag in row["meta"]["tag"]]


def test_elements_keep_what_is_mandatory(server: Target, tag: str) -> None:
    """search.html#elements: mandatory elements come as well, so that the resource stays valid."""
    server.create(observation(tag, valueQuantity=quantity(1)))
    row = matches(server.search("Observation", {"_tag": own(tag), "_elements": "valueQuantity"}))[0]
    assert ("status" in row, "code" in row) == (server.says("elements-mandatory", True),) * 2


def test_post_search(server: Target, dozen: str) -> None:
    """search.html#Introduction: parameters in the body, which no log shows."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = f"_tag={own(dozen)}&gender=male".replace("|", "%7C").encode()
    bundle = server.send("POST", "Patient/_search", body, headers=form).json()
    assert bundle["total"] == 4
    assert len(matches(bundle)) == 4


def test_post_search_with_parameters_in_both_places(server: Target, dozen: str) -> None:
    """search.html#Introduction: those of the address and those of the body together."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = f"_tag={own(dozen)}".replace("|", "%7C").encode()
    response = server.send("POST", "Patient/_search", body, {"gender": "male"}, form)
    assert len(matches(response.json())) == 4


@pytest.fixture(scope="module")
def family(server: Target, shared_tag: str) -> dict[str, Resource]:
    """A patient on a trial with two observations, one of them with a Provenance."""
    tag = f"{shared_tag}f"
    subject = server.create(patient(tag, identifier=identifier(tag)))
    trial = server.create(study(tag))
    first, second = (server.create(observation(tag, address(subject))) for _ in range(2))
    return {
        "subject": subject,
        "trial": trial,
        "first": first,
        "second": second,
        "enrolment": server.create(enrolment(tag, address(subject), address(trial))),
        "provenance": server.create(provenance(tag, address(first))),
        "loose": server.create(observation(tag)),
        "tag": {"resourceType": "Basic", "id": own(tag)},
    }


def included(bundle: Resource) -> list[str]:
    """The addresses of what was included."""
    return sorted(address(row) for row in matches(bundle, "include"))


def test_include(server: Target, family: dict[str, Resource]) -> None:
    """search.html#include: what matches refer to, once, and marked as included."""
    bundle = server.search("Observation", {"_tag": family["tag"]["id"], "_include": "Observation:subject"})
    assert len(matches(bundle)) == 3
    assert included(bundle) == [address(family["subject"])]


def test_includes_are_not_counted(server: Target, family: dict[str, Resource]) -> None:
    """bundle.html#searchset: total counts matches only."""
    pairs = {"_tag": family["tag"]["id"], "_include": "Observation:subject", "_total": "accurate"}
    assert server.search("Observation", pairs)["total"] == 3


def test_include_of_a_type(server: Target, family: dict[str, Resource]) -> None:
    """search.html#include: a third part asks for targets of one type."""
    pairs = {"_tag": family["tag"]["id"]}
    one = server.search("Observation", {**pairs, "_include": "Observation:subject:Patient"})
    other = server.search("Observation", {**pairs, "_include": "Observation:subject:Group"})
    assert included(one) == [address(family["subject"])]
    assert included(other) == []


def test_two_includes(server: Target, family: dict[str, Resource]) -> None:
    """search.html#include: may be repeated."""
    pairs = [
        ("_id", family["enrolment"]["id"]),
        ("_include", "ResearchSubject:individual"),
        ("_include", "ResearchSubject:study"),
    ]
    expected = sorted([address(family["subject"]), address(family["trial"])])
    assert included(server.search("ResearchSubject", pairs)) == expected


def test_revinclude(server: Target, family: dict[str, Resource]) -> None:
    """search.html#revinclude: what refers to the matches."""
    bundle = server.search("Patient", {"_id": family["subject"]["id"], "_revinclude": "Observation:subject"})
    assert included(bundle) == sorted([address(family["first"]), address(family["second"])])


def test_revinclude_of_provenance(server: Target, family: dict[str, Resource]) -> None:
    """provenance.html: the usual way to ask for it."""
    bundle = server.search("Observation", {"_id": family["first"]["id"], "_revinclude": "Provenance:target"})
    assert included(bundle) == [address(family["provenance"])]


def test_include_of_nothing(server: Target, family: dict[str, Resource]) -> None:
    """search.html#include: no reference, nothing to include."""
    pairs = {"_id": family["loose"]["id"], "_include": "Observation:subject"}
    assert included(server.search("Observation", pairs)) == []


REFUSED = [
    ("Patient", {"no-such-parameter": "x"}, "a parameter of no meaning"),
    ("AdverseEvent", {"identifier": "x"}, "AdverseEvent has no identifier parameter in R4"),
    ("Patient", {"birthdate": "yesterday"}, "a date that is none"),
    ("Patient", {"birthdate": "2024-13-01"}, "a month that is none"),
    ("Observation", {"value-quantity": "much"}, "a number that is none"),
    ("Patient", {"gender:nonsense": "male"}, "a modifier that is none"),
    ("Patient", {"_sort": "no-such-parameter"}, "a sort key of no meaning"),
    ("Observation", {"subject:Patient.no-such-parameter": "x"}, "a chain of no meaning"),
    ("Patient", {"_has:Observation:patient:no-such-parameter": "x"}, "a reverse chain of no meaning"),
    ("Observation", {"_include": "Observation:no-such-parameter"}, "an include of no meaning"),
    ("Patient", {"_lastUpdated": "gtx"}, "an instant that is none"),
    ("Patient", {"active:missing": "perhaps"}, "missing is true or false"),
]


@pytest.mark.parametrize(("kind", "pairs", "reason"), REFUSED, ids=[row[2] for row in REFUSED])
def test_bad_searches_are_refused(server: Target, kind: str, pairs: dict[str, str], reason: str) -> None:
    """search.html#errors: in strict handling an error, never a wider answer."""
    response = server.get(kind, pairs, Prefer="handling=strict")
    status = server.says(f"refused-{reason.replace(' ', '-')}", 400)
    assert response.status_code == status
    if status == 400:
        refused(response, 400)


def test_a_parameter_of_no_meaning_in_lenient_handling(server: Target, dozen: str) -> None:
    """search.html#errors: lenient means that it is ignored, and the self link does not show it."""
    pairs = {"_tag": own(dozen), "no-such-parameter": "x"}
    response = server.get("Patient", pairs, Prefer="handling=lenient")
    assert response.status_code == server.says("lenient", 200)
    if response.ok:
        assert response.json()["total"] == 12
        assert "no-such-parameter" not in (link(response.json(), "self") or "")


def test_an_unknown_type_is_404(server: Target) -> None:
    """http.html#search: no such type."""
    refused(server.get("Pationt", {"_id": "1"}), 404)


def test_a_search_sees_what_was_written_before(server: Target, tag: str) -> None:
    """search.html: at once, with the new values and not with the old ones."""
    stored = server.create(patient(tag, gender="female"))
    server.update({**stored, "gender": "male"})
    assert server.ids("Patient", {"_tag": own(tag), "gender": "female"}) == []
    assert server.ids("Patient", {"_tag": own(tag), "gender": "male"}) == [stored["id"]]
