"""The names of characters in HTML (WHATWG, section 13.5), as the kernel reads them: exported when it is built."""

from __future__ import annotations

from html.entities import html5

RESOURCE = "ignicloud/kernel/entities.tsv"


def exported() -> str:
    """One name a line, with its characters' code points in hex."""
    return "".join(f"{name}\t{' '.join(f'{ord(c):x}' for c in text)}\n" for name, text in sorted(html5.items()))
