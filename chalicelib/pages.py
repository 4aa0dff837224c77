"""Plain pages for people whom a link brings here: one style, no scripts, nothing foreign."""

import base64
import hashlib
from html import escape
from typing import Any

from chalicelib import texts
from chalicelib.settings import settings

_STYLE = """
body { margin: 0 auto; max-width: 38rem; padding: 1.5rem 1.25rem; color: #14222c; background: #fff;
  font: 1.06rem/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  overflow-wrap: anywhere; }
header, small { color: #50606d; }
h1 { font-size: 1.35rem; line-height: 1.3; white-space: pre-wrap; }
label { display: block; font-weight: 600; margin: 1.4rem 0 .4rem; }
textarea { box-sizing: border-box; width: 100%; font: inherit; padding: .6rem .7rem;
  border: 1px solid #6e7b86; border-radius: 8px; }
button { font: inherit; font-weight: 600; margin-top: .8rem; padding: .7rem 1.6rem; color: #fff;
  background: #0c5356; border: 0; border-radius: 8px; }
"""

# How a policy names an inline style (CSP 3, section 2.3.1).
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}
"""No script runs on such a page, nobody keeps it, and nobody is told its address."""

# Refusals for which the link itself may be to blame.
_OF_A_LINK = (400, 401, 403, 404)


def page(body: str, language: str) -> str:
    """A whole page around HTML; what people wrote has to be escaped in it."""
    city = escape(settings.city_name)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="robots" content="noindex"><title>{city}</title><style>{_STYLE}</style></head>'
        f"<body><header>{city}</header><main>{body}</main></body></html>"
    )


def refusal(problem: dict[str, Any], language: str) -> str:
    """A refusal's members (RFC 9457) as a page."""
    said = [problem["detail"]]
    said += [f"{fault['field']}: {fault['message']}" for fault in problem.get("errors", [])]
    said += [texts.say("refusal.link", language)] if problem["status"] in _OF_A_LINK else []
    facts = f"{problem['status']} {problem['code']} {problem['request_id']}"
    return page(
        f"<h1>{escape(problem['title'])}</h1>"
        + "".join(f"<p>{escape(one)}</p>" for one in said)
        + f"<small>{escape(facts)}</small>",
        language,
    )
