"""Pictures of the Privacy console in a real browser: ``make pictures``.

Sixty nights of which the last was red, drawn as the API server draws them (tests/console/drawn.py); a picture of each page on a desk,
on a telephone, and of the first one in the dark.

Needs Chromium and its driver (Debian: ``apt-get install chromium chromium-driver``).
"""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import Any

import policy
from jobs.lake.zones import Lake
from tests.console.drawn import draw, seen
from tests.ui.browser import IMAGES, browser

WIDE, NARROW = 1280, 390
PICTURES = {
    "console-now": ("now", WIDE, "light", 1_600),
    "console-now-dark": ("now", WIDE, "dark", 1_600),
    "console-now-narrow": ("now", NARROW, "light", 1_500),
    "console-promises": ("promises", WIDE, "light", 1_500),
    "console-release": ("releases/release", WIDE, "light", 1_420),
    "console-release-narrow": ("releases/release", NARROW, "light", 1_500),
    "console-ledger": ("ledger", WIDE, "light", 900),
}
"""What is drawn: the page, how wide, in which scheme, and how high at most."""


def main() -> int:
    """Draw all pictures into docs/images."""
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder, browser() as page:
        pages = draw(policy.load(), Lake(Path(folder) / "lake"), Path(folder) / "out")
        for name, (which, width, scheme, most) in PICTURES.items():
            with seen(page, pages[which], width, scheme):
                (IMAGES / f"{name}.png").write_bytes(_picture(page, width, most))
            print(f"docs/images/{name}.png")
    return 0


def _picture(page: Any, width: int, most: int) -> bytes:
    height = min(page.execute_script("return document.documentElement.scrollHeight"), most)
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    taken = page.execute_cdp_cmd("Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True})
    return base64.b64decode(taken["data"])


if __name__ == "__main__":
    raise SystemExit(main())
