"""The platform's tables, once for SQLite and PostgreSQL."""

from __future__ import annotations

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

SQLITE = {name: name.upper() for name in ("uuid", "text", "integer", "decimal", "timestamp", "date", "json", "boolean")}
POSTGRESQL = {
    **{name: name for name in ("uuid", "text", "date", "boolean")},
    "integer": "bigint",
    "decimal": "numeric(18,2)",
    "timestamp": "timestamptz",
    "json": "jsonb",
}


def statements(types: dict[str, str]) -> list[str]:
    """The data definition of the whole platform in one database's words; it starts empty."""
    made = []
    for table, columns in TABLES.items():
        body = ", ".join(f'"{name}" {types[kind]}' for name, kind in columns.items())
        made += [f"DROP TABLE IF EXISTS {table}", f"CREATE TABLE {table} ({body})"]
        if "occurred_at" in columns:
            made.append(f"CREATE INDEX {table}_by_time ON {table} (occurred_at)")
    return made
