"""Rows without those who must not be in a release, under every identifier that is theirs.

An account's own are its id, its e-mail address and its telephone, in whatever column they were typed; and sessions
in which nobody else acted. Which columns those are is read from the classes of policy/sources.yaml. The identifiers
of those left out are few: they meet the rows as broadcast tables, so rows are neither sorted nor moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, reduce

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.people.phones import typed_number
from jobs.people.reading import ACCOUNTS
from jobs.people.subjects import GONE, HELD, OUT, LeftOut, registered_columns
from jobs.treatments.normalise import SUITE, normalised, spelled
from policy.periods import now
from policy.rules import Normalisation
from policy.sources import OF_A_PERSON, Identifier, Source, SourceColumn

SPELLING: dict[Identifier, Normalisation] = {"person": "uuid", "company": "uuid", "email": "email"}
"""How values of a class are compared; of other classes exactly, telephones by their digits."""


@dataclass(frozen=True)
class Exclusion:
    """Who is left out, before the day's tables: ``sources`` are those that landed, ``frames`` reads one."""

    left: LeftOut
    spark: SparkSession
    sources: Mapping[str, Source]
    frames: Callable[[str], DataFrame]

    def without(self, rows: DataFrame, source: str) -> DataFrame:
        """``rows`` of ``source`` that name nobody who is left out.

        Guarantee: a row that names somebody left out by a wish goes, and one that names somebody whom retention
        has let go, unless it names somebody whom a hold keeps. For a purpose that rests on consent only rows of
        people with a live consent remain, so a row of nobody known goes too; for any other, rows of nobody
        known stay. Columns and their order are unchanged.
        """
        kept = self._unmarked(rows, self.sources[source])
        subject = self.sources[source].subject
        if self.left.consent_to is None or subject is None:
            return kept
        agreed = consenting(self.left.consent_to, self.frames("consents"), now())
        return kept.join(agreed, normalised(F.col(subject), "uuid") == F.col("consenting_id"), "left_semi")

    def _unmarked(self, rows: DataFrame, source: Source) -> DataFrame:
        marked, bits = rows, list[Column]()
        for kind, key in compared(source, rows.columns, self.registered):
            for marks, asked in self._deciding(kind, key, source):
                place = len(bits)
                listed = marks.select(F.col("key").alias(f"_key{place}"), F.col("bits").alias(f"_{place}"))
                marked = marked.join(F.broadcast(listed), asked == F.col(f"_key{place}"), "left")
                bits.append(F.coalesce(f"_{place}", F.lit(0)))
        if not bits:
            return rows
        mark = reduce(Column.bitwiseOR, bits)
        held = mark.bitwiseAND(HELD) != 0
        leaves = (mark.bitwiseAND(OUT) != 0) | ((mark.bitwiseAND(GONE) != 0) & ~held)
        return marked.where(~leaves).select(*rows.columns)

    def _deciding(self, kind: Identifier, key: Column, source: Source) -> Iterator[tuple[DataFrame, Column]]:
        """The marks of a class, where there are any, and what of a row meets them.

        What stands beside an account that isn't left out isn't theirs alone, and whoever is goes by the account: so
        sessions decide over those rows only that name no account, and nothing is looked for where each row names one.
        """
        subject = source.subject
        if kind in self._marks:
            yield self._marks[kind], key
        if kind in self.registered or kind not in OF_A_PERSON or (subject and source.columns[subject].required):
            return
        if kind in self._beside:
            yield self._beside[kind], key if subject is None else F.when(F.col(subject).isNull(), key)

    @property
    def registered(self) -> frozenset[Identifier]:
        """The classes under which an account is registered."""
        return frozenset(registered_columns(self.sources[ACCOUNTS]).values())

    @cached_property
    def _marks(self) -> dict[Identifier, DataFrame]:
        """For each class the identifiers that decide, in the spelling in which they are compared: ``key, bits``."""
        marks: dict[Identifier, list[tuple[str, int]]] = {}
        for kind, value, bits in self.left.marks():
            marks.setdefault(kind, []).append((value, bits))
        if not any(bits & (OUT | GONE) for listed in marks.values() for _, bits in listed):
            return {}
        return {kind: self._listed(kind, listed) for kind, listed in marks.items()}

    def _listed(self, kind: Identifier, marks: Iterable[tuple[str | None, int]]) -> DataFrame:
        listed: dict[str, int] = {}
        for value, bits in marks:
            if key := value and spelled(value, SPELLING.get(kind, "exact")):
                listed[key] = listed.get(key, 0) | bits
        keys, said = pa.array(listed.keys(), pa.string()), pa.array(listed.values(), pa.int32())
        return self.spark.createDataFrame(pa.table({"key": keys, "bits": said}))

    @cached_property
    def _beside(self) -> dict[Identifier, DataFrame]:
        """Identifiers that stand beside an account in the day's rows, in which none but those left out acted."""
        if not self.left.actors:
            return {}
        actors = F.broadcast(self._listed("person", ((user, OUT) for user in self.left.actors)))
        seen: dict[Identifier, list[DataFrame]] = {}
        for table, source in self.sources.items():
            for name, column in source.columns.items():
                kind = column.identifier
                if source.subject is None or kind is None or kind not in OF_A_PERSON - self.registered:
                    continue
                frame = self.frames(table)
                if name in frame.columns:
                    pairs = frame.select(F.col(source.subject).alias("actor"), F.col(name).alias("beside"))
                    seen.setdefault(kind, []).append(pairs.dropna())
        return {kind: self._alone(kind, reduce(DataFrame.union, parts), actors) for kind, parts in seen.items()}

    def _alone(self, kind: Identifier, seen: DataFrame, actors: DataFrame) -> DataFrame:
        """The keys of ``beside`` in ``actor, beside`` that stand beside nobody but ``actors``.

        They are few and come here between two passes, each of which spells one column of all rows.
        """
        key, actor = spelled_cell(kind, F.col("beside")), normalised(F.col("actor"), "uuid")
        theirs = _column(seen.join(actors, actor == actors["key"], "left_semi").select(key))
        listed = self._listed(kind, ((each, OUT) for each in theirs))
        if not theirs:
            return listed
        found = seen.join(F.broadcast(listed), key == listed["key"]).select("actor", key.alias("of"))
        # not an anti join: that would come before the other one
        others = found.join(actors, actor == actors["key"], "left").where(actor.isNotNull() & actors["key"].isNull())
        return self._listed(kind, ((each, OUT) for each in theirs - _column(others.select("of"))))


