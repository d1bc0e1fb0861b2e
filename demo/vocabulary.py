"""The platform's own words. A test holds them against ``policy/sources.yaml``."""

from __future__ import annotations

MODULES = ("dashboard", "promote", "monitor", "publish")
SERVICES = MODULES
PLANS = ("trial", "paid")
SECTORS = (
    "A Agriculture",
    "B Mining",
    "C Manufacturing",
    "D Energy",
    "E Water and waste",
    "F Construction",
    "G Trade",
    "H Transport",
    "I Accommodation and food",
    "J Information and communication",
    "K Finance and insurance",
    "L Real estate",
    "M Professional and scientific",
    "N Administrative and support",
    "O Public administration",
    "P Education",
    "Q Health and social work",
    "R Arts and recreation",
    "S Other services",
)
"""NACE Rev. 2 section letters with short names; T (households) and U (embassies) buy no such service."""
HEADCOUNT_BANDS = ("1-9", "10-49", "50-249", "250-999", "1000+")
CHANNELS = ("email", "phone", "chat", "form")
FEEDBACK_KINDS = ("question", "remark", "comment")
COOKIE_KINDS = ("session", "webtour", "csrf", "audience")
PURPOSES_BY_CONSENT = ("needs_and_interests", "audience_measurement")
RIGHTS = ("access", "portability", "rectification", "erasure", "restriction", "objection", "consent_withdrawal")
SUBJECT_KINDS = ("user", "company")
PERMISSIONS = ("private", "team", "company", "public")

OBJECT_OF = {
    "publish_content": "content",
    "create_target": "target",
    "open_document": "document",
    "download_document": "document",
    "edit_content": "content",
    "delete_content": "content",
    "change_permission": "document",
    "invite_member": "member",
    "export_report": "report",
    "update_profile": "profile",
}
"""Every action, with the type of object that it is done to."""
ACTIONS = tuple(OBJECT_OF)
OBJECT_TYPES = tuple(dict.fromkeys(OBJECT_OF.values()))

OUTCOME_OF = {
    "login_ok": "success",
    "login_failed": "failure",
    "logout": "success",
    "csrf_rejected": "blocked",
    "malware_upload": "blocked",
    "permission_denied": "failure",
}
"""Every kind of security event, with its outcome."""
SECURITY_KINDS = tuple(OUTCOME_OF)
OUTCOMES = ("success", "failure", "blocked")

VOCABULARIES = {
    ("companies", "sector"): SECTORS,
    ("companies", "headcount_band"): HEADCOUNT_BANDS,
    ("contracts", "service"): SERVICES,
    ("contracts", "plan"): PLANS,
    ("activity", "module"): MODULES,
    ("activity", "action"): ACTIONS,
    ("activity", "object_type"): OBJECT_TYPES,
    ("security_events", "kind"): SECURITY_KINDS,
    ("security_events", "outcome"): OUTCOMES,
    ("contacts", "channel"): CHANNELS,
    ("feedback", "kind"): FEEDBACK_KINDS,
    ("cookies", "kind"): COOKIE_KINDS,
    ("purchases", "service"): SERVICES,
    ("consents", "purpose"): PURPOSES_BY_CONSENT,
    ("legal_holds", "subject_kind"): SUBJECT_KINDS,
    ("subject_requests", "right"): RIGHTS,
}
"""Every column whose words are closed."""
