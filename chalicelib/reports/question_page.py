"""Where the link to a question leads in a browser: the question, and a form for its answer."""

import base64
import hashlib
from html import escape

from chalicelib import texts
from chalicelib.clock import moment
from chalicelib.reports.views import WaitingQuestion
from chalicelib.settings import settings
from chalicelib.texts import city_form

HTML = "text/html"

_STYLE = """
body { margin: 0 auto; max-width: 38rem; padding: 1.5rem 1.25rem; color: #14222c; background: #fff;
  font: 1.06rem/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  overflow-wrap: anywhere; }
header { color: #50606d; } h1 { font-size: 1.35rem; line-height: 1.3; white-space: pre-wrap; }
label { display: block; font-weight: 600; margin: 1.4rem 0 .4rem; }
textarea { box-sizing: border-box; width: 100%; font: inherit; padding: .6rem .7rem;
  border: 1px solid #6e7b86; border-radius: 8px; }
button { font: inherit; font-weight: 600; margin-top: .8rem; padding: .7rem 1.6rem; color: #fff;
  background: #0c5356; border: 0; border-radius: 8px; } button:disabled { background: #6e7b86; }
output { display: block; margin-top: 1rem; font-weight: 600; } small { color: #50606d; }
"""

# The only thing that the page does by itself: API calls take JSON, which no plain form can send.
_SCRIPT = """
const form = document.querySelector("form"), said = document.querySelector("output");
const token = new URLSearchParams(location.search).get("token");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button"), text = form.elements.words.value;
  button.disabled = true;
  try {
    const answer = await fetch("answers", { method: "POST", body: JSON.stringify({ text, token }),
      headers: { "content-type": "application/json" } });
    button.disabled = answer.ok;
    said.textContent = answer.ok ? form.dataset.taken : (await answer.json()).detail;
  } catch {
    button.disabled = false;
    said.textContent = form.dataset.again;
  }
});
"""


def page(question: WaitingQuestion, language: str) -> str:
    """The question with its form; all that people wrote is text and nothing else."""

    def say(key: str, **facts: object) -> str:
        return escape(texts.say(f"question.{key}", language, **facts))

    until = city_form.local_time(moment(question.answer_until), language)
    return _whole(
        language,
        f"<p>{say('about', number=question.number, title=question.title)}</p>"
        f"<h1>{escape(question.text)}</h1>"
        f'<form data-taken="{say("taken")}" data-again="{say("again")}">'
        f'<label for="words">{say("yours")}</label>'
        '<textarea id="words" name="words" rows="5" maxlength="2000" required></textarea>'
        f"<small>{say('until', until=until)} {say('who')}</small><br>"
        f"<button>{say('send')}</button><output></output></form>"
        f"<noscript><p>{say('script')}</p></noscript><script>{_SCRIPT}</script>",
    )


def nothing(language: str) -> str:
    """That no question waits any more."""
    return _whole(language, f"<h1>{escape(texts.say('NothingAsked', language))}</h1>")


def headers() -> dict[str, str]:
    """Nothing foreign runs on the page, nobody keeps it, and nobody is told its address."""
    style, script = (_hash(part) for part in (_STYLE, _SCRIPT))
    policy = f"default-src 'none'; style-src {style}; script-src {script}; connect-src 'self'"
    return {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": f"{policy}; base-uri 'none'; frame-ancestors 'none'",
    }


def _whole(language: str, body: str) -> str:
    city = escape(settings.city_name)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{city}</title><style>{_STYLE}</style></head>"
        f"<body><header>{city}</header>{body}</body></html>"
    )


def _hash(part: str) -> str:
    """How a policy names an inline part (CSP 3, section 2.3.1)."""
    digest = hashlib.sha256(part.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
