"""docs/open311.md says what the code does."""

import re
from pathlib import Path

from chalicelib.open311 import searching, updates, words
from tests.open311.test_documents import FIELDS

PAGE = (Path(__file__).parents[2] / "docs" / "open311.md").read_text()


def test_the_table_has_each_field_once_in_order() -> None:
    table = PAGE.partition("| field |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == FIELDS


def test_the_limits_are_those_of_the_code() -> None:
    assert f"{searching.SPAN.days} days and {searching.COUNT_LIMIT:,} requests" in PAGE
    assert f"down to the {searching.DEPTH_LIMIT:,}th request" in PAGE
    assert f"{searching.RADIUS_M:,.0f} if not said, {searching.RADIUS_LIMIT_M:,.0f} at most" in PAGE
    assert f"{updates.SPAN.days} days apart at most" in PAGE
    assert f"up to {updates.COUNT_LIMIT:,} updates" in PAGE


def test_the_words_of_updates_are_those_of_the_code() -> None:
    for table in words.as_markdown().split("\n\n"):
        assert table.strip() in PAGE
