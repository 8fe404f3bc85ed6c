"""Every alarm has its section in the runbook and its row in the documentation, under the name that it links to."""

from __future__ import annotations

import re

import pytest

from stacks import ROOT
from tests.components.test_monitoring import PARTS, default

ALARMS = sorted(
    each.name.removeprefix("monitoring-")
    for kind in ("MetricAlarm", "CompositeAlarm")
    for each in default().all(kind)
    if each.name not in PARTS
)


def anchors(page: str) -> list[str]:
    """What headings become as fragments: lower case, hyphens for spaces, no other punctuation (as GitHub does it)."""
    text = re.sub(r"^```.*?^```", "", (ROOT / page).read_text(), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#{1,6} (.+)$", text, re.MULTILINE)
    return [re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("name", ALARMS)
def test_link_of_the_alarm_leads_to_a_section(name: str) -> None:
    """The part of an alarm, too: its description is read beside the alarm's."""
    links = [
        alarm.inputs["alarmDescription"].rpartition(" Runbook: ")[2]
        for kind in ("MetricAlarm", "CompositeAlarm")
        for alarm in default().all(kind)
        if alarm.name == f"monitoring-{name}"
    ]

    assert len(links) == 1
    page, _, section = links[0].partition("#")
    assert anchors(page).count(section) == 1


@pytest.mark.parametrize("name", sorted(PARTS))
def test_link_of_a_part_leads_to_a_section(name: str) -> None:
    """It stands in the console beside the others."""
    (alarm,) = [each for each in default().all("MetricAlarm") if each.name == name]
    page, _, section = alarm.inputs["alarmDescription"].rpartition(" Runbook: ")[2].partition("#")

    assert anchors(page).count(section) == 1


def test_documentation_lists_every_alarm() -> None:
    """With a link to its section; one that is gone is not listed any more."""
    listed = re.findall(r"\(operations\.md#([\w-]+)\)", (ROOT / "docs" / "monitoring.md").read_text())

    assert sorted(set(listed)) == ALARMS
