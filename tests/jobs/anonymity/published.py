"""The tables of the papers, as they are printed."""

from __future__ import annotations

import pyarrow as pa

SWEENEY = pa.Table.from_pylist([
    dict(zip(("race", "birth", "gender", "zip", "problem"), row, strict=True))
    for row in [
        ("black", 1965, "m", "0214*", "short breath"), ("black", 1965, "m", "0214*", "chest pain"),
        ("black", 1965, "f", "0213*", "hypertension"), ("black", 1965, "f", "0213*", "hypertension"),
        ("black", 1964, "f", "0213*", "obesity"), ("black", 1964, "f", "0213*", "chest pain"),
        ("white", 1964, "m", "0213*", "chest pain"), ("white", 1964, "m", "0213*", "obesity"),
        ("white", 1964, "m", "0213*", "short breath"), ("white", 1967, "m", "0213*", "chest pain"),
        ("white", 1967, "m", "0213*", "chest pain"),
    ]
])  # fmt: skip
"""Sweeney, "k-anonymity" (2002), figure 2: k = 2 over race, birth, gender and ZIP."""


def _patients(*classes):
    return pa.Table.from_pylist([
        {"zip": zip_code, "age": age, "condition": condition} for zip_code, age, conditions in classes for condition in conditions
    ])  # fmt: skip


FOUR_ANONYMOUS = _patients(
    ("130**", "<30", ["heart disease", "heart disease", "viral infection", "viral infection"]),
    ("1485*", "≥40", ["cancer", "heart disease", "viral infection", "viral infection"]),
    ("130**", "3*", ["cancer"] * 4),
)
"""Machanavajjhala et al. (2007), figure 2."""
THREE_DIVERSE = _patients(
    ("1305*", "≤40", ["heart disease", "viral infection", "cancer", "cancer"]),
    ("1485*", ">40", ["cancer", "heart disease", "viral infection", "viral infection"]),
    ("1306*", "≤40", ["heart disease", "viral infection", "cancer", "cancer"]),
)
"""Machanavajjhala et al. (2007), figure 3."""


def _salaries(*classes):
    return pa.Table.from_pylist([
        {"group": number, "salary": salary, "disease": disease}
        for number, rows in enumerate(classes)
        for salary, disease in rows
    ])  # fmt: skip


LI_THREE_DIVERSE = _salaries(
    [(3, "gastric ulcer"), (4, "gastritis"), (5, "stomach cancer")],
    [(6, "gastritis"), (11, "flu"), (8, "bronchitis")],
    [(7, "bronchitis"), (9, "pneumonia"), (10, "stomach cancer")],
)
"""Li et al. (2007), table 4: each class has three salaries (in thousands) and three diseases."""
LI_CLOSE = _salaries(
    [(3, "gastric ulcer"), (5, "stomach cancer"), (9, "pneumonia")],
    [(6, "gastritis"), (11, "flu"), (8, "bronchitis")],
    [(4, "gastritis"), (7, "bronchitis"), (10, "stomach cancer")],
)
"""Li et al. (2007), table 5: 0.167-close in salary."""

INFECTION, STOMACH = ("respiratory infection", "respiratory"), ("stomach disease", "digestive")
DISEASES = {
    "flu": INFECTION, "pneumonia": INFECTION, "bronchitis": INFECTION,
    "pulmonary edema": ("vascular lung disease", "respiratory"),
    "pulmonary embolism": ("vascular lung disease", "respiratory"),
    "gastric ulcer": STOMACH, "stomach cancer": STOMACH, "gastritis": STOMACH,
    "colitis": ("colon disease", "digestive"), "colon cancer": ("colon disease", "digestive"),
}  # fmt: skip
"""Li et al. (2007), figure 1: the hierarchy of respiratory and digestive diseases."""
