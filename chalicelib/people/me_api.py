"""HTTP of oneself: what the city knows of the caller's account, and the name to be shown."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from chalicelib.errors import Unprocessable
from chalicelib.people import profiles
from chalicelib.people.identity import Caller
from chalicelib.people.profiles import Profile
from chalicelib.web import Reply, Routes

routes = Routes(__name__, "oneself")

DisplayName = Annotated[str, Meta(min_length=2, max_length=40)]


class Me(Struct, frozen=True):
    """The caller's account; `display_name` is shown beside comments, None shows no name."""

    id: str
    role: str
    agency: str | None
    display_name: str | None


class MyChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; null takes the name away, also from what was said under it."""

    display_name: DisplayName | UnsetType | None = UNSET


@routes.get("/v1/me")
def show_me(caller: Caller) -> Reply[Me]:
    """The account that the caller is signed in with."""
    return _me(caller, profiles.profile_of(str(caller.sub)))


@routes.patch("/v1/me", problems=(Unprocessable,))
def change_me(body: MyChanges, caller: Caller) -> Reply[Me]:
    """Choose the name that is shown beside one's comments and in the leaderboard, or none."""
    sub = str(caller.sub)
    if body.display_name is UNSET:
        return _me(caller, profiles.profile_of(sub))
    return _me(caller, profiles.rename(sub, body.display_name))


def _me(caller: Caller, profile: Profile) -> Reply[Me]:
    view = Me(str(caller.sub), str(caller.role), caller.agency_id, profile.display_name)
    return Reply(view, headers={"Cache-Control": "no-store"})
