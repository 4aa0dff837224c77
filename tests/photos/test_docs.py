"""What docs/photos.md promises is what the code does."""

from pathlib import Path

from chalicelib import texts
from chalicelib.photos import checks, decoding, derivatives, models, reuse, sandbox, uploads
from chalicelib.photos.decoding import Reason
from chalicelib.photos.links import NAMES

PAGE = (Path(__file__).parents[2] / "docs" / "photos.md").read_text()


def table(heading: str) -> list[list[str]]:
    """The rows of the table that begins with this heading."""
    lines = PAGE[PAGE.index(f"| {heading} |") :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_states_are_those_of_the_code() -> None:
    assert table("state") == [[f"`{state}`", what] for state, what in models.STATES.items()]


def test_the_limits_of_the_formats_are_those_of_the_code() -> None:
    limits = {name: most for name, most in decoding.MOST_PIXELS.items() if name != "MPO"}
    assert {name: int(most) * 1_000_000 for name, most in table("format")} == limits
    assert decoding.MOST_PIXELS["MPO"] == limits["JPEG"]
    assert set(limits) == {*decoding.FORMATS, "HEIF"}


def test_the_other_guards_are_those_of_the_code() -> None:
    heif = sandbox.PROCESSOR_SECONDS, sandbox.WALL_SECONDS, sandbox.MEMORY_BYTES
    guards = (decoding.SHORTEST_SIDE, decoding.MOST_ELONGATED, decoding.MOST_SCANS)
    assert [limit for _, limit in table("guard")] == [
        *map(str, guards),
        ", ".join(f"{limit:,}" for limit in heif),
    ]


def test_every_reason_is_explained_and_has_its_sentence() -> None:
    reasons = [*Reason, models.FAILED]
    assert [name for name, _ in table("reason")] == [f"`{reason}`" for reason in reasons]
    assert all(texts.knows(f"photo.reason.{reason}") for reason in reasons)


def test_the_pictures_are_those_of_the_code() -> None:
    named = [name.strip("`") for row in table("picture") for name in row[0].split(", ")]
    assert named == list(NAMES)
    sides = [int(row[1]) for row in table("picture")]
    assert sides == [derivatives.LARGE, derivatives.MEDIUM, derivatives.SMALL]


def test_the_numbers_in_its_sentences_are_those_of_the_code() -> None:
    assert f"{uploads.BYTES_LIMIT // 1024**2} MB at most" in PAGE
    assert f"after {models.EVIDENCE_KEPT.days} days" in PAGE
    assert f"more than {reuse.SAME} of 64 bits" in PAGE
    assert f"{checks.CLOCK_ERROR.total_seconds() / 60:.0f} minutes allowed" in PAGE
