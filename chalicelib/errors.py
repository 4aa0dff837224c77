"""Every refusal a caller can see. The class name is the wire code; its sentence is in the texts."""

import msgspec


class Fault(msgspec.Struct, frozen=True):
    """One thing wrong with the input: where, and a sentence about it by key and facts."""

    field: str
    key: str
    facts: dict[str, object] = {}


class Problem(Exception):
    """Answered as `application/problem+json` (RFC 9457); `facts` fill the sentence and go along."""

    status = 500

    def __init__(self, *faults: Fault, **facts: object) -> None:
        super().__init__(type(self).__name__)
        self.faults = faults
        self.facts = facts


class InternalError(Problem):
    """Something broke on our side; the log has it under the request id."""


class Malformed(Problem):
    """The body is not JSON."""

    status = 400


class InvalidInput(Problem):
    """Fields or parameters are missing, unknown or wrong; the faults name each."""

    status = 400


class NotIdentified(Problem):
    """The call needs a known caller, or the credentials are not valid."""

    status = 401


class NotAllowed(Problem):
    """The caller is known but has no right to this."""

    status = 403


class Banned(Problem):
    """The account may read but not write: moderators have banned it."""

    status = 403


class NoSuchPath(Problem):
    """There is nothing under this path."""

    status = 404


class ReportNotFound(Problem):
    """There is no such report, or it is not the caller's to see."""

    status = 404


class PhotoNotFound(Problem):
    """The report has no such photo."""

    status = 404


class NotInDirectory(Problem):
    """There is no such category, area, agency or route."""

    status = 404


class EndpointNotFound(Problem):
    """There is no such webhook endpoint of this agency."""

    status = 404


class EventNotFound(Problem):
    """There is no such event for this endpoint."""

    status = 404


class DigestNotFound(Problem):
    """There is no such scheduled report or run."""

    status = 404


class KeyNotFound(Problem):
    """There is no such API key, or it is another agency's."""

    status = 404


class RoleNotFound(Problem):
    """This account was given no role here: its token decides."""

    status = 404


class CommentNotFound(Problem):
    """The report has no such comment, or it is not the caller's to see."""

    status = 404


class CaseNotFound(Problem):
    """Nothing waits for a moderator under this id."""

    status = 404


class BanNotFound(Problem):
    """This account is not banned."""

    status = 404


class ExportNotFound(Problem):
    """No archive of this account was ordered, or it is over."""

    status = 404


class ImportNotFound(Problem):
    """There is no such import."""

    status = 404


class MethodNotAllowed(Problem):
    """The path exists, the method does not."""

    status = 405


class IllegalTransition(Problem):
    """The life cycle does not lead there; the answer names where it leads."""

    status = 409


class AlreadyActedOn(Problem):
    """The reporter can change a report only while nobody has acted on it."""

    status = 409


class ReportClosed(Problem):
    """A closed report stays as it is."""

    status = 409


class ReportChanged(Problem):
    """Somebody else changed the report first; the answer gives the current version."""

    status = 409


class CannotAsk(Problem):
    """A question takes an open report for which no other question waits."""

    status = 409


class NothingAsked(Problem):
    """No question waits for an answer: it was answered, or its time is over."""

    status = 409


class PhotoNotReady(Problem):
    """The photo has no pictures that could be changed; the answer gives its state."""

    status = 409


class RequestInProgress(Problem):
    """The same request is running at this moment; `Retry-After` says when to send it again."""

    status = 409


class EndpointChanged(Problem):
    """Somebody else changed the endpoint first."""

    status = 409


class PreconditionFailed(Problem):
    """`If-Match` names another state of the resource."""

    status = 412


class BodyTooLarge(Problem):
    """The body is longer than this call takes."""

    status = 413


class WrongMediaType(Problem):
    """The body is not of a media type that this call takes."""

    status = 415


class Unprocessable(Problem):
    """Well-formed, but it contradicts the directory or the rules; the faults name each."""

    status = 422


class CallEmergency(Problem):
    """This kind of problem is no report: call the number instead."""

    status = 422


class IdempotencyMismatch(Problem):
    """The idempotency key was used before with another body."""

    status = 422


class TooManyRequests(Problem):
    """Slow down; `Retry-After` says how long."""

    status = 429
