"""A folder of inputs of every kind that reads records other than numbers, for tests to add to and to break."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Write = Callable[[str, str], None]

SETS: Final = "system,match,value,to,exclude,display,confidence,source\n"
DRUGS: Final = "drug,system,match,value,exclude,display,confidence,source\n"

ANSWER: Final = """
kind = "answer"
title = "Our antigen (抗原)"
value_set = "our-antigen"
names = ["抗原"]
not_names = ["抗原抗体"]
number = "range"
[answers]
positive = ["loinc|LA6576-8", "大三阳"]
"""
EXPOSURE: Final = """
kind = "exposure"
title = "Our steroids"
drugs = ["our-cortisol", "our-cortisone"]
equivalents = { our-cortisol = "1", our-cortisone = "1.25" }
"""
PLAIN_EXPOSURE: Final = 'kind = "exposure"\ntitle = "Our painkillers"\ndrugs = ["our-cortisol"]\n'
EVENT: Final = 'kind = "event"\ntitle = "Our vaccine"\ntypes = ["Immunization"]\nvalue_set = "our-vaccine"\n'
DRUG_EVENT: Final = """
kind = "event"
title = "Our drug not tolerated"
types = ["AllergyIntolerance", "AdverseEvent"]
drugs = ["our-cortisol"]
"""
SEVERE_EVENT: Final = 'kind = "event"\ntitle = "Our harm"\ntypes = ["AdverseEvent"]\nsevere = true\n'
CONDITION: Final = 'kind = "condition"\ntitle = "Our disease"\nvalue_set = "our-disease"\n'
OTHER_CONDITION: Final = CONDITION.replace("Our disease", "Our other disease") + "history_counts = true\n"


def write_inputs(write: Write) -> None:
    """One input or two of each kind, their value sets and drugs."""
    write("valuesets/our-antigen.csv", SETS + "loinc,code,5195-3,,,抗原,unchecked,memory\n")
    write("valuesets/our-disease.csv", SETS + "icd-10,prefix,A15,,,x,unchecked,memory\n")
    write(
        "valuesets/our-vaccine.csv",
        SETS + "cvx,code,03,,,MMR,unchecked,memory\natc,prefix,J07BD,,,x,unchecked,memory\n",
    )
    write(
        "drugs/our-steroids.csv",
        DRUGS
        + "our-cortisol,atc,prefix,H02AB09,,Cortisol 可的松醇,unchecked,memory\n"
        + "our-cortisol,text,stem,cortiso,cortisone; cortisol cream,,unchecked,memory\n"
        + "our-cortisone,rxnorm,code,2878,,,unchecked,memory\n",
    )
    # Read last, so that the rows of one drug come from two files.
    write("drugs/zzz-more.csv", DRUGS + "our-cortisol,atc,code,H02AB,,Glucocorticoids,unchecked,memory\n")
    write("inputs/our-antigen.toml", ANSWER)
    write("inputs/our-steroids.toml", EXPOSURE)
    write("inputs/our-painkillers.toml", PLAIN_EXPOSURE)
    write("inputs/our-vaccine.toml", EVENT)
    write("inputs/our-allergy.toml", DRUG_EVENT)
    write("inputs/our-harm.toml", SEVERE_EVENT)
    write("inputs/our-disease.toml", CONDITION)
    write("inputs/our-other-disease.toml", OTHER_CONDITION)
