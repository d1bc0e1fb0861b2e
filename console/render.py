"""Pages from templates: every name escaped, every number in one form, nothing from elsewhere, no script needed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from policy.periods import months_of

FOLDER = Path(__file__).with_name("pages")
FILES = {"style.css": "text/css", "refine.js": "text/javascript"}
"""What a page loads beside itself, from where it comes itself."""

TITLES = {"now": "Now", "promises": "Promises", "requests": "Requests", "releases": "Releases", "ledger": "Ledger"}
"""The pages, in their order."""

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Of every page of the console: nothing inline runs or styles, nothing is loaded from, or told to, another host."""


def render(page: str, model: Any, *, reads: tuple[str, ...], up: str = "", template: str = "") -> str:
    """The page as HTML; ``reads``: the pages that its reader may open, ``up``: the way to the console's root."""
    drawn = templates().get_template(f"{template or page}.html")
    return drawn.render(page=page, model=model, reads=reads, up=up, titles=TITLES, live=True)


def render_alone(page: str, model: Any) -> str:
    """A page that needs nothing beside it and no server: its style inside, no script, links to files alone."""
    drawn = templates().get_template(f"{page}.html")
    style = (FOLDER / "style.css").read_text("utf-8")
    return drawn.render(page="releases", model=model, reads=(), up="", titles=TITLES, live=False, style=Markup(style))  # noqa: S704 (our own file)


@cache
def templates() -> Environment:
    """The templates with their filters."""
    pages = Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {
        "n": number,
        "when": when,
        "ago": ago,
        "share": share,
        "words": words,
        "ticked": ticked,
        "period": period,
        "cell": cell,
    }
    return pages


def number(value: float | None) -> str:
    """A count or a measure as it is read."""
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def share(value: float | None) -> str:
    """A share of one, in per cent."""
    return "–" if value is None else f"{value:.1%}"


def when(moment: datetime | None) -> str:
    """A moment to the minute, in UTC."""
    return "–" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago it was, in one unit."""
    if moment is None:
        return "–"
    past = max(now - moment, timedelta())
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        count = past // length
        if count:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"


def words(name: str) -> str:
    """A name as words: ``data_engineer`` is a data engineer."""
    return name.replace("_", " ")


def ticked(text: str) -> Markup:
    """A sentence in which names stand between backticks, as Markdown has it."""
    parts = (escape(part) for part in text.split("`"))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else part for number, part in enumerate(parts)
    )


def period(keep: str) -> str:
    """``P13M`` as words."""
    months = months_of(keep)
    return f"{months} months" if months > 1 else "one month"


def cell(content: Any) -> str:
    """A cell of an answer."""
    return "null" if content is None else number(content) if isinstance(content, int | float) else str(content)
