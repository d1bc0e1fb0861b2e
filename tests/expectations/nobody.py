"""What only looks personal: sets of texts, drawn from a fixed seed, in which no pattern may fire."""

import random
import string
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle

SEED = 18


def drawn(name: str) -> random.Random:
    """A source of chance for one set, the same each time."""
    return random.Random(f"{SEED} {name}")


def ean(twelve: str) -> str:
    """An article's code of 13 digits."""
    total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(twelve))
    return f"{twelve}{-total % 10}"


def clean() -> dict[str, list[str]]:
    """What is nobody's, by kind: no detector may fire."""
    draw = drawn("clean")
    moment = datetime(1990, 1, 1, tzinfo=UTC)
    days = [moment + timedelta(days=draw.randrange(15_000), seconds=draw.randrange(86_400)) for _ in range(300)]
    hours = [(draw.randrange(24), draw.randrange(60), draw.randrange(24), draw.randrange(60)) for _ in range(60)]
    return {
        "epoch seconds": [str(draw.randrange(1_000_000_000, 1_999_999_999)) for _ in range(300)],
        "epoch milliseconds": [str(draw.randrange(1_000_000_000_000, 1_999_999_999_999)) for _ in range(300)],
        "epoch seconds with a fraction": [f"{draw.randrange(1_000_000_000, 1_999_999_999)}.{draw.randrange(1_000_000):06}" for _ in range(300)],
        "fractions": [text for _ in range(100) for text in (repr(draw.random()), f"{draw.uniform(0, 100):.9f}", f"{draw.uniform(-1, 1):.12f}")],
        "EAN-13": [ean("".join(draw.choices(string.digits, k=12))) for _ in range(300)],
        "French times": [
            form.format(*each)
            for each in hours
            for form in ("{0:02} h {1:02} à {2:02} h {3:02}", "{0:02}h{1:02} - {2:02}h{3:02}", "{0:02}.{1:02} - {2:02}.{3:02}", "{0:02} {1:02} {2:02} {3:02}",
                         "de {0} h {1:02} à {2} h {3:02}, fermé à 12 h 30", "{0:02}.{1:02}/{2:02}.{3:02}")
        ],
        "dates": [
            day.strftime(form)
            for day, form in zip(days, cycle(("%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%Y.%m.%d", "%Y%m%d", "%d.%m.%y", "%m/%d/%Y", "%d %m %Y")))
        ],
        "days and times": [
            day.strftime(form)
            for day, form in zip(days, cycle(("%d/%m/%Y %H h %M", "%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H.%M", "%Y%m%d%H%M%S", "%Y%m%dT%H%M%SZ", "%Y-%m-%d-%H-%M-%S",
                                              "%d/%m/%Y %H:%M", "%Y%m%d%H%M", "%d.%m.%Y - %d.%m.%Y", "%Y%m%d-%H%M%S")))
        ],
        "versions": [
            version
            for _ in range(60)
            for version in (
                f"{draw.randrange(20)}.{draw.randrange(30)}.{draw.randrange(100)}", f"{draw.randrange(60, 140)}.0.{draw.randrange(1000, 9000)}.{draw.randrange(300)}",
                f"v{draw.randrange(20)}.{draw.randrange(30)}.{draw.randrange(20_000, 99_999)}", f"{draw.randrange(20)}.0.{draw.randrange(10_000, 30_000)}.{draw.randrange(5_000)}",
                f"{draw.randrange(20)}.{draw.randrange(9)}-{draw.randrange(2015, 2027)}{draw.randrange(1, 13):02}{draw.randrange(1, 29):02}",
                f"1.{draw.randrange(3, 9)}.6.1.4.1.{draw.randrange(1000, 60_000)}.{draw.randrange(100)}",
            )
        ],
        "amounts and counts": [
            form
            for _ in range(60)
            for n in (draw.randrange(1_000, 99_999_999),)
            for form in (str(n), f"{n:,}", f"{n:,}".replace(",", " "), f"{n:,}.50", f"{n / 100:.2f} €", f"{n:,}".replace(",", ".") + ",00", f"{n % 100} %")
        ],
        "ranges and measures": ["1000-2000", "2019 2020 2021 2022", "10-49", "1000+", "50-249", "48.85661, 2.35222", "1920x1080", "3/4", "12 34 56", "-273.15", "5e-324",
                                "1,0E+10", "ISBN 978-3-16-148410-0", "0-306-40615-2", "10:11:12", "00:00:00.000000", "100 000 000", "75008 Paris", "2026-W12", "12-2026-000451",
                                "std::add", "Foo::bar", "x::text", "KW 12 wird das Projekt beendet und abgerechnet", "deadbeef", "cafe", '{"size":732829320}', "0.0.1", "meet @ noon", "a@b"],
        "prose": list(prose(draw)),
    }  # fmt: skip


def prose(draw: random.Random) -> Iterator[str]:
    """Sentences with numbers in them."""
    start = (
        "In 2024",
        "On page 17",
        "About 3,500 people",
        "Le 14 juillet 1789",
        "Im Jahr 1999",
        "Chapter 12",
        "At 9.30",
        "Room 204",
        "Le 3e étage",
    )
    middle = (
        "we sold 1,250 units",
        "the price rose by 12.5 %",
        "on a compté 12 345 visites",
        "kamen 1.200 Gäste",
        "it took 45 minutes",
        "version 10.2.1 was released",
    )
    end = (
        "for 19.99 EUR.",
        "in 3 days.",
        "à 20 h 30.",
        "seit 1871.",
        "(see table 4-2).",
        "and 100 % agreed.",
        "between 1990 and 2005.",
    )
    for _ in range(300):
        yield " ".join((draw.choice(start), draw.choice(middle), draw.choice(end)))
