"""Owns bulk volume: many patients of realistic size, written as fast as strings can be filled in.

For benchmarks only: the content is ordinary and no truth is kept (population() is for that). One patient is
54 resources of about 1.2 kB: 1 Patient, 5 Conditions, 42 Observations, most of them of what the trial reads,
6 medication records. Types without resources get an empty file, for no file means not pulled.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from fhir_adapter.testing.hospital.bulk_content import (
    BESIDES,
    OTHER,
    PRESSURE,
    RA,
    REQUESTS,
    SCREENS,
    STATEMENTS,
    TRIAL,
    BulkDrug,
    BulkTest,
    Diagnosis,
)
from fhir_adapter.testing.hospital.names import FAMILY, GIVEN_FEMALE, GIVEN_MALE
from fhir_adapter.testing.hospital.systems import AS_OF, ICD_CN, LAB, LOINC, MRN, SNOMED, UCUM
from fhir_adapter.testing.hospital.writers import TYPES

_HL7 = "http://terminology.hl7.org/CodeSystem"
_VISITS = (98, 190, 300)  # days before the index, after the newest one
_CONFIRMED = (
    f'"clinicalStatus":{{"coding":[{{"system":"{_HL7}/condition-clinical","code":"active","display":"Active"}}]}},'
    f'"verificationStatus":{{"coding":[{{"system":"{_HL7}/condition-ver-status","code":"confirmed"}}],"text":"确诊"}},'
    f'"category":[{{"coding":[{{"system":"{_HL7}/condition-category","code":"encounter-diagnosis"}}],"text":"门诊诊断"}}],'
)
_NEGATIVE = f'"valueCodeableConcept":{{"coding":[{{"system":"{SNOMED}","code":"260385009"}}],"text":"阴性"}}'
_ORAL = (
    f'"route":{{"coding":[{{"system":"{SNOMED}","code":"26643006","display":"Oral route"}}],"text":"口服"}}'
)
_LABORATORY = '"performer":[{"identifier":{"system":"http://hospital.example/department","value":"0713"},"display":"检验科"}],'


class _Person(NamedTuple):
    id: str
    name: str
    female: bool


def write_bulk(
    folder: Path, patients: int, seed: int = 1, *, as_of: str = AS_OF, files_per_type: int = 1
) -> None:
    """Write `patients` as a Bulk Data folder; the bytes depend on the arguments alone."""
    folder.mkdir(parents=True, exist_ok=True)
    today = date.fromisoformat(as_of)
    rng = random.Random(f"bulk:{seed}")
    for share in range(files_per_type):
        first, last = (patients * k // files_per_type for k in (share, share + 1))
        with ExitStack() as stack:
            paths = (folder / f"{kind}.{share:03d}.ndjson" for kind in TYPES)
            opened = [stack.enter_context(p.open("w", encoding="utf-8", newline="\n")) for p in paths]
            files = dict(zip(TYPES, opened, strict=True))
            for number in range(first, last):
                female = number % 4 > 0
                name = rng.choice(FAMILY) + rng.choice(GIVEN_FEMALE if female else GIVEN_MALE)
                person = _Person(_uuid(rng), name, female)
                files["Patient"].write(_patient(rng, person, number, today))
                files["Condition"].writelines(_conditions(rng, person, today))
                files["Observation"].writelines(_observations(rng, person, today))
                files["MedicationStatement"].writelines(_statements(rng, person, today))
                files["MedicationRequest"].writelines(_requests(rng, person, today))


def _uuid(rng: random.Random) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _head(kind: str, identifier: str, day: date | str, number: str) -> str:
    return (
        f'{{"resourceType":"{kind}","id":"{identifier}","meta":{{"versionId":"1",'
        f'"lastUpdated":"{day}T18:20:11.000+08:00","source":"urn:hospital:his"}},'
        f'"identifier":[{{"use":"official",{number}}}],'
    )


def _owner(rng: random.Random, person: _Person) -> str:
    visit = f'{{"system":"http://hospital.example/visit-no","value":"V{rng.randrange(10**9):09d}"}}'
    return (
        f'"subject":{{"reference":"Patient/{person.id}","display":"{person.name}"}},'
        f'"encounter":{{"identifier":{visit}}},'
    )


def _patient(rng: random.Random, person: _Person, number: int, today: date) -> str:
    born = today - timedelta(days=rng.randint(16 * 365, 84 * 365))
    name = person.name
    return (
        _head("Patient", person.id, today, f'"system":"{MRN}","value":"B{number:08d}"')
        + f'"active":true,"name":[{{"use":"official","text":"{name}","family":"{name[0]}",'
        f'"given":["{name[1:]}"]}}],'
        f'"telecom":[{{"system":"phone","value":"1{rng.randint(3000000000, 9999999999)}","use":"mobile"}}],'
        f'"gender":"{"female" if person.female else "male"}","birthDate":"{born}","deceasedBoolean":false,'
        f'"address":[{{"use":"home","text":"山东省济南市历下区文化西路{rng.randint(1, 200)}号",'
        f'"city":"济南市","state":"山东省","country":"CN"}}],"maritalStatus":{{"coding":[{{"system":"{_HL7}/v3-MaritalStatus",'
        f'"code":"M"}}],"text":"已婚"}},"managingOrganization":{{"display":"示例医院"}}}}\n'
    )


def _conditions(rng: random.Random, person: _Person, today: date) -> Iterator[str]:
    for diagnosis in (RA[rng.randrange(len(RA))], *rng.sample(BESIDES, 4)):
        recorded = today - timedelta(days=rng.randint(5, 1500))
        number = f'"system":"http://hospital.example/diagnosis-no","value":"D{rng.randrange(10**10):010d}"'
        yield (
            _head("Condition", _uuid(rng), recorded, number)
            + _CONFIRMED
            + f'"code":{{"coding":[{_diagnosis(rng, diagnosis)}],"text":"{diagnosis.text}"}},'
            + _owner(rng, person)
            + f'"onsetDateTime":"{recorded - timedelta(days=30)}","recordedDate":"{recorded}T09:30:00+08:00",'
            f'"recorder":{{"display":"风湿免疫科 王医生"}},"note":[{{"text":"规律随诊，病情详见病历。"}}]}}\n'
        )


def _diagnosis(rng: random.Random, diagnosis: Diagnosis) -> str:
    coding = f'{{"system":"{ICD_CN}","code":"{diagnosis.icd}","display":"{diagnosis.text}"}}'
    if diagnosis.snomed and rng.random() < 0.5:
        coding += f',{{"system":"{SNOMED}","code":"{diagnosis.snomed}"}}'
    return coding


def _observations(rng: random.Random, person: _Person, today: date) -> Iterator[str]:
    """Four visits: platelets, other tests, blood pressure at each; what the trial reads at two of them."""
    for visit, days in enumerate((rng.randint(1, 40), *_VISITS)):
        when = f"{today - timedelta(days=days)}T{rng.randint(7, 11):02d}:{rng.randint(0, 59):02d}:00+08:00"
        for test in TRIAL if visit in (0, 2) else TRIAL[:1]:
            yield _observation(rng, person, test, when, _value(rng, test))
        for test in OTHER:
            yield _observation(rng, person, test, when, _value(rng, test))
        yield _observation(rng, person, PRESSURE, when, _pressures(rng))
    when = f"{today - timedelta(days=rng.randint(1, 360))}T08:10:00+08:00"
    for test in SCREENS:
        yield _observation(rng, person, test, when, _NEGATIVE)


def _observation(rng: random.Random, person: _Person, test: BulkTest, when: str, value: str) -> str:
    number = f'"system":"http://hospital.example/report-no","value":"R{rng.randrange(10**12):012d}"'
    return (
        _head("Observation", _uuid(rng), when[:10], number)
        + f'"status":"final","category":[{{"coding":[{{"system":"{_HL7}/observation-category",'
        f'"code":"{test.category}"}}]}}],"code":{{"coding":[{_codings(rng, test)}],"text":"{test.text}"}},'
        + _owner(rng, person)
        + f'"effectiveDateTime":"{when}","issued":"{when[:10]}T15:05:00.000+08:00",{_LABORATORY}{value}}}\n'
    )


def _codings(rng: random.Random, test: BulkTest) -> str:
    """The hospital's code alone, a LOINC code alone, or both."""
    pick = rng.random()
    local = f'{{"system":"{LAB}","code":"{test.local}","display":"{test.text}"}}'
    if pick < 0.3 or not test.loinc:
        return local
    loinc = f'{{"system":"{LOINC}","code":"{test.loinc}","display":"{test.text}"}}'
    return loinc if pick > 0.8 else f"{loinc},{local}"


