"""Where the link to a question leads in a browser: the question, and a form for its answer."""

from html import escape

from chalicelib import pages, texts
from chalicelib.clock import moment
from chalicelib.reports.views import WaitingQuestion
from chalicelib.texts import city_form


def page(question: WaitingQuestion, token: str | None, language: str) -> str:
    """The question with its form; all that people wrote is text and nothing else.

    The form is a plain one: also the browser of an old or a cheap phone sends it.
    """

    def say(key: str, **facts: object) -> str:
        return escape(texts.say(f"question.{key}", language, **facts))

    until = city_form.local_time(moment(question.answer_until), language)
    return pages.page(
        f"<p>{say('about', number=question.number, title=question.title)}</p>"
        f"<h1>{escape(question.text)}</h1>"
        '<form method="post" action="answers">'
        f'<input type="hidden" name="token" value="{escape(token or "")}">'
        f'<label for="text">{say("yours")}</label>'
        '<textarea id="text" name="text" rows="5" maxlength="2000" required></textarea>'
        f"<small>{say('until', until=until)} {say('who')}</small><br>"
        f"<button>{say('send')}</button></form>",
        language,
    )


def taken(language: str) -> str:
    """That the answer has come."""
    return pages.page(f"<h1>{escape(texts.say('question.taken', language))}</h1>", language)
