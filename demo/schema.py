"""The platform's tables, defined once for SQLite, PostgreSQL and Arrow."""

from __future__ import annotations

import pyarrow as pa

TABLES: dict[str, dict[str, str]] = {
    "companies": {
        "company_id": "uuid", "name": "text", "sector": "text", "headcount_band": "text", "city": "text",
        "country": "text",
    },
    "professional_users": {
        "user_id": "uuid", "company_id": "uuid", "first_name": "text", "family_name": "text", "position": "text",
        "email": "text", "phone": "text", "address": "text", "city": "text", "postcode": "text", "country": "text",
        "locale": "text", "created_at": "timestamp", "closed_at": "timestamp",
    },
    "contracts": {
        "contract_id": "uuid", "company_id": "uuid", "service": "text", "plan": "text", "started_on": "date",
        "ended_on": "date",
    },
    "activity": {
        "event_id": "uuid", "occurred_at": "timestamp", "user_id": "uuid", "company_id": "uuid", "module": "text",
        "action": "text", "object_type": "text", "object_id": "uuid", "detail": "json", "session_id": "text",
        "ip": "text", "user_agent": "text",
    },
    "security_events": {
        "event_id": "uuid", "occurred_at": "timestamp", "user_id": "uuid", "attempted_login": "text",
        "session_id": "text", "ip": "text", "user_agent": "text", "kind": "text", "outcome": "text",
        "payload": "text",
    },
    "contacts": {
        "contact_id": "uuid", "occurred_at": "timestamp", "user_id": "uuid", "channel": "text",
        "agent_email": "text", "subject": "text", "body": "text",
    },
    "feedback": {
        "feedback_id": "uuid", "occurred_at": "timestamp", "user_id": "uuid", "kind": "text", "rating": "integer",
        "text": "text",
    },
    "cookies": {
        "cookie_id": "text", "user_id": "uuid", "kind": "text", "first_visit_at": "timestamp",
        "last_seen_at": "timestamp", "consent": "boolean",
    },
    "purchases": {
        "invoice_id": "uuid", "occurred_at": "timestamp", "company_id": "uuid", "user_id": "uuid", "service": "text",
        "amount_eur": "decimal", "stripe_customer_id": "text",
    },
    "third_party_profiles": {
        "provider": "text", "user_id": "uuid", "attribute": "text", "value": "text", "obtained_at": "timestamp",
    },
    "consents": {"user_id": "uuid", "purpose": "text", "given_at": "timestamp", "withdrawn_at": "timestamp"},
    "legal_holds": {
        "hold_id": "uuid", "subject_kind": "text", "subject_id": "uuid", "reason": "text", "placed_on": "date",
        "lifted_on": "date",
    },
    "subject_requests": {
        "request_id": "uuid", "user_id": "uuid", "right": "text", "received_at": "timestamp",
        "identity_verified_at": "timestamp", "detail": "json", "extended_until": "date", "closed_at": "timestamp",
        "outcome": "text", "lifted_at": "timestamp",
    },
    "end_user_health": {"end_user_id": "uuid", "metric": "text", "value": "text", "measured_at": "timestamp"},
}  # fmt: skip

KEYS: dict[str, tuple[str, ...]] = {
    "companies": ("company_id",),
    "professional_users": ("user_id",),
    "contracts": ("contract_id",),
    "activity": ("event_id",),
    "security_events": ("event_id",),
    "contacts": ("contact_id",),
    "feedback": ("feedback_id",),
    "cookies": ("cookie_id",),
    "purchases": ("invoice_id",),
    "third_party_profiles": ("provider", "user_id", "attribute"),
    "consents": ("user_id", "purpose", "given_at"),
    "legal_holds": ("hold_id",),
    "subject_requests": ("request_id",),
    "end_user_health": ("end_user_id", "metric", "measured_at"),
}

REQUIRED: dict[str, tuple[str, ...]] = {
    "professional_users": ("company_id",),
    "contracts": ("company_id",),
    "activity": ("occurred_at", "user_id", "company_id", "action"),
    "security_events": ("occurred_at", "kind"),
    "contacts": ("occurred_at", "user_id"),
    "feedback": ("occurred_at", "user_id", "kind"),
    "cookies": ("kind",),
    "purchases": ("occurred_at", "company_id", "user_id"),
    "legal_holds": ("subject_kind", "subject_id"),
    "subject_requests": ("user_id", "right"),
}
"""Never null beside the key: when a row happened, what it is, and whose."""

SQLITE = {name: name.upper() for name in ("uuid", "text", "integer", "decimal", "timestamp", "date", "json", "boolean")}
"""SQLite types nothing by itself: the declared names tell an extraction what a column means."""

POSTGRESQL = {
    **{name: name for name in ("uuid", "text", "date", "boolean")},
    "integer": "bigint",
    "decimal": "numeric(18,2)",
    "timestamp": "timestamptz",
    "json": "jsonb",
}

ARROW = {
    **dict.fromkeys(("uuid", "text", "json"), pa.string()),
    "integer": pa.int64(),
    "decimal": pa.decimal128(18, 2),
    "timestamp": pa.timestamp("us", "UTC"),
    "date": pa.date32(),
    "boolean": pa.bool_(),
}


def tables(types: dict[str, str]) -> list[str]:
    """Statements that make every table anew, empty, in one database's words."""
    made = []
    for table, columns in TABLES.items():
        needed = (*KEYS[table], *REQUIRED.get(table, ()))
        body = ", ".join(
            f'"{name}" {types[kind]}{" NOT NULL" if name in needed else ""}' for name, kind in columns.items()
        )
        made += [f"DROP TABLE IF EXISTS {table}", f"CREATE TABLE {table} ({body})"]
    return made


def indexes() -> list[str]:
    """Statements that make keys unique and days quick to find; best run once the rows are in."""
    made = [f"CREATE UNIQUE INDEX {table}_key ON {table} ({', '.join(key)})" for table, key in KEYS.items()]
    timed = (table for table, columns in TABLES.items() if "occurred_at" in columns)
    return made + [f"CREATE INDEX {table}_by_time ON {table} (occurred_at)" for table in timed]


def statements(types: dict[str, str]) -> list[str]:
    """The whole data definition: ``tables`` and ``indexes``."""
    return tables(types) + indexes()


def arrow(table: str) -> pa.Schema:
    """The table's columns in Arrow's types."""
    return pa.schema([(name, ARROW[kind]) for name, kind in TABLES[table].items()])
