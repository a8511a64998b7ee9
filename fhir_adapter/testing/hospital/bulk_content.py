"""Owns what fills the bulk: tests with their units and ranges, diagnoses, as ordinary as a hospital's."""

from __future__ import annotations

from typing import NamedTuple

from fhir_adapter.testing.hospital.systems import ATC, PHARMACY, RXNORM

Form = tuple[str, str, float, int]  # UCUM code or "", unit text, number per canonical, digits


class BulkTest(NamedTuple):
    """One laboratory or clinical test with a plausible span; the first form is the canonical one."""

    local: str
    loinc: str
    text: str
    category: str
    span: tuple[float, float]
    reference: tuple[float, float] | None
    forms: tuple[Form, ...]


class Diagnosis(NamedTuple):
    """A diagnosis in the Chinese extension of ICD-10, and in SNOMED CT where that is sent too."""

    icd: str
    text: str
    snomed: str = ""


_COUNT: tuple[Form, ...] = (
    ("10*9/L", "×10^9/L", 1, 1),
    ("", "10^9/L", 1, 2),
    ("10*3/uL", "10^3/uL", 1, 1),
    ("/uL", "/uL", 1000, 0),
)
_ENZYME: tuple[Form, ...] = (("U/L", "U/L", 1, 0), ("", "IU/L", 1, 0), ("U/L", "U/L", 1, 1))
_JOINTS: tuple[Form, ...] = (("{#}", "{#}", 1, 0),)


def _lab(
    local: str, loinc: str, text: str, span: tuple[float, float], limits: tuple[float, float], *forms: Form
) -> BulkTest:
    return BulkTest(local, loinc, text, "laboratory", span, limits, forms)


def _seen(
    local: str, loinc: str, text: str, category: str, span: tuple[float, float], *forms: Form
) -> BulkTest:
    return BulkTest(local, loinc, text, category, span, None, forms)


TRIAL = (
    _lab("PLT", "777-3", "血小板计数", (60, 380), (125, 350), *_COUNT),
    _lab("WBC", "6690-2", "白细胞计数", (2.4, 12), (3.5, 9.5), *_COUNT),
    _lab("ALT", "1742-6", "丙氨酸氨基转移酶(谷丙转氨酶)", (8, 95), (9, 50), *_ENZYME),
    _lab("AST", "1920-8", "天门冬氨酸氨基转移酶(谷草转氨酶)", (10, 88), (15, 40), *_ENZYME),
    _lab("CREA", "14682-9", "肌酐", (38, 190), (57, 97), ("umol/L", "μmol/L", 1, 0), ("", "umol/L", 1, 1)),
    _lab(
        "ESR", "4537-7", "红细胞沉降率(血沉)", (2, 95), (0, 20), ("mm/h", "mm/h", 1, 0), ("", "mm/hr", 1, 0)
    ),
    _lab("CRP", "1988-5", "C反应蛋白", (0.5, 80), (0, 8), ("mg/L", "mg/L", 1, 2), ("mg/dL", "mg/dL", 0.1, 3)),
    _seen("TJC28", "56813-8", "压痛关节数(28)", "exam", (0, 18), *_JOINTS),
    _seen("SJC28", "56812-0", "肿胀关节数(28)", "exam", (0, 14), *_JOINTS),
    _seen("PGA", "75894-6", "患者总体评估(VAS)", "survey", (5, 90), ("mm", "mm", 1, 0), ("cm", "cm", 0.1, 1)),
    _seen("DAS28", "", "DAS28评分", "survey", (1.5, 7.2), ("{score}", "{score}", 1, 2)),
)
"""What the trial reads."""

OTHER = (
    _lab("HGB", "718-7", "血红蛋白", (85, 160), (115, 150), ("g/L", "g/L", 1, 0)),
    _lab("LDL", "22748-8", "低密度脂蛋白胆固醇", (1.5, 5), (0, 3.4), ("mmol/L", "mmol/L", 1, 2)),
    _seen("WT", "29463-7", "体重", "vital-signs", (42, 95), ("kg", "kg", 1, 1)),
)
"""What it does not."""

SCREENS = (
    _seen("HBSAG", "5196-1", "乙肝表面抗原", "laboratory", (0, 0)),
    _seen("IGRA", "71773-6", "结核感染T细胞检测(γ干扰素释放试验)", "laboratory", (0, 0)),
)
"""Once each, with a coded answer."""

PRESSURE = _seen("BP", "85354-9", "血压", "vital-signs", (0, 0))

RA = (
    Diagnosis("M06.900", "类风湿关节炎", "69896004"),
    Diagnosis("M05.900", "血清阳性类风湿关节炎", "239791005"),
    Diagnosis("M06.800x071", "类风湿关节炎多部位", "69896004"),
)
BESIDES = (
    Diagnosis("I10.x00", "原发性高血压", "59621000"),
    Diagnosis("E11.900", "2型糖尿病", "44054006"),
    Diagnosis("K21.900", "胃食管反流病"),
    Diagnosis("M81.900", "骨质疏松"),
    Diagnosis("M17.900", "膝骨关节炎"),
    Diagnosis("E78.500", "高脂血症"),
    Diagnosis("J45.900", "支气管哮喘"),
    Diagnosis("H04.100", "干眼症"),
)


class BulkDrug(NamedTuple):
    """A drug with one code, its name, and the dose that is taken so many times a day."""

    system: str
    code: str
    text: str
    mg: float
    times: int


STATEMENTS = (
    BulkDrug(ATC, "L04AX03", "甲氨蝶呤片", 2.5, 1),
    BulkDrug(ATC, "P01BA02", "硫酸羟氯喹片", 200, 2),
    BulkDrug(RXNORM, "27169", "来氟米特片", 20, 1),
    BulkDrug(ATC, "H02AB07", "醋酸泼尼松片", 7.5, 1),
    BulkDrug(ATC, "M01AH01", "塞来昔布胶囊", 200, 2),
    BulkDrug(PHARMACY, "ZY2207", "雷公藤多苷片", 20, 3),
)
REQUESTS = (
    BulkDrug(ATC, "C10AA05", "阿托伐他汀钙片", 20, 1),
    BulkDrug(ATC, "C09CA03", "缬沙坦胶囊", 80, 1),
    BulkDrug(PHARMACY, "ZY0181", "叶酸片", 5, 1),
    BulkDrug(ATC, "A02BC01", "奥美拉唑肠溶胶囊", 20, 1),
    BulkDrug(ATC, "M01AC06", "美洛昔康片", 7.5, 1),
)
