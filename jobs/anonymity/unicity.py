"""Unicity: the share of tokens that a few points of their own behaviour single out.

De Montjoye, Hidalgo, Verleysen, Blondel, "Unique in the Crowd: the privacy bounds of human mobility" (2013). A token's
points are drawn at random, as many as an outsider may know; it is singled out when no other token of the table has all
of them. Asked of 1 to 4 points, of the table as it is and as it would be with coarser times. The outsider knows the
same points each time, only the table's times are coarser, so the curves differ by what a coarser contract buys and by
nothing else: who is singled out at a cut is so at a finer one that divides it, and by more points, too.

In Spark. What comes to the driver are counts: a row an epoch, kind, cut, draw and number of points.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

from pyspark.sql import Column, DataFrame, Row, Window
from pyspark.sql import functions as F

from jobs.spark.local import frame_of
from policy.risk import MOST_POINTS

DRAWS = 5
"""How often points are drawn anew; draw n is the same for the same table, on every machine."""
ASKED = 1_000
"""About how many tokens each draw asks about: all of them where there are no more."""
LOOKED_AT = (20, 1_000)
"""How many others that share a question's rarest point are compared with it: a few first, for most questions are
answered then, and more where none of these has all the points. Of a point that still more share, the question stays
undecided."""

OF = ("epoch", "kind")
TABLE = (*OF, "cut")
QUESTION = (*TABLE, "draw", "token", "known")


@dataclass(frozen=True)
class Unicity:
    """What one number of points comes to in one epoch, for one kind of knowledge and one cut of the times.

    ``cut``: minutes; 0 is the table as it is. ``tokens``: how many there are. ``share``: those that are singled out, of
    those asked about, and ``undecided`` those that may be; ``error``: the standard error of ``share`` over the draws.
    ``fewer``: the share of tokens that have fewer points than this; they are asked about with all they have.
    """

    epoch: str
    kind: str
    cut: int
    points: int
    tokens: int
    share: float
    undecided: float
    fewer: float
    error: float

    @property
    def at_most(self) -> float:
        """The share that is singled out if every undecided token is."""
        return self.share + self.undecided


def unicity(moments: DataFrame, cuts: Mapping[str, Sequence[int]]) -> list[Unicity]:
    """Ask about random points of random tokens of every epoch and kind.

    ``moments``: ``epoch string, kind string, token string, at bigint, words string``, in any order and number: a token
    was seen at a moment (seconds since 1970) doing what the words say. Rows with a null are nobody's and count nowhere.
    ``cuts``: for each kind the cuts in minutes that are tried; the table as it is, 0, is always one.

    Guarantee: exact but for what is called undecided; the same rows give the same numbers.
    """
    seen = moments.select(*OF, "token", "at", "words").dropna().distinct().persist()
    wanted = [{"kind": kind, "cut": cut} for kind, each in cuts.items() for cut in (0, *each)]
    tried = F.broadcast(frame_of(moments.sparkSession, {"kind": "string", "cut": "int"}, wanted))
    shown = seen.join(tried, "kind").select(*TABLE, "token", _cut().alias("at"), "words").distinct().persist()
    questions = _questions(seen, shown, tried).persist()
    more = questions.where("rarest.others > 1 AND size(points) > 1")
    few, many = LOOKED_AT
    found = _found(more, shown, few).persist()
    try:
        rest = more.where(f"rarest.others > {few + 1}").join(found, [*QUESTION], "left_anti")
        return _summed(_answered(questions, found.union(_found(rest, shown, many))).collect())
    finally:
        for held in (found, questions, shown, seen):
            held.unpersist()


def _cut() -> Column:
    """The moment as a table shows it whose times are cut to ``cut`` minutes."""
    return F.when(F.col("cut") == 0, F.col("at")).otherwise(F.expr("at - pmod(at, cut * 60)"))


def _questions(seen: DataFrame, shown: DataFrame, tried: DataFrame) -> DataFrame:
    """A row a question: the first 1, 2, … drawn points as each table shows them, and the rarest of them.

    ``rarest.others`` is how many tokens of the table have that point, the one that is asked about among them.
    """
    tokens = seen.groupBy(*OF, "token").agg(F.count(F.lit(1)).alias("own"))
    counted = tokens.groupBy(*OF).agg(F.count(F.lit(1)).alias("tokens"))
    draws = F.explode(F.sequence(F.lit(0), F.lit(DRAWS - 1))).alias("draw")
    asked = (
        tokens.join(F.broadcast(counted), [*OF])
        .select(*OF, "token", "own", "tokens", draws)
        .where(F.pmod(F.xxhash64("token", "kind", "draw"), F.col("tokens")) < ASKED)
    )
    order = Window.partitionBy(*OF, "draw", "token").orderBy(F.xxhash64("draw", "token", "at", "words"), "at", "words")
    drawn = (
        seen.join(asked, [*OF, "token"])
        .withColumn("place", F.row_number().over(order))
        .where(f"place <= {MOST_POINTS}")
    )
    points = drawn.join(tried, "kind").withColumn("at", _cut())
    others = shown.groupBy(*TABLE, "at", "words").agg(F.count(F.lit(1)).alias("others"))
    known = F.explode(F.sequence(F.col("place"), F.lit(MOST_POINTS))).alias("known")
    return (
        points.join(others, [*TABLE, "at", "words"])
        .select("*", known)
        .groupBy(*QUESTION, "own", "tokens")
        .agg(
            F.collect_set(F.struct("at", "words")).alias("points"),
            F.min(F.struct("others", "at", "words")).alias("rarest"),
        )
    )


def _answered(questions: DataFrame, found: DataFrame) -> DataFrame:
    """For each table, draw and number of points how many tokens were asked about and what came out."""
    alone, one = F.col("rarest.others") == 1, F.size("points") == 1
    singled = alone | (F.col("found").isNull() & ~one)
    beyond = F.col("rarest.others") > LOOKED_AT[-1] + 1
    return (
        questions.join(found, [*QUESTION], "left")
        .groupBy(*TABLE, "known", "draw", "tokens")
        .agg(
            F.count(F.lit(1)).alias("asked"),
            F.count_if(singled & ~beyond).alias("singled"),
            F.count_if(singled & beyond).alias("undecided"),
            F.count_if(F.col("own") < F.col("known")).alias("fewer"),
        )
    )


def _found(questions: DataFrame, shown: DataFrame, looked_at: int) -> DataFrame:
    """The questions to which one of so many other tokens answers: it has every point of theirs."""
    asked = questions.select(*QUESTION, "points", F.col("rarest.at").alias("at"), F.col("rarest.words").alias("words"))
    point = [*TABLE, "at", "words"]
    order = Window.partitionBy(*point).orderBy(F.xxhash64("token"), "token")
    sharing = (
        shown.join(asked.select(*point).distinct(), point, "left_semi")
        .withColumn("place", F.row_number().over(order))
        .where(f"place <= {looked_at + 1}")
        .select(*point, F.col("token").alias("other"))
    )
    candidates = asked.join(sharing, point).where("other != token")
    further = candidates.select(*QUESTION, "other", F.size("points").alias("size"), F.explode("points").alias("each"))
    theirs = shown.select(*TABLE, F.col("token").alias("other"), F.struct("at", "words").alias("each"))
    return (
        further.join(theirs, [*TABLE, "other", "each"])
        .groupBy(*QUESTION, "other", "size")
        .agg(F.count(F.lit(1)).alias("shared"))
        .where("shared = size")
        .select(*QUESTION, F.lit(True).alias("found"))
        .distinct()
    )


def _summed(rows: Iterable[Row]) -> list[Unicity]:
    """The means over the draws, in order."""
    draws: dict[tuple[str, str, int, int], list[Row]] = defaultdict(list)
    for row in rows:
        draws[row["epoch"], row["kind"], row["cut"], row["known"]].append(row)
    return [
        Unicity(
            *key,
            tokens=each[0]["tokens"],
            share=fmean(row["singled"] / row["asked"] for row in each),
            undecided=fmean(row["undecided"] / row["asked"] for row in each),
            fewer=fmean(row["fewer"] / row["asked"] for row in each),
            error=_error([row["singled"] / row["asked"] for row in each]),
        )
        for key, each in sorted(draws.items())
    ]


def _error(shares: Sequence[float]) -> float:
    return stdev(shares) / sqrt(len(shares)) if len(shares) > 1 else 0.0
