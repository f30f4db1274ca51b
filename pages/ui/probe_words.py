"""The texts of the gates on the probe sequence, and of the time machine."""

from typing import Any

from pages.ui.words import label as _
from pages.ui.words import template


def probe_words(names: str) -> dict[str, Any]:
    """The texts of the timeline while a network trains. names: of its maps, as "r, z, n, h"."""
    return {
        "alt": _(
            "The probe sequence, and maps of {names}: one row for each unit, one column for each "
            "step",
            names=names,
        ),
        "time": _("Step"),
        "unit": _("Unit"),
        "play": _("Play (space)"),
        "open": "",
        "save": _("Save as PNG"),
        "cannot_open": "",
        "moments": _("Time machine: after how many updates"),
        "replay": _("Replay how the gates came to be"),
        "before": _("before any update"),
        "after": template("after update {step}"),
        "now": template("now, after update {step}"),
    }
