"""What travels along Orange's links: the summary of a Configuration, known before any input is declared."""

import html

from orangewidget.utils.signals import PartialSummary, summarize

from ....port_types.configuration import Configuration

__all__ = ["Configuration"]


@summarize.register
def _summary(value: Configuration) -> PartialSummary:
    place = "sandbox" if value.is_sandbox else value.base_url.partition("//")[2].partition("/")[0]
    lines = [
        f"{field.label}: {value.non_default_values()[name]}"
        for name, field in value.fields().items()
        if name in value.non_default_values()
    ]
    return PartialSummary(place, "<br>".join(html.escape(line) for line in lines) or html.escape(value.base_url))