def _column(rows: DataFrame) -> set[str]:
    return set(rows.distinct().toArrow().column(0).to_pylist()) - {None}


def compared(
    source: Source, columns: Iterable[str], registered: frozenset[Identifier]
) -> Iterator[tuple[Identifier, Column]]:
    """Class and spelling of everything in a row that may identify somebody.

    A text column of a class under which accounts are registered is typed by people: it is compared with all of them.
    """
    for name in columns:
        column = source.columns.get(name)
        if column is None:
            continue
        yield from ((kind, spelled_cell(kind, F.col(name))) for kind in classes_of(column, registered))


def classes_of(column: SourceColumn, registered: frozenset[Identifier]) -> tuple[Identifier, ...]:
    """The classes as which a direct column is compared; none of any other."""
    if column.kind != "direct" or column.identifier is None:
        return ()
    typed = column.type == "text" and column.identifier in registered
    return tuple(sorted(registered)) if typed else (column.identifier,)


def spelled_cell(kind: Identifier, cell: Column, suite: int = SUITE) -> Column:
    """A cell in the spelling in which values of a class are compared."""
    return typed_number(cell) if kind == "phone" else normalised(cell, SPELLING.get(kind, "exact"), suite)


def consenting(purpose: str, consents: DataFrame, at: datetime) -> DataFrame:
    """People with a live consent to ``purpose`` at ``at``: one column ``consenting_id``, distinct.

    A purpose in another spelling, or one that nobody knows, is no consent, nor is one that is yet to be given. A
    withdrawal ends all that were given before it, on whichever row it stands: who consents twice withdraws once.
    """
    own = consents.where((F.col("purpose") == purpose) & (F.col("given_at") <= F.lit(at)))
    said = own.groupBy(normalised(F.col("user_id"), "uuid").alias("consenting_id")).agg(
        F.max(F.when(F.col("withdrawn_at").isNull(), F.col("given_at"))).alias("given"),
        F.max("withdrawn_at").alias("withdrawn"),
    )
    return said.where(F.col("given") >= F.coalesce("withdrawn", "given")).select("consenting_id")
