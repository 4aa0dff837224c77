"""A CloudFormation stack: how it is, what would change it, and the wait until it has changed."""

import itertools
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
# How CloudFormation says that a change set is empty: it "fails" with one of these reasons.
NOTHING = ("didn't contain changes", "No updates are to be performed")

Event = dict[str, Any]
Tell = Callable[[Event], None]


class StackFailed(Exception):
    """The stack is not as asked; the text has its status and the resources that failed."""


@dataclass(frozen=True)
class Proposal:
    """A change set that waits to be executed or discarded.

    `changes` are CloudFormation's `ResourceChange`s; `fresh` says that there was no stack before.
    """

    id: str
    stack_id: str
    fresh: bool
    nothing: bool
    changes: list[dict[str, Any]]


def find(cloudformation: Any, name: str) -> dict[str, Any] | None:
    """The stack as CloudFormation describes it, or None when there is none."""
    try:
        found: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return found


def outputs(stack: dict[str, Any]) -> dict[str, str]:
    """What the stack tells of itself, by name."""
    return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}


def parameters(stack: dict[str, Any]) -> dict[str, str]:
    """What the stack was last deployed with, by name."""
    return {one["ParameterKey"]: one["ParameterValue"] for one in stack.get("Parameters", [])}


def propose(
    cloudformation: Any, name: str, template: str, values: list[dict[str, Any]]
) -> Proposal:
    """A change set that creates the stack, or updates it.

    `template` is its address, `values` is CloudFormation's `Parameters`. StackFailed when the
    change set cannot be made, and then nothing is left of it.
    """
    stack = find(cloudformation, name)
    made = cloudformation.create_change_set(
        StackName=name,
        ChangeSetName=f"deploy-{uuid.uuid4().hex}",
        # A stack in review has no resources yet: only its first change set has been made.
        ChangeSetType="CREATE" if _unborn(stack) else "UPDATE",
        TemplateURL=template,
        Parameters=values,
        Capabilities=CAPABILITIES,
    )
    described, changes = _described(cloudformation, made["Id"])
    failed, reason = described["Status"] == "FAILED", described.get("StatusReason", "")
    nothing = failed and any(words in reason for words in NOTHING)
    proposal = Proposal(made["Id"], made["StackId"], stack is None, nothing, changes)
    if failed and not nothing:
        discard(cloudformation, proposal)
        raise StackFailed(f"The change set failed: {reason}")
    return proposal


def execute(cloudformation: Any, proposal: Proposal, tell: Tell) -> dict[str, Any]:
    """The stack after the proposed change; `tell` hears of each event on the way.

    StackFailed when CloudFormation had to roll back. What a failed change had created is gone
    again, also what the template retains: nobody has put anything into it.
    """
    before = latest_event(cloudformation, proposal.stack_id)
    cloudformation.execute_change_set(ChangeSetName=proposal.id, RetainExceptOnCreate=True)
    return settled(cloudformation, proposal.stack_id, before, tell)


def discard(cloudformation: Any, proposal: Proposal) -> None:
    """Delete the change set, and the stack without resources that it made if there was none."""
    cloudformation.delete_change_set(ChangeSetName=proposal.id)
    if not proposal.fresh:
        return
    cloudformation.delete_stack(StackName=proposal.stack_id)
    for pause in _pauses():
        stack = find(cloudformation, proposal.stack_id)
        if stack is None or stack["StackStatus"] == "DELETE_COMPLETE":
            break
        time.sleep(pause)


def latest_event(cloudformation: Any, stack: str) -> str | None:
    """The id of the last thing that happened to the stack; None when nothing has."""
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    return events[0]["EventId"] if events else None


def settled(cloudformation: Any, stack_id: str, after: str | None, tell: Tell) -> dict[str, Any]:
    """The stack once the operation that began after the event `after` has ended well.

    The stack's own last event says that it has ended: its status may still be the old one for a
    moment after the call that starts the operation. StackFailed with the events that failed.
    """
    seen: list[Event] = []
    for pause in _pauses():
        new = _events(cloudformation, stack_id, seen[-1]["EventId"] if seen else after)
        for event in new:
            tell(event)
        seen += new
        if any(_ends(event) for event in new):
            break
        time.sleep(pause)
    stack = find(cloudformation, stack_id)
    if stack is None or stack["StackStatus"] not in GOOD:
        raise StackFailed(_failures(seen))
    return stack


def _unborn(stack: dict[str, Any] | None) -> bool:
    return stack is None or stack["StackStatus"] == "REVIEW_IN_PROGRESS"


def _described(cloudformation: Any, change_set: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The change set once it is made, and all pages of its changes."""
    for pause in _pauses():
        described: dict[str, Any] = cloudformation.describe_change_set(ChangeSetName=change_set)
        if described["Status"] in ("CREATE_COMPLETE", "FAILED"):
            break
        time.sleep(pause)
    pages = cloudformation.get_paginator("describe_change_set").paginate(ChangeSetName=change_set)
    changes = [one["ResourceChange"] for page in pages for one in page.get("Changes", [])]
    return described, changes


def _events(cloudformation: Any, stack_id: str, after: str | None) -> list[Event]:
    """What has happened since the event `after`, oldest first; CloudFormation has newest first."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id)
    events = (event for page in pages for event in page["StackEvents"])
    return list(itertools.takewhile(lambda event: event["EventId"] != after, events))[::-1]


def _own(event: Event) -> bool:
    return bool(event["PhysicalResourceId"] == event["StackId"])


def _ends(event: Event) -> bool:
    return _own(event) and not event["ResourceStatus"].endswith("IN_PROGRESS")


def _failures(events: list[Event]) -> str:
    """Each resource that failed by itself; a cancelled one only stood beside it."""
    failed = [
        f"  {one['LogicalResourceId']}: {one.get('ResourceStatusReason', '')}"
        for one in events
        if one["ResourceStatus"].endswith("FAILED")
        and "cancelled" not in one.get("ResourceStatusReason", "")
    ]
    status = [one["ResourceStatus"] for one in events if _own(one)][-1]
    return "\n".join([status, *failed])


def _pauses() -> Iterator[float]:
    """Seconds between two looks: soon at first, then every five."""
    return (min(5.0, 0.05 * 1.5**times) for times in itertools.count())
