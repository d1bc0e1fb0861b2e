"""What may be on record: of each kind of entry the fields that it may have (`jobs.lake.ledger`)."""

from __future__ import annotations

KINDS: dict[str, frozenset[str]] = {
    "extracted": frozenset({"source", "day", "rows", "columns"}),
    "protected": frozenset(
        {"release", "day", "run", "rows_in", "rows_out", "suppressed", "excluded", "epoch", "contract"}
        | {"silent", "unread_wishes", "losses", "stayed", "cost"}
    ),
    "judged": frozenset(
        {"release", "day", "run", "verdict", "findings", "expectations", "proof_planted", "proof_caught"}
        | {"verdict_hash", "suite", "rows"}
    ),
    "budget_reserved": frozenset({"release", "day", "rho"}),
    "numbers_drawn": frozenset({"release", "day", "reservation", "sha256"}),
    "volume_accepted": frozenset({"release", "day", "rows", "by"}),
    "assured": frozenset(
        {"release", "day", "run", "verdict", "findings", "proof_planted", "proof_caught", "rows", "files"}
        | {"days", "skipped"}
    ),
    "searched": frozenset({"release", "day", "files", "sha256", "suite", "identifiers", "could_hold", "on", "seal"}),
    "risk_measured": frozenset({"release", "day", "rows", "unicity", "linkage", "classes", "over"}),
    "quarantined": frozenset({"release", "day", "run"}),
    "published": frozenset(
        {"release", "day", "run", "version", "rows", "files", "verdict_hash", "sha256", "remade", "seal"}
    ),
    "lineage_told": frozenset({"release", "day", "run", "events", "outcome"}),
    "exported": frozenset({"release", "day", "run", "recipient", "mechanism", "rows", "files", "verdict_hash"}),
    "export_deleted": frozenset({"release", "day"}),
    "refused": frozenset({"step", "release", "source", "day", "error"}),
    "cleaned": frozenset({"source", "day"}),
    "reidentification_requested": frozenset({"request", "requester", "release", "reason", "ticket", "seal"}),
    "reidentification_decided": frozenset({"request", "by", "decision"}),
    "reidentified": frozenset({"request", "requester", "release", "outcome"}),
    "answer_forgotten": frozenset({"request"}),
    "package_disclosed": frozenset({"reference", "right", "rows", "tables", "releases", "sha256"}),
    "package_forgotten": frozenset({"reference", "right"}),
    "expiry_planned": frozenset(
        {"plan", "day", "rows", "files", "dropped", "people", "companies", "held", "holds", "holds_on_record"}
        | {"leftovers", "forecast", "over_share", "due_since", "unpromised", "people_due", "people_soon"}
        | {"unforeseen", "unlike"}
    ),
    "expiry_approved": frozenset({"plan", "by"}),
    "commit_discarded": frozenset({"release", "version"}),
    "rows_expired": frozenset({"plan", "day", "release", "version", "rows", "files", "bytes_written"}),
    "expiry_done": frozenset({"plan", "day", "leftovers", "apart"}),
    "expiry_proved": frozenset({"plan", "day", "rows", "tokens", "files", "receipt"}),
    "erasure_planned": frozenset(
        {"plan", "day", "by", "requests", "rows", "files", "people", "held", "holds", "leftovers", "unlike"}
    ),
    "erasure_approved": frozenset({"plan", "by"}),
    "rows_erased": frozenset({"plan", "day", "release", "version", "rows", "files", "bytes_written"}),
    "erasure_done": frozenset({"plan", "day", "leftovers", "lists", "beside"}),
    "erasure_proved": frozenset({"plan", "day", "rows", "tokens", "files", "receipt"}),
    "rows_restricted": frozenset({"reference", "release", "lot", "version", "rows", "days"}),
    "rows_returned": frozenset({"reference", "release", "lot", "version", "rows", "days", "ended", "passed_on"}),
    "rows_corrected": frozenset({"reference", "release", "lot", "version", "rows", "days", "files"}),
    "suppressed": frozenset({"plan", "domain", "epoch", "entries", "through"}),
    "suppression_destroyed": frozenset({"domain", "epoch", "entries"}),
    "request_received": frozenset({"reference", "right", "received", "due"}),
    "request_verified": frozenset({"reference", "right", "began", "verified"}),
    "request_found": frozenset(
        {"reference", "right", "plan", "places", "rows", "files", "tokens", "epochs", "unlinkable", "outcome"}
        | {"asked"}
    ),
    "request_approved": frozenset({"reference", "right", "plan", "by"}),
    "request_done": frozenset(
        {"reference", "right", "plan", "by", "places", "rows", "files", "tokens", "kept", "together"}
        | {"receipt", "in_time", "made_again", "by_token", "apart", "unlinkable"}
    ),
    "request_refused": frozenset(
        {"reference", "right", "plan", "by", "ground", "in_part", "places", "rows", "files", "tokens", "kept"}
        | {"together", "receipt", "in_time"}
    ),
    "request_extended": frozenset({"reference", "right", "by", "reason", "due"}),
    "request_joined": frozenset({"reference", "right", "earlier"}),
    "request_lifted": frozenset({"reference", "right", "plan", "places", "rows", "files", "receipt"}),
    "incident": frozenset({"what", "release", "day", "plan", "count"}),
    "incident_acknowledged": frozenset({"incident", "release", "by"}),
    "key_opened": frozenset({"domain", "epoch", "fingerprint"}),
    "key_rewrapped": frozenset({"domain", "epoch", "fingerprint"}),
    "key_retired": frozenset({"domain", "epoch", "fingerprint"}),
    "key_destroyed": frozenset({"domain", "epoch", "fingerprint"}),
}  # fmt: skip
TAKEN = ("rows_expired", "rows_erased", "rows_restricted", "rows_returned", "rows_corrected")
"""Commits to a table that aren't publications."""
