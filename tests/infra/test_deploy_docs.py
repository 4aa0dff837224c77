"""docs/deploy.md says what infra/resources.yaml is."""

import re
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from tests.local.engines import ROOT

DOCS = (ROOT / "docs" / "deploy.md").read_text()
TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "infra" / "resources.yaml").read_text())
ROW = re.compile(r"^\| `(\w+)` \| (none|empty|`[^`]+`) \| \S", re.MULTILINE)


def test_each_parameter_stands_in_the_table_with_its_default_and_no_other_does() -> None:
    assert dict(ROW.findall(section("Parameters"))) == {
        name: default(facts) for name, facts in TEMPLATE["Parameters"].items()
    }


def test_what_outlives_the_stack_is_named_and_nothing_else_is() -> None:
    retained = {name for name, facts in TEMPLATE["Resources"].items() if "DeletionPolicy" in facts}
    listed = re.findall(r"^- .*$", section("Tear-down"), re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(listed))) == retained


def test_what_is_retained_is_also_retained_when_it_is_replaced() -> None:
    policies = {
        name: (facts.get("DeletionPolicy"), facts.get("UpdateReplacePolicy"))
        for name, facts in TEMPLATE["Resources"].items()
    }
    assert {name for name, (one, other) in policies.items() if one != other} == set()


def section(title: str) -> str:
    return DOCS.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def default(facts: dict[str, Any]) -> str:
    if "Default" not in facts:
        return "none"
    return f"`{facts['Default']}`" if facts["Default"] else "empty"
