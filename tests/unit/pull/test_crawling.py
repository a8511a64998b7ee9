"""A crawl writes each resource once, its newest version, byte for byte, and counts what it got."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fhir_adapter.errors import SettingsError
from fhir_adapter.pull.crawling import crawl
from fhir_adapter.pull.folder import LandingFolder, TypeState
from fhir_adapter.testing.server.messages import FHIR_JSON, Request, Response, json_response
from tests.unit.fhir.serving import searchset, served


def version(identity: str, number: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": identity, "meta": {"versionId": number}, **more}


def paged(*held: list[dict[str, Any]], total: int | None = None) -> Callable[[Request], Response]:
    """Pages with these resources, and a server that says it has `total`."""

    def answer(request: Request) -> Response:
        if request.values("_summary"):
            told = {} if total is None else {"total": total}
            return json_response(200, {"resourceType": "Bundle", "type": "searchset", **told})
        page = int((request.values("page") or ["0"])[0])
        following = f"{request.base}/Patient?page={page + 1}" if page + 1 < len(held) else None
        return searchset(held[page], following)

    return answer


def crawled(folder: Path, answer: Callable[[Request], Response]) -> tuple[TypeState, list[bytes]]:
    """What became of the type, and the lines of its file."""
    landing = LandingFolder(folder / "out")
    with served(answer) as asked:
        state = crawl(asked.client, "Patient", landing, lambda _: None)
    files = sorted((folder / "out").glob("*.ndjson"))
    assert [file.name for file in files] == [file.name for file in state.files]
    return state, [line for file in files for line in file.read_bytes().splitlines()]


def test_the_same_version_on_two_pages_is_written_once(tmp_path: Path) -> None:
    state, lines = crawled(
        tmp_path, paged([version("a", "1"), version("b", "1")], [version("a", "1")], total=2)
    )
    assert (state.done, len(lines), state.files[0].count) == (True, 2, 2)


@pytest.mark.parametrize("numbers", [("9", "10"), ("10", "9")])
def test_the_newest_version_wins_whatever_comes_first(tmp_path: Path, numbers: tuple[str, str]) -> None:
    state, lines = crawled(
        tmp_path, paged([version("a", numbers[0])], [version("a", numbers[1]), version("b", "1")])
    )
    assert state.done
    assert len(lines) == 2
    assert sum(b'"10"' in line for line in lines) == 1


def test_versions_that_are_no_numbers_are_ordered_by_their_time(tmp_path: Path) -> None:
    old = {
        "resourceType": "Patient",
        "id": "a",
        "meta": {"versionId": "zz", "lastUpdated": "2026-01-01T00:00:00Z"},
    }
    new = {
        "resourceType": "Patient",
        "id": "a",
        "meta": {"versionId": "aa", "lastUpdated": "2026-02-01T00:00:00Z"},
    }
    _, (line,) = crawled(tmp_path, paged([new], [old]))
    assert b'"aa"' in line


def test_less_than_the_server_says_it_has_is_not_whole(tmp_path: Path) -> None:
    state, lines = crawled(tmp_path, paged([version("a", "1")], total=2))
    assert (state.done, state.problem, len(lines)) == (False, "the server says it has 2, and gave 1", 1)


def test_no_resource_is_whole_without_a_file(tmp_path: Path) -> None:
    state, lines = crawled(tmp_path, paged([], total=0))
    assert (state.done, state.files, lines) == (True, [], [])


def test_resources_of_another_type_are_left_out_and_told(tmp_path: Path) -> None:
    state, lines = crawled(tmp_path, paged([version("a", "1"), {"resourceType": "Group", "id": "g"}]))
    assert (state.problem, len(lines)) == ("the server answered with resources of another type", 1)


def test_numbers_keep_their_spelling_and_lines_their_ends(tmp_path: Path) -> None:
    resource = (
        '{"resourceType":"Patient","id":"a","x":5.10,\r\n "y":1E400,"name":[{"text":"a\u2028b\u0085c"}]}'
    )
    page = f'{{"resourceType":"Bundle","type":"searchset","entry":[\n{{"resource": {resource} }}]}}'

    def answer(request: Request) -> Response:
        if request.values("_summary"):
            return Response(400, [("Content-Type", FHIR_JSON)], b"{}")
        return Response(200, [("Content-Type", FHIR_JSON)], page.encode())

    state, _ = crawled(tmp_path, answer)
    assert state.done
    written = (tmp_path / "out" / "Patient.000.ndjson").read_bytes()
    assert written == resource.replace("\r\n ", "").encode() + b"\n"


def test_pages_before_an_error_are_kept(tmp_path: Path) -> None:
    good = paged([version("a", "1")], [], total=2)

    def answer(request: Request) -> Response:
        return json_response(400, {}) if request.values("page") else good(request)

    state, lines = crawled(tmp_path, answer)
    assert (state.done, len(lines)) == (False, 1)
    assert "400" in (state.problem or "")


def counting(*counts: Response, pages: list[Response]) -> Callable[[Request], Response]:
    """Counts in the order of asking, the last for ever; pages likewise from the first on."""
    left = list(counts)

    def answer(request: Request) -> Response:
        if request.values("_summary"):
            return left.pop(0) if len(left) > 1 else left[0]
        return pages[int((request.values("page") or ["0"])[0])]

    return answer


def total(number: int) -> Response:
    return json_response(200, {"resourceType": "Bundle", "type": "searchset", "total": number})


def page(*names: str, **more: Any) -> Response:
    entries = [{"resource": version(name, "1")} for name in names]
    return json_response(200, {"resourceType": "Bundle", "type": "searchset", "entry": entries, **more})


REFUSED = json_response(400, {"resourceType": "OperationOutcome"})
NOT_WHOLE: dict[str, Callable[[Request], Response]] = {
    "fewer came, and the second count fails": counting(total(3), REFUSED, pages=[page("a")]),
    "deleted while it was read, twice": counting(
        total(3), total(2), total(2), total(1), pages=[page("a", "b", "c")]
    ),
    "no count, but the page says how many": counting(REFUSED, pages=[page("a", total=3)]),
    "an entry without a resource": counting(
        total(1), pages=[page(entry=[{"resource": version("a", "1")}, {"response": {"status": "403"}}])]
    ),
    "links that are no list": counting(total(1), pages=[page("a", link={"relation": "next", "url": "x"})]),
    "withheld, said as a warning": counting(
        total(1),
        pages=[
            page(
                entry=[
                    {"resource": version("a", "1")},
                    {
                        "resource": {
                            "resourceType": "OperationOutcome",
                            "issue": [{"severity": "warning", "code": "forbidden"}],
                        },
                        "search": {"mode": "outcome"},
                    },
                ]
            )
        ],
    ),
}


@pytest.mark.parametrize("answer", NOT_WHOLE.values(), ids=NOT_WHOLE)
def test_a_type_of_which_something_may_be_lost_is_not_whole(
    tmp_path: Path, answer: Callable[[Request], Response]
) -> None:
    state, _ = crawled(tmp_path, answer)
    assert not state.done
    assert state.problem


def test_deletions_while_it_was_read_make_it_read_again(tmp_path: Path) -> None:
    answer = counting(total(3), total(2), total(2), total(2), pages=[page("a", "b")])
    state, lines = crawled(tmp_path, answer)
    assert state.done
    assert len(lines) == 2


def test_what_was_deleted_meanwhile_does_not_stay_in_the_folder(tmp_path: Path) -> None:
    first = [page("a")]

    def answer(request: Request) -> Response:
        if request.values("_summary"):
            return counts.pop(0) if len(counts) > 1 else counts[0]
        return first.pop() if first else page()

    counts = [total(1), total(0)]
    state, lines = crawled(tmp_path, answer)  # compares the folder's files with those of the state
    assert (state.done, lines) == (True, [])


def test_an_occupied_folder_is_refused_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "there").touch()
    with pytest.raises(SettingsError, match="not empty"):
        LandingFolder(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o755
