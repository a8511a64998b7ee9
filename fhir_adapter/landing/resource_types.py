"""Owns the names of FHIR's resource types (STU3 to R5), and which of them a file's name tells.

https://hl7.org/fhir/R4/resourcelist.html
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

RESOURCE_TYPES = frozenset(
    """
    Account ActivityDefinition ActorDefinition AdministrableProductDefinition AdverseEvent
    AllergyIntolerance Appointment AppointmentResponse ArtifactAssessment AuditEvent Basic Binary
    BiologicallyDerivedProduct BiologicallyDerivedProductDispense BodySite BodyStructure Bundle
    CapabilityStatement CarePlan CareTeam CatalogEntry ChargeItem ChargeItemDefinition Citation Claim
    ClaimResponse ClinicalImpression ClinicalUseDefinition CodeSystem Communication CommunicationRequest
    CompartmentDefinition Composition ConceptMap Condition ConditionDefinition Consent Contract Coverage
    CoverageEligibilityRequest CoverageEligibilityResponse DataElement DetectedIssue Device
    DeviceAssociation DeviceComponent DeviceDefinition DeviceDispense DeviceMetric DeviceRequest
    DeviceUsage DeviceUseStatement DiagnosticReport DocumentManifest DocumentReference
    EffectEvidenceSynthesis EligibilityRequest EligibilityResponse Encounter EncounterHistory Endpoint
    EnrollmentRequest EnrollmentResponse EpisodeOfCare EventDefinition Evidence EvidenceReport
    EvidenceVariable ExampleScenario ExpansionProfile ExplanationOfBenefit FamilyMemberHistory Flag
    FormularyItem GenomicStudy Goal GraphDefinition Group GuidanceResponse HealthcareService
    ImagingManifest ImagingSelection ImagingStudy Immunization ImmunizationEvaluation
    ImmunizationRecommendation ImplementationGuide Ingredient InsurancePlan InventoryItem
    InventoryReport Invoice Library Linkage List Location ManufacturedItemDefinition Measure
    MeasureReport Media Medication MedicationAdministration MedicationDispense MedicationKnowledge
    MedicationRequest MedicationStatement MedicinalProduct MedicinalProductAuthorization
    MedicinalProductContraindication MedicinalProductDefinition MedicinalProductIndication
    MedicinalProductIngredient MedicinalProductInteraction MedicinalProductManufactured
    MedicinalProductPackaged MedicinalProductPharmaceutical MedicinalProductUndesirableEffect
    MessageDefinition MessageHeader MolecularSequence NamingSystem NutritionIntake NutritionOrder
    NutritionProduct Observation ObservationDefinition OperationDefinition OperationOutcome Organization
    OrganizationAffiliation PackagedProductDefinition Parameters Patient PaymentNotice
    PaymentReconciliation Permission Person PlanDefinition Practitioner PractitionerRole Procedure
    ProcedureRequest ProcessRequest ProcessResponse Provenance Questionnaire QuestionnaireResponse
    ReferralRequest RegulatedAuthorization RelatedPerson RequestGroup RequestOrchestration Requirements
    ResearchDefinition ResearchElementDefinition ResearchStudy ResearchSubject RiskAssessment
    RiskEvidenceSynthesis Schedule SearchParameter Sequence ServiceDefinition ServiceRequest Slot
    Specimen SpecimenDefinition StructureDefinition StructureMap Subscription SubscriptionStatus
    SubscriptionTopic Substance SubstanceDefinition SubstanceNucleicAcid SubstancePolymer
    SubstanceProtein SubstanceReferenceInformation SubstanceSourceMaterial SubstanceSpecification
    SupplyDelivery SupplyRequest Task TerminologyCapabilities TestPlan TestReport TestScript Transport
    ValueSet VerificationResult VisionPrescription
    """.split()
)

# They carry or comment on resources and are no data of their own.
WRAPPERS = frozenset({"Bundle", "Parameters", "OperationOutcome"})

_TOKEN = re.compile(r"[A-Za-z]+")


def type_in_name(name: str) -> str | None:
    """The one type a file is named for: Observation.000.ndjson, 1.Observation.ndjson, Observation/0.ndjson.

    Only exact spelling counts: `list.ndjson` is a list of something, not of List resources.
    """
    path = PurePosixPath(name)
    told = {token for token in _TOKEN.findall(path.name) if token in RESOURCE_TYPES}
    if not told:
        told = {path.parent.name} & RESOURCE_TYPES
    return None if len(told) != 1 or told & WRAPPERS else told.pop()
