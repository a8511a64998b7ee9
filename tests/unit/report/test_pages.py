"""The pages: nothing of a record is markup, the picture is right, the file needs nothing beside itself."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from fhir_adapter.errors import UsageError
from fhir_adapter.model.exposures import Ends, Exposure
from fhir_adapter.model.identities import Identity
from fhir_adapter.model.truth import Truth
from fhir_adapter.model.verdicts import Eligibility, Score, SubjectResult, Verdict
from fhir_adapter.report.files import replacing
from fhir_adapter.report.markup import element, text
from fhir_adapter.report.patient_page import Person, patient_page
from fhir_adapter.report.picture import picture
from fhir_adapter.report.records import Dossier, Listed
from fhir_adapter.report.words import Words

TODAY = date(2026, 6, 30)
EVIL = "<script>alert('x')</script>\"&\u202e\x00"


def score(effective: str, value: float | None, variant: str = "das28-esr4", **more: Any) -> Score:
    inputs = (("tender", 4.0), ("swollen", 2.0), ("esr", 30.0), ("global", 50.0))
    return Score(
        "Patient/1", variant, value, more.get("low", value), more.get("high", value), effective, inputs, ()
    )


def exposure(drug: str, low: str | None, high: str | None, **more: Any) -> Exposure:
    given: dict[str, Any] = {
        "subject": "Patient/1",
        "drug": drug,
        "certain_low": low,
        "certain_high": high,
        "possible_low": low,
        "possible_high": high or "2026-06-30",
        "ends": Ends.RECORDED,
        "runs_to": None,
        "dose": None,
        "dose_problem": None,
        "as_needed": False,
        "route": "systemic",
        "stopped_for": None,
        "stop_from_text": False,
        "source_type": "MedicationRequest",
        "evidence": f"MedicationRequest/{drug}",
    }
    return Exposure(**{**given, **more})


def drawn(scores: list[Score], exposures: list[Exposure]) -> ElementTree.Element:
    return ElementTree.fromstring(picture(TODAY, scores, exposures, Words()))  # noqa: S314  # our own


def classes(svg: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [node for node in svg.iter() if name in node.get("class", "").split()]


def test_text_is_never_markup() -> None:
    assert text(EVIL) == "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&quot;&amp;\ufffd\ufffd"
    assert (
        element("a", "b", class_="c", href='"onclick="x') == '<a class="c" href="&quot;onclick=&quot;x">b</a>'
    )


def test_page_of_a_patient_who_is_called_a_script() -> None:
    verdict = Verdict(
        "Patient/<b>", "E2", Truth.FALSE, None, True, 1.0, EVIL, (EVIL,), None, (EVIL,), (EVIL,)
    )
    result = SubjectResult(f"Patient/{EVIL}", Eligibility.UNDETERMINED, (), (), ("E2",), False, (EVIL,))
    evil_score = replace(score("2026-06-01", 4.0), variant=f"{EVIL}-esr4")
    dossier = Dossier(
        Listed(result, evil_score, None),
        (verdict,),
        (evil_score,),
        (exposure(EVIL, "2026-01-01", "2026-02-01"),),
    )
    page = patient_page(Person(1, dossier, Identity(EVIL, EVIL)), Words(), TODAY)
    assert "<script" not in page
    assert "&lt;script&gt;alert" in page
    ElementTree.fromstring(page)  # noqa: S314  # well-formed: nothing broke out of its attribute


def test_nothing_to_draw_is_no_picture() -> None:
    assert picture(TODAY, [], [], Words()) == ""


def test_of_one_day_the_best_variant_is_drawn() -> None:
    svg = drawn([score("2026-06-01", 5.0, "das28-crp3"), score("2026-06-01", 4.0)], [])
    assert len(classes(svg, "full")) == 1
    assert classes(svg, "three") == []
    assert [node.text for node in classes(svg, "value")] == ["4.00"]


def test_higher_scores_stand_higher_and_later_ones_further_right() -> None:
    svg = drawn([score("2026-01-01", 2.0), score("2026-06-01", 6.0)], [])
    (first, second) = classes(svg, "full")
    assert float(first.get("cx", "")) < float(second.get("cx", ""))
    assert float(first.get("cy", "")) > float(second.get("cy", ""))


def test_scores_of_two_variants_are_joined_by_a_dashed_line() -> None:
    same = drawn([score("2026-01-01", 2.0), score("2026-06-01", 6.0)], [])
    other = drawn([score("2026-01-01", 2.0), score("2026-06-01", 6.0, "das28-crp4")], [])
    assert (len(classes(same, "mixed")), len(classes(other, "mixed"))) == (0, 1)


def test_score_with_bounds_only_is_a_range_and_joins_nothing() -> None:
    svg = drawn([score("2026-01-01", 2.0), score("2026-06-01", None, low=3.0, high=None)], [])
    assert len(classes(svg, "bounds")) == 1
    assert classes(svg, "joined") == []


def test_bars_are_as_long_as_the_medication() -> None:
    svg = drawn([], [exposure("a", "2026-01-01", "2026-01-31"), exposure("b", "2026-01-01", "2026-03-02")])
    bars = {
        bar.find("title").text.split(", ")[-1]: float(bar.get("width", "")) for bar in classes(svg, "taken")
    }  # type: ignore[union-attr]
    assert bars["MedicationRequest/b"] / bars["MedicationRequest/a"] == pytest.approx(61 / 31, rel=0.02)


def test_what_is_only_possible_is_light_and_what_goes_on_has_an_arrow() -> None:
    svg = drawn([], [exposure("a", None, None, possible_low=None)])
    assert (len(classes(svg, "possible")), classes(svg, "taken"), classes(svg, "arrow")) == (1, [], [])
    svg = drawn([], [exposure("a", "2026-05-01", "2026-06-30", ends=Ends.OPEN)])
    assert len(classes(svg, "arrow")) == 1


def test_everything_stays_inside_the_picture() -> None:
    exposures = [exposure(f"drug-{n}", f"20{10 + n}-01-01", "2026-06-30", dose=7.5) for n in range(14)]
    svg = drawn([score("2012-01-01", 3.0), score("2026-06-30", 9.4), score("2026-06-29", 0.0)], exposures)
    _, _, width, height = map(float, svg.get("viewBox", "").split())
    for node in svg.iter():
        if node.tag in ("rect", "text", "circle"):
            assert 0 <= float(node.get("x") or node.get("cx") or 0) <= width
            assert 0 <= float(node.get("y") or node.get("cy") or 0) <= height
    assert any("more drugs" in (node.text or "") for node in svg.iter())


def test_drugs_of_no_line_stand_last() -> None:
    svg = drawn(
        [], [exposure("other", "2026-06-01", "2026-06-30"), exposure("b", "2026-01-01", "2026-02-01")]
    )
    assert ["".join(node.itertext())[-11:] for node in classes(svg, "drug")] == ["bb", "Other drugs"]


def test_style_loads_nothing() -> None:
    style = Path("fhir_adapter/report/style.css")
    content = (Path(__file__).resolve().parents[3] / style).read_text(encoding="utf-8")
    assert re.search(r"url\(|@import|http", content) is None


def test_file_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "list.html"
    with pytest.raises(TypeError), replacing(path) as temporary:
        temporary.write_bytes("half")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
    with replacing(path) as temporary:
        temporary.write_text("whole")
    assert path.stat().st_mode & 0o777 == 0o600
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError), replacing(tmp_path / "file" / "list.html"):
        pass
