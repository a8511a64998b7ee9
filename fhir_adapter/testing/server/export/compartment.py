"""Owns which resources belong to a patient: R4's Patient compartment, and the types that stand outside of it.

It is read from the resources themselves, so that every type of the compartment is known, searchable here or not.
https://hl7.org/fhir/R4/compartmentdefinition-patient.html; elements that R5 has renamed stand beside R4's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

COMPARTMENT: dict[str, tuple[str, ...]] = {
    "Account": ("subject",),
    "AdverseEvent": ("subject",),
    "AllergyIntolerance": ("patient", "recorder", "asserter"),
    "Appointment": ("participant.actor",),
    "AppointmentResponse": ("actor",),
    "AuditEvent": ("agent.who", "entity.what"),
    "Basic": ("subject", "author"),
    "BodyStructure": ("patient",),
    "CarePlan": ("subject", "activity.detail.performer"),
    "CareTeam": ("subject", "participant.member"),
    "ChargeItem": ("subject",),
    "Claim": ("patient", "payee.party"),
    "ClaimResponse": ("patient",),
    "ClinicalImpression": ("subject",),
    "Communication": ("subject", "sender", "recipient"),
    "CommunicationRequest": ("subject", "sender", "recipient", "requester"),
    "Composition": ("subject", "author", "attester.party"),
    "Condition": ("subject", "asserter"),
    "Consent": ("patient",),
    "Coverage": ("policyHolder", "subscriber", "beneficiary", "payor"),
    "CoverageEligibilityRequest": ("patient",),
    "CoverageEligibilityResponse": ("patient",),
    "DetectedIssue": ("patient",),
    "DeviceRequest": ("subject", "performer"),
    "DeviceUseStatement": ("subject",),
    "DiagnosticReport": ("subject",),
    "DocumentManifest": ("subject", "author", "recipient"),
    "DocumentReference": ("subject", "author"),
    "Encounter": ("subject",),
    "EnrollmentRequest": ("candidate",),
    "EpisodeOfCare": ("patient",),
    "ExplanationOfBenefit": ("patient", "payee.party"),
    "FamilyMemberHistory": ("patient",),
    "Flag": ("subject",),
    "Goal": ("subject",),
    "Group": ("member.entity",),
    "ImagingStudy": ("subject",),
    "Immunization": ("patient",),
    "ImmunizationEvaluation": ("patient",),
    "ImmunizationRecommendation": ("patient",),
    "Invoice": ("subject", "recipient"),
    "List": ("subject", "source"),
    "MeasureReport": ("subject",),
    "Media": ("subject",),
    "MedicationAdministration": ("subject", "performer.actor"),
    "MedicationDispense": ("subject", "receiver"),
    "MedicationRequest": ("subject",),
    "MedicationStatement": ("subject",),
    "MolecularSequence": ("patient",),
    "NutritionOrder": ("patient",),
    "Observation": ("subject", "performer"),
    "Patient": ("link.other",),
    "Person": ("link.target",),
    "Procedure": ("subject", "performer.actor"),
    "Provenance": ("target",),
    "QuestionnaireResponse": ("subject", "author"),
    "RelatedPerson": ("patient",),
    "RequestGroup": ("subject", "action.participant"),
    "ResearchSubject": ("individual", "subject"),
    "RiskAssessment": ("subject",),
    "Schedule": ("actor",),
    "ServiceRequest": ("subject", "performer"),
    "Specimen": ("subject",),
    "SupplyDelivery": ("patient",),
    "SupplyRequest": ("deliverTo",),
    "VisionPrescription": ("patient",),
}
OUTSIDE = frozenset(
    """
    ActivityDefinition Binary BiologicallyDerivedProduct Bundle CapabilityStatement CatalogEntry ChargeItemDefinition
    CodeSystem CompartmentDefinition ConceptMap Contract Device DeviceDefinition DeviceMetric EffectEvidenceSynthesis
    Endpoint EnrollmentResponse EventDefinition Evidence EvidenceVariable ExampleScenario GraphDefinition
    GuidanceResponse HealthcareService ImplementationGuide InsurancePlan Library Linkage Location Measure Medication
    MedicationKnowledge MedicinalProduct MedicinalProductAuthorization MedicinalProductContraindication
    MedicinalProductIndication MedicinalProductIngredient MedicinalProductInteraction MedicinalProductManufactured
    MedicinalProductPackaged MedicinalProductPharmaceutical MedicinalProductUndesirableEffect MessageDefinition
    MessageHeader NamingSystem ObservationDefinition OperationDefinition OperationOutcome Organization
    OrganizationAffiliation Parameters PaymentNotice PaymentReconciliation PlanDefinition Practitioner PractitionerRole
    Questionnaire ResearchDefinition ResearchElementDefinition ResearchStudy RiskEvidenceSynthesis SearchParameter Slot
    SpecimenDefinition StructureDefinition StructureMap Subscription Substance SubstanceNucleicAcid SubstancePolymer
    SubstanceProtein SubstanceReferenceInformation SubstanceSourceMaterial SubstanceSpecification Task
    TerminologyCapabilities TestReport TestScript ValueSet VerificationResult
    """.split()
)
RESOURCE_TYPES = OUTSIDE | COMPARTMENT.keys()

_REFERENCE = re.compile(r'"reference"\s*:\s*"([^"\\]+)"')


def owners(resource: dict[str, Any], base: str) -> Iterator[str]:
    """What puts a resource into a compartment: the elements of its type that may refer to a patient, as `Type/id`."""
    for path in COMPARTMENT[resource["resourceType"]]:
        for element in _elements(resource, path.split(".")):
            if isinstance(element, dict) and isinstance(element.get("reference"), str):
                yield local(element["reference"], base)


def outside(body: str, base: str) -> Iterator[str]:
    """Everything outside of the compartment that a resource's JSON text refers to on this server, as `Type/id`."""
    for reference in _REFERENCE.findall(body):
        found = local(reference, base)
        if found.partition("/")[0] in OUTSIDE:
            yield found


def local(reference: str, base: str) -> str:
    """`Type/id` of a reference to this server, without a version; '' for any other."""
    parts = reference.removeprefix(f"{base}/").split("/")
    return f"{parts[0]}/{parts[1]}" if len(parts) in (2, 4) and parts[0] in RESOURCE_TYPES else ""


def _elements(value: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _elements(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        yield from _elements(value.get(path[0]), path[1:])
