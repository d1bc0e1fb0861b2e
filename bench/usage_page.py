"""The figures and the plot of docs/microdata.md, from what `bench.usage` has found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt
import polars
from matplotlib.ticker import PercentFormatter

from jobs.anonymity.nearest import Attack, judged

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "microdata.md"
MODULES = ("dashboard", "promote", "monitor", "publish")
SHADES = ("#123a5e", "#4f86b5", "#c07a2c", "#7a9a52")
GROUPS = ("sector", "region")


def used(people: polars.DataFrame, by: Sequence[str] = GROUPS) -> polars.DataFrame:
    """A row for each group and module: people, and the share of them that used it, of all and of the shown."""

    def shares(of: polars.DataFrame, name: str) -> polars.DataFrame:
        each = [(polars.col(module) != "none").mean().alias(module) for module in MODULES]
        wide = of.group_by(by).agg(polars.len().alias(f"people_{name}"), *each)
        return wide.unpivot(MODULES, index=[*by, f"people_{name}"], variable_name="module", value_name=name)

    rows = people.with_columns(polars.col(name).fill_null("unknown") for name in GROUPS)
    everybody, shown = shares(rows.filter("is_in"), "in"), shares(rows.filter("is_shown"), "shown")
    return everybody.join(shown, [*by, "module"], "left").sort(*by, "module")


def error(people: polars.DataFrame, by: Sequence[str]) -> float:
    """By how much a share that is shown is off at most."""
    table = used(people, by).drop_nulls("shown")
    return float((table["in"] - table["shown"]).abs().max() or 0)


def lines(people: polars.DataFrame, attacks: Mapping[str, tuple[Attack, Attack]]) -> Iterator[str]:
    """What the month still says, and what its rows give away."""
    table, (all_of_them, shown) = used(people), (int(people[name].sum()) for name in ("is_in", "is_shown"))
    hidden = table.filter(polars.col("shown").is_null()).select(*GROUPS, "people_in").unique()
    off = {" and ".join(by): f"{error(people, by):.1%}" for by in (GROUPS, ["sector"], ["region"])}
    left_out, groups = 1 - shown / all_of_them, table.select(GROUPS).n_unique()
    yield (
        f"{all_of_them} people could be in it, {shown} are ({left_out:.1%} left out). Of {groups} combinations of "
        f"sector and region {hidden.height} are missing, with {hidden['people_in'].sum()} people. The share of people "
        f"who used a module is off by {off['sector and region']} at most in the others, by {off['sector']} in a sector "
        f"as a whole, by {off['region']} in a region."
    )
    yield ""
    yield "| attack | before generalising | on what is shown | without it | |"
    yield "|---|--:|--:|--:|---|"
    for name, (raw, released) in attacks.items():
        yield f"| {name} | {raw.rate:.1%} | {released.rate:.1%} | {released.baseline:.1%} | {judged(released, raw)} |"


def write_page(people: polars.DataFrame, attacks: Mapping[str, tuple[Attack, Attack]]) -> None:
    """Put the figures between their marks, and draw who used which module."""
    block = "\n".join(("<!-- usage -->", *lines(people, attacks), "<!-- end of usage -->"))
    text = re.sub(r"<!-- usage -->.*?<!-- end of usage -->", lambda _: block, PAGE.read_text("utf-8"), flags=re.S)
    PAGE.write_text(text, "utf-8")
    draw(used(people))


def draw(table: polars.DataFrame) -> None:
    """A line for each sector and region, a point for each module: filled as shown, a ring of all who could be in it."""
    groups = table.select(*GROUPS, "people_in").unique().sort(*GROUPS).rows()
    figure, axis = plt.subplots(figsize=(8, 0.6 + 0.27 * len(groups)), layout="constrained")
    place = {(sector, region): -line for line, (sector, region, _) in enumerate(groups)}
    for module, shade in zip(MODULES, SHADES, strict=True):
        rows = table.filter(polars.col("module") == module).rows(named=True)
        shown = [row for row in rows if row["shown"] is not None]
        axis.plot([row["in"] for row in rows], [place[row["sector"], row["region"]] for row in rows], "o",
                  markersize=8, markerfacecolor="none", color=shade, markeredgewidth=0.9)  # fmt: skip
        axis.plot([row["shown"] for row in shown], [place[row["sector"], row["region"]] for row in shown], "o",
                  markersize=4.5, color=shade, label=module)  # fmt: skip
    axis.set_yticks([*place.values()], [f"{sector}, {region} ({people})" for sector, region, people in groups])
    axis.set_xlabel("people who used it: ring, of all who could be in the month; point, of those shown", fontsize=8)
    axis.xaxis.set_major_formatter(PercentFormatter(1))
    axis.tick_params(labelsize=8)
    axis.grid(axis="y", color="#e4e9ed", linewidth=0.8)
    axis.set_axisbelow(True)
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.legend(frameon=False, fontsize=8, ncols=4, loc="lower right", bbox_to_anchor=(1, 1))
    mpl.rcParams["svg.hashsalt"] = "bench"
    figure.savefig(DOCS / "images" / "usage.svg", metadata={"Date": None})
