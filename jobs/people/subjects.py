"""Who must not be in a release: objections, restrictions, missing consents (clauses 4.2, 9.1, 11.2)."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from policy.register import Purpose


@dataclass(frozen=True)
class Wishes:
    """What data subjects have said: the landing snapshots of ``subject_requests`` and ``consents``."""

    requests: DataFrame
    consents: DataFrame


def without_excluded(rows: DataFrame, subject: str | None, purpose: str, terms: Purpose, wishes: Wishes) -> DataFrame:
    """``rows`` of the people whose data may serve ``purpose``.

    Guarantee: for a purpose that rests on consent only rows of people with a live consent remain,
    so a row of nobody known goes too. For any other purpose exactly the rows of people in
    ``excluded`` go, and rows of nobody known stay. Columns and their order are unchanged.
    """
    if subject is None:
        return rows
    gone = rows.join(excluded(purpose, terms, wishes.requests), rows[subject] == F.col("excluded_id"), "left_anti")
    if terms.lawful_basis != "consent":
        return gone
    agreed = consenting(purpose, wishes.consents)
    return gone.join(agreed, gone[subject] == F.col("consenting_id"), "left_semi")


def excluded(purpose: str, terms: Purpose, requests: DataFrame) -> DataFrame:
    """People who object to ``purpose`` or whose data is restricted: one column ``excluded_id``, distinct.

    A request counts once the person's identity is verified (clause 11.2), until it is lifted, and
    unless it was refused. An objection without a named purpose means every purpose that rests on
    legitimate interest (GDPR art. 21(1)); a restriction means all (art. 18); a withdrawal of
    consent means the purpose it names, or every purpose that rests on consent (art. 7(3)).
    """
    named = F.get_json_object("detail", "$.purpose")
    stands = (
        F.col("identity_verified_at").isNotNull()
        & F.col("lifted_at").isNull()
        & (F.lower(F.coalesce("outcome", F.lit(""))) != "refused")
    )
    return (
        requests.where(stands & _reaches(purpose, terms, named))
        .select(F.col("user_id").alias("excluded_id"))
        .distinct()
    )


def _reaches(purpose: str, terms: Purpose, named: Column) -> Column:
    by_ground = {"legitimate_interest": "objection", "consent": "consent_withdrawal"}
    general = F.col("right") == by_ground.get(terms.lawful_basis, "")
    objects = F.col("right").isin("objection", "consent_withdrawal")
    return (F.col("right") == "restriction") | (objects & (named == purpose)) | (general & named.isNull())


def consenting(purpose: str, consents: DataFrame) -> DataFrame:
    """People with a live consent to ``purpose``: one column ``consenting_id``, distinct."""
    live = (F.col("purpose") == purpose) & F.col("given_at").isNotNull() & F.col("withdrawn_at").isNull()
    return consents.where(live).select(F.col("user_id").alias("consenting_id")).distinct()