def _value(rng: random.Random, test: BulkTest) -> str:
    code, unit, per, digits = test.forms[rng.randrange(len(test.forms))]
    coded = f',"system":"{UCUM}","code":"{code}"' if code else ""
    number = rng.uniform(*test.span) * per
    value = f'"valueQuantity":{{"value":{number:.{digits}f},"unit":"{unit}"{coded}}}'
    if test.reference is None:
        return value
    code, unit, _, _ = test.forms[0]
    low, high = test.reference
    quantity = f'"unit":"{unit}","system":"{UCUM}","code":"{code}"'
    flag = "H" if number > high * per else "N"
    return (
        f'{value},"interpretation":[{{"coding":[{{"system":"{_HL7}/v3-ObservationInterpretation","code":"{flag}"}}]}}],'
        f'"referenceRange":[{{"low":{{"value":{low},{quantity}}},"high":{{"value":{high},{quantity}}}}}]'
    )


def _pressures(rng: random.Random) -> str:
    parts = (("8480-6", "收缩压", rng.randint(98, 168)), ("8462-4", "舒张压", rng.randint(58, 102)))
    components = ",".join(
        f'{{"code":{{"coding":[{{"system":"{LOINC}","code":"{code}","display":"{text}"}}],"text":"{text}"}},'
        f'"valueQuantity":{{"value":{value},"unit":"mmHg","system":"{UCUM}","code":"mm[Hg]"}}}}'
        for code, text, value in parts
    )
    return f'"component":[{components}]'


