"""Floor 1: from the rule of a contract to the expression that carries it out."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.treatments.generalise import banded, region, truncated_date, truncated_time
from jobs.treatments.networks import network_prefix
from jobs.treatments.surrogates import surrogate
from jobs.treatments.text import in_vocabulary, json_field, path_template, topic, user_agent_family
from jobs.treatments.tokens import FieldKeys, token
from policy.rules import (
    Band,
    ColumnRule,
    Keep,
    NetworkPrefix,
    PathTemplate,
    Region,
    Surrogate,
    Token,
    Topic,
    TruncateDate,
    TruncateTime,
    UserAgentFamily,
    Vocabulary,
)
from policy.taxonomies import Taxonomies


def treated(name: str, rule: ColumnRule, taxonomies: Taxonomies, keys: FieldKeys | None) -> Column:
    """The published column that ``rule`` makes of source column ``name``, under its output name.

    Guarantee: nulls stay null; rows are neither added nor removed. ``keys`` are needed by
    tokens, surrogates and network prefixes only.
    """
    return _treated(F.col(name), rule, taxonomies, keys).alias(rule.output or name)


def _treated(column: Column, rule: ColumnRule, taxonomies: Taxonomies, keys: FieldKeys | None) -> Column:
    match rule:
        case Keep():
            return column
        case Token() | Surrogate() | NetworkPrefix() if keys is not None:
            return _keyed(column, rule, taxonomies, keys)
        case TruncateTime():
            return truncated_time(column, rule.to)
        case TruncateDate():
            return truncated_date(column, rule.to)
        case Band():
            return banded(column, rule.edges, rule.labels)
        case Region():
            return region(column, taxonomies.regions)
        case UserAgentFamily():
            return user_agent_family(column, rule.values)
        case PathTemplate():
            return path_template(column, rule.values)
        case Vocabulary():
            return in_vocabulary(json_field(column, rule.field) if rule.field else column, rule.values)
        case Topic():
            return topic(column, taxonomies.texts[rule.taxonomy])
    raise AssertionError(f"{rule.treat} makes no published column without keys")


def _keyed(column: Column, rule: Token | Surrogate | NetworkPrefix, taxonomies: Taxonomies, keys: FieldKeys) -> Column:
    match rule:
        case Token():
            return token(column, rule.identifier, rule.normalise, keys)
        case Surrogate():
            return surrogate(column, rule, taxonomies.surrogates[rule.locale].of(rule.identifier), keys)
        case NetworkPrefix():
            return network_prefix(column, rule.keep, keys, rule.of_list)
