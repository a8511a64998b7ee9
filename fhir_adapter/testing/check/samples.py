"""Owns the first look at each type: whether there is data, and a page of it for later probes to take values from."""

from __future__ import annotations

from functools import partial

from fhir_adapter.testing.check.pages import Page
from fhir_adapter.testing.check.report import Finding, Level
from fhir_adapter.testing.check.running import PAGE, Run, Stock
from fhir_adapter.testing.check.shapes import text
from fhir_adapter.testing.check.values import parameters

_found = partial(Finding, "data")
_PATIENTS_TRIED = 2


def probe_data(run: Run) -> None:
    """A page of each type; Patient goes first, because its ids open what cannot be listed openly."""
    for kind in sorted(run.types, key=lambda kind: kind != "Patient"):
        page = run.search(kind, [("_count", str(PAGE))])
        anchor: tuple[tuple[str, str], ...] = ()
        if page.answer.status in (400, 422) and kind != "Patient":
            page, anchor = _by_patient(run, kind, page)
        run.stocks[kind] = _stock(run, kind, page, anchor)
        run.report.add(_seen(run, kind, page))


def _by_patient(run: Run, kind: str, refused: Page) -> tuple[Page, tuple[tuple[str, str], ...]]:
    """Where a server gives nothing without a patient: ask for those of the first patients."""
    opener = next((one.name for one in parameters(kind, run.release) if one.kind == "reference"), None)
    patients = [text(sample.get("id")) for sample in run.stock("Patient").samples][:_PATIENTS_TRIED]
    empty: tuple[Page, tuple[tuple[str, str], ...]] | None = None
    for patient in filter(None, patients if opener else []):
        anchor = ((str(opener), f"Patient/{patient}"),)
        page = run.search(kind, [*anchor, ("_count", str(PAGE))])
        if page.matches:
            return page, anchor
        if not page.refusal:
            empty = page, anchor
    return empty or (refused, ())


def _stock(run: Run, kind: str, page: Page, anchor: tuple[tuple[str, str], ...]) -> Stock:
    samples = [found for found in page.matches if found.get("resourceType") == kind and text(found.get("id"))]
    total = page.total
    more = page.link("next") is not None
    if total is None and samples and more:
        total = run.search(kind, [*anchor, ("_summary", "count")]).total
    # A page without a next link is all there is, whatever the total says of it.
    total = len(samples) if total is None and samples and not more else total
    return Stock(samples, total, more, anchor, served=not page.refusal)


def _seen(run: Run, kind: str, page: Page) -> Finding:
    claimed = run.claims.interaction(kind, "search-type")
    basis = "a search without conditions"
    stock = run.stock(kind)
    if page.refusal:
        level = Level.TROUBLE if claimed == "yes" else Level.DIFFERS
        advice = "Nothing of this type can be read by a search: no verdict may rest on its absence."
        return _found(kind, page.refusal, level, kind, claimed, basis, advice)
    if stock.anchor:
        advice = "Ask patient by patient: this server lists nothing openly."
        return _found(kind, "only for one patient at a time", Level.DIFFERS, kind, claimed, basis, advice)
    if page.matches and not stock.samples:
        advice = "What is returned is of another type or without an id: such resources cannot be kept."
        return _found(kind, "other types or no ids", Level.TROUBLE, kind, claimed, basis, advice)
    if not stock.samples:
        observed = "none" if not stock.total else f"none seen of {stock.total:,}"
        level = Level.TROUBLE if stock.total else Level.OK
        advice = (
            "The total says there is something, and nothing is given: ask the site what the account may see."
        )
        return _found(kind, observed, level, kind, claimed, basis, advice if stock.total else "")
    counted = f"{stock.total:,}" if stock.total is not None else f"{len(stock.samples)} and more, no total"
    return _found(kind, counted, Level.OK, kind, claimed, basis)
