"""Reads tests/spellings.json: which texts are one identifier, and which never become one.

Python, the kernel in Spark and the lines of docs/keys.md must all make these of them.
"""

from __future__ import annotations

import json
from pathlib import Path

VECTORS = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
SUITES = (1, 2)

SPELT = [
    (suite, kind, canonical, text)
    for suite in SUITES
    for kind, forms in VECTORS[f"suite {suite}"].items()
    for canonical, texts in forms.items()
    for text in texts
]
"""Suite, kind, canonical form, and a text that has it."""

APART = [(kind, *pair) for kind, pairs in VECTORS["never one"].items() for pair in pairs]
"""Kind and two texts that stay two identifiers in suite 2."""
