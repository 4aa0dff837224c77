"""Categories as services, their questions as attributes, and the discovery document."""

from typing import Any

from chalicelib.agencies.directory import Directory
from chalicelib.agencies.models import Category, Question
from chalicelib.errors import NotInDirectory
from chalicelib.settings import settings

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
BASE = "/open311/v2"


def discovery(book: Directory) -> dict[str, Any]:
    """Where this city's endpoints are; `changeset` is when the directory last changed."""
    changeset = f"{book.changed_at[:19]}Z"
    return {
        "changeset": changeset,
        "contact": settings.sender_email,
        "key_service": f"{settings.public_url}/v1/docs",
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": f"{settings.public_url}{BASE}",
                "changeset": changeset,
                "type": "production",
                "formats": ["text/xml", "application/json"],
            }
        ],
    }


def listed(book: Directory, language: str) -> list[dict[str, Any]]:
    """All services, by code. What is to be called in by telephone takes no reports: it is none."""
    return [
        _service(code, category, language)
        for code, category in sorted(book.categories.items())
        if category.emergency is None
    ]


def definition(book: Directory, code: str, language: str) -> dict[str, Any]:
    """The attributes of a service; NotInDirectory when there is none of that code."""
    category = book.categories.get(code)
    if category is None or category.emergency is not None:
        raise NotInDirectory
    attributes = [
        _attribute(question, order, language)
        for order, question in enumerate(category.questions, 1)
    ]
    return {"service_code": code, "attributes": attributes}


def _service(code: str, category: Category, language: str) -> dict[str, Any]:
    # FixMyStreet keeps reports of a category to itself by this keyword.
    keywords = [*category.keywords, *(["private"] if category.private else [])]
    return {
        "service_code": code,
        "service_name": category.name.say(language),
        "description": category.name.say(language),
        "metadata": bool(category.questions),
        "type": "realtime",
        "keywords": ",".join(keywords),
        "group": category.group,
    }


def _attribute(question: Question, order: int, language: str) -> dict[str, Any]:
    return {
        "variable": True,
        "code": question.id,
        "datatype": "singlevaluelist" if question.type == "choice" else question.type,
        "required": question.required,
        "datatype_description": None,
        "order": order,
        "description": question.label.say(language),
        "values": [
            {"key": choice.id, "name": choice.label.say(language)} for choice in question.choices
        ],
    }
