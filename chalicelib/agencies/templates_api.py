"""HTTP of response templates."""

from msgspec import Struct

from chalicelib.agencies import directory, entries, templates
from chalicelib.agencies.models import Template
from chalicelib.errors import Fault, NotInDirectory, Unprocessable
from chalicelib.people.identity import Caller
from chalicelib.web import Routes

routes = Routes(__name__, "directory")


class TemplateOut(Template, frozen=True, kw_only=True):
    """A response template with its id."""

    id: str


class TemplateList(Struct, frozen=True):
    """Response templates."""

    items: list[TemplateOut]
    next: None = None


@routes.get("/v1/agency/templates")
def list_own_templates(caller: Caller) -> TemplateList:
    """The templates that the caller's agency can answer with."""
    usable = templates.usable(directory.current().templates, caller.agency_id)
    return TemplateList(entries.listed(usable, TemplateOut))


@routes.get("/v1/admin/templates")
def list_templates() -> TemplateList:
    """All response templates."""
    return TemplateList(entries.listed(directory.current().templates, TemplateOut))


@routes.put("/v1/admin/templates/{id}", problems=(Unprocessable,))
def put_template(id: str, body: Template) -> TemplateOut:
    """Create or replace a response template, of one agency or for all."""
    faults = templates.faults(body.text, "text")
    if body.agency is not None and body.agency not in directory.current().agencies:
        faults.append(Fault("agency", "fault.no_agency"))
    if faults:
        raise Unprocessable(*faults)
    return entries.put("template", id, body, TemplateOut)


@routes.get("/v1/admin/templates/{id}", problems=(NotInDirectory,))
def show_template(id: str) -> TemplateOut:
    """One response template."""
    return entries.one(directory.current().templates, id, TemplateOut)


@routes.delete("/v1/admin/templates/{id}", status=204)
def delete_template(id: str) -> None:
    """Delete a response template; what was answered with it stays as it was."""
    directory.remove("template", id)
