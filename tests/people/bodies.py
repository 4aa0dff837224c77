"""A body for each call that names something in its path: read before it is asked who may."""

from typing import Any

BODIES: dict[str, dict[str, Any]] = {
    "PATCH /v1/reports/{report_id}": {"address": "Jalan Melati 5"},
    "POST /v1/reports/{report_id}/withdraw": {},
    "POST /v1/reports/{report_id}/confirmation": {"fixed": True},
    "POST /v1/reports/{report_id}/questions": {"text": "Di mana?"},
    "POST /v1/reports/{report_id}/answers": {"text": "Di sini."},
    "POST /v1/reports/{report_id}/claim": {},
    "POST /v1/reports/{report_id}/photos": {"count": 5},
    "POST /v1/reports/{report_id}/status": {"status": "confirmed"},
    "POST /v1/reports/{report_id}/merge": {"duplicate_of": "tiada"},
    "POST /v1/reports/{report_id}/assignee": {"assignee": "petugas"},
    "POST /v1/reports/{report_id}/notes": {"text": "Besok."},
    "POST /v1/reports/{report_id}/unmerge": {},
    "POST /v1/reports/{report_id}/comments": {"text": "Betul."},
    "POST /v1/reports/{report_id}/flags": {"reason": "other"},
    "POST /v1/reports/{report_id}/comments/{comment_id}/flags": {"reason": "other"},
    "POST /v1/admin/moderation/reports/{report_id}": {"action": "show"},
    "POST /v1/admin/moderation/comments/{report_id}/{comment_id}": {"action": "show"},
    "PUT /v1/admin/reasons/{status}/{code}": {"text": {"id": "Sudah.", "en": "Done."}},
    "PATCH /v1/webhooks/{id}": {},
    "POST /v1/webhooks/{id}/ping": {},
    "POST /v1/webhooks/{id}/rotate": {},
    "POST /v1/webhooks/{id}/replay": {},
    "POST /v1/admin/moderation/photos/{report_id}/{photo_id}/redactions": {
        "rectangles": [{"left": 0, "top": 0, "right": 1, "bottom": 1}]
    },
}
