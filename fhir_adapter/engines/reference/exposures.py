"""Owns medication records becoming exposures, one per drug they name (docs/semantics.md §8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from fhir_adapter.engines.reference.clock import Clock
from fhir_adapter.engines.reference.dosages import raw_administration, raw_dosage
from fhir_adapter.engines.reference.elements import Node, codings, leaf, part, parts
from fhir_adapter.engines.reference.medications import Medications
from fhir_adapter.engines.reference.people import Subject
from fhir_adapter.engines.reference.periods import Course, CourseReader
from fhir_adapter.engines.reference.unmapped import UnmappedReport
from fhir_adapter.model.dosage import DosageReader
from fhir_adapter.model.exposures import Exposure
from fhir_adapter.model.inputs import Definitions
from fhir_adapter.model.medications import DrugReader, StopReader
from fhir_adapter.model.readings import DosageReading, StopReading
from fhir_adapter.model.references import evidence
from fhir_adapter.model.truth import Reason

UNMAPPED = "unmapped"
NAMELESS = "nameless"
INJECTION = "injection"
INTOLERANCE = "intolerance"
LEVEL = "level"
NO_EFFECT = "none"
SYSTEMIC = "systemic"
NANOGRAMS = 1_000_000
"""In a milligram."""

_NOT_USED = {
    "MedicationStatement": ("entered-in-error", "intended", "not-taken", "draft"),
    "MedicationRequest": ("draft", "cancelled", "entered-in-error"),
    "MedicationAdministration": ("not-done", "entered-in-error"),
}
_NO_ORDERS = ("proposal", "plan", "option")
_ENDED = ("stopped", "on-hold", "completed")


@dataclass(frozen=True)
class Use:
    """An exposure as the verbs see it; `drug` is UNMAPPED or NAMELESS where no drug of the catalogue is named."""

    drug: str
    course: Course
    dose: int | None  # nanograms a day
    dose_problem: str | None
    as_needed: bool
    route: str
    stop: StopReading
    source_type: str
    evidence: str

    @property
    def certain(self) -> tuple[date, date] | None:
        """First and last certain day."""
        return self.course.certain

    @property
    def possible(self) -> tuple[date, date]:
        """First and last possible day."""
        return self.course.possible_low or date.min, self.course.possible_high

    @property
    def is_nameless(self) -> bool:
        """Whether it may be any drug."""
        return self.drug == NAMELESS

    @property
    def is_placed(self) -> bool:
        """Whether it names a drug of the catalogue."""
        return self.drug not in (UNMAPPED, NAMELESS)

    def exposure(self, subject: str) -> Exposure:
        """The row that is handed out."""
        first, last = self.certain or (None, None)
        low, runs_to = self.course.possible_low, self.course.runs_to
        return Exposure(
            subject=subject,
            drug=self.drug,
            certain_low=first.isoformat() if first is not None else None,
            certain_high=last.isoformat() if last is not None else None,
            possible_low=low.isoformat() if low is not None else None,
            possible_high=self.course.possible_high.isoformat(),
            ends=self.course.ends,
            runs_to=runs_to.isoformat() if runs_to is not None else None,
            dose=self.dose / NANOGRAMS if self.dose is not None else None,
            dose_problem=self.dose_problem,
            as_needed=self.as_needed,
            route=self.route,
            stopped_for=self.stop.reason,
            stop_from_text=self.stop.from_text,
            source_type=self.source_type,
            evidence=self.evidence,
        )


class ExposureReader:
    """Reads Statements, Requests and Administrations."""

    def __init__(
        self, definitions: Definitions, medications: Medications, clock: Clock, report: UnmappedReport
    ) -> None:
        self._medications = medications
        self._report = report
        self._drugs = DrugReader(definitions)
        self._dosages = DosageReader(definitions)
        self._stops = StopReader(definitions)
        self._courses = CourseReader(clock)

    def read(self, record: Node, subject: Subject) -> list[Use]:
        """One use per drug; none where the record is no use at all, or has no effect on the whole body."""
        resource_type = leaf(record, "resourceType") or ""
        course = self._courses.read(record)
        if course is None or _is_not_used(record, resource_type):
            return []
        medication = self._medications.of_record(record)
        drug = self._drugs.read(medication)
        dosage = self._dosage(record, resource_type, course, drug.strength)
        route = dosage.route or drug.route or SYSTEMIC
        if route == NO_EFFECT:
            return []
        if not drug.mapped:
            self._report.drug(medication)
        names = drug.drugs or ((NAMELESS,) if drug.nameless else (UNMAPPED,))
        return [
            Use(
                drug=name,
                course=course,
                dose=dosage.dose,
                dose_problem=dosage.problem,
                as_needed=dosage.as_needed,
                route=route,
                stop=self._stop(record),
                source_type=resource_type,
                evidence=evidence(resource_type, str(leaf(record, "id")), leaf(record, "meta", "versionId")),
            )
            for name in names
        ]

    def _dosage(
        self, record: Node, resource_type: str, course: Course, strength: str | None
    ) -> DosageReading:
        if resource_type != "MedicationAdministration":
            name = "dosage" if resource_type == "MedicationStatement" else "dosageInstruction"
            return self._dosages.read([raw_dosage(one) for one in parts(record, name)], strength)
        reading = self._dosages.read_once(raw_administration(part(record, "dosage")), strength)
        if course.one_day:
            return reading
        # Nobody says how what was given is spread over the days.
        return DosageReading(None, Reason.DOSE_NOT_CODED.value, reading.as_needed, reading.route)

    def _stop(self, record: Node) -> StopReading:
        """§8, *Stop reason*: of several reasons intolerance before level, a code before a text."""
        if leaf(record, "status") not in _ENDED:
            return StopReading(None)
        reasons = parts(record, "statusReason") or [part(record, "statusReason")]
        readings = [self._stops.read(codings(reason), leaf(reason, "text")) for reason in reasons]
        for wanted in (INTOLERANCE, LEVEL):
            found = [reading for reading in readings if reading.reason == wanted]
            if found:
                return StopReading(wanted, all(reading.from_text for reading in found))
        return StopReading(None)


def _is_not_used(record: Node, resource_type: str) -> bool:
    if leaf(record, "status") in _NOT_USED[resource_type]:
        return True
    if resource_type != "MedicationRequest":
        return False
    return leaf(record, "doNotPerform") == "true" or leaf(record, "intent") in _NO_ORDERS


def touches(days: tuple[date, date] | None, first: date, last: date) -> bool:
    """Whether any of the days lies from first to last."""
    return days is not None and days[0] <= last and days[1] >= first


def references(uses: Sequence[Use]) -> tuple[str, ...]:
    """Their evidence, sorted, without repeats."""
    return tuple(sorted({use.evidence for use in uses}))
