"""What ails a run, by rule, with what led there; and what to try, one click away."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from gru_core.training.diagnosis import RULES, diagnose
from gru_core.training.record import Record
from gru_core.training.trainer import Checkpoint
from pages.ui.classroom import locks
from pages.ui.words import label as _
from pages.ui.words import of_error


def diagnosis(
    page: str,
    record: Record,
    checkpoint: Checkpoint,
    run: int,
    trying: Callable[[Mapping[str, Any]], Callable[[], None]],
) -> None:
    """The findings of one run, with buttons for the cures; below them every rule.

    trying: the callback of a button that tries these choices.
    """
    if not len(record):
        st.info(_("Nothing is trained yet: there is nothing to diagnose."))
        return
    for place, finding in enumerate(diagnose(record, checkpoint, run)):
        rule = RULES[finding.rule]
        st.markdown(_("**{title}.** {sentence}", title=_(rule.title), sentence=of_error(finding)))
        if not finding.cures:
            continue
        with st.container(horizontal=True, key=f"{page}_cures_{place}"):
            for number, cure in enumerate(finding.cures):
                st.button(
                    _("Try: {cure}", cure=_(cure.title)),
                    key=f"{page}_cure_{place}_{number}",
                    disabled=locks(*cure.choices),
                    on_click=trying(cure.choices),
                )
    with st.expander(_("All rules, with their thresholds"), key=f"{page}_rules"):
        for rule in RULES.values():
            sentence = " ".join([of_error(rule), _(rule.measure)])
            st.markdown(_("**{title}.** {sentence}", title=_(rule.title), sentence=sentence))