def _statements(rng: random.Random, person: _Person, today: date) -> Iterator[str]:
    """Three drugs that go on since months or years."""
    for drug in rng.sample(STATEMENTS, 3):
        start = today - timedelta(days=rng.randint(20, 900))
        number = f'"system":"http://hospital.example/medication-no","value":"M{rng.randrange(10**10):010d}"'
        subject = f'"subject":{{"reference":"Patient/{person.id}","display":"{person.name}"}},'
        yield (
            _head("MedicationStatement", _uuid(rng), start, number)
            + f'"status":"active",{_medication(drug)},{subject}"effectivePeriod":{{"start":"{start}"}},'
            f'"dateAsserted":"{start}T10:12:00+08:00","dosage":[{_dosage(drug)}]}}\n'
        )


def _requests(rng: random.Random, person: _Person, today: date) -> Iterator[str]:
    """Three prescriptions of four weeks."""
    for drug in rng.sample(REQUESTS, 3):
        authored = today - timedelta(days=rng.randint(1, 80))
        number = f'"system":"http://hospital.example/prescription-no","value":"C{rng.randrange(10**10):010d}"'
        supply = f'{{"value":28,"unit":"天","system":"{UCUM}","code":"d"}}'
        yield (
            _head("MedicationRequest", _uuid(rng), authored, number)
            + f'"status":"active","intent":"order",{_medication(drug)},'
            + _owner(rng, person)
            + f'"authoredOn":"{authored}T10:12:00+08:00","requester":{{"display":"风湿免疫科 王医生"}},'
            f'"dosageInstruction":[{_dosage(drug)}],"dispenseRequest":{{"numberOfRepeatsAllowed":1,"expectedSupplyDuration":{supply}}}}}\n'
        )


def _medication(drug: BulkDrug) -> str:
    coding = f'{{"system":"{drug.system}","code":"{drug.code}","display":"{drug.text}"}}'
    return f'"medicationCodeableConcept":{{"coding":[{coding}],"text":"{drug.text}"}}'


def _dosage(drug: BulkDrug) -> str:
    repeat = f'{{"frequency":{drug.times},"period":1,"periodUnit":"d"}}'
    dose = f'{{"value":{drug.mg:g},"unit":"mg","system":"{UCUM}","code":"mg"}}'
    return (
        f'{{"text":"口服 每次{drug.mg:g}mg 每日{drug.times}次","timing":{{"repeat":{repeat}}},{_ORAL},'
        f'"doseAndRate":[{{"doseQuantity":{dose}}}]}}'
    )
