"""Train live: a small GRU learns, and everything that moves in it is seen to move."""

import streamlit as st

from pages.ui import (
    share,
    train_controls,
    train_panel,
    train_tools,
    train_words,
    trained_offer,
)
from pages.ui.classroom import locks, unlocked
from pages.ui.components import clock
from pages.ui.state import control
from pages.ui.train_state import PAGE, QUERY_NAMES, changing, current
from pages.ui.words import label as _
from pages.ui.words import of_error, prose

TICK = 0.3  # seconds between two looks at the run

course = current()
st.session_state["train_drawn"] = course.version
with st.container(horizontal=True, vertical_alignment="center", key="train_bar"):
    st.markdown("### " + _("Train live"))
    train_controls.bar(course)


@st.fragment
def live() -> None:
    course = current()
    if st.session_state["train_drawn"] != course.version:
        st.rerun()  # another run, of which the bar above says something else
    train_controls.transport(course)
    with st.container(horizontal=True, vertical_alignment="center", key="train_progress"):
        experiment = course.experiment
        st.progress(course.run.checkpoint.step / experiment.steps, train_words.progress(course))
        train_tools.which_run(course)
        st.toggle(
            _("Log loss"),
            value=course.log,
            help=_("The loss on a logarithmic scale"),
            **control(PAGE, "log", course.log, lambda course, log: course.look(log=log)),
        )
        share.copy_link(PAGE, course.address, QUERY_NAMES)
        if course.longer_steps:
            st.button(
                _("Again, {steps} steps", steps=course.longer_steps),
                key="train_longer",
                icon=":material/fast_forward:",
                type="primary",
                help=train_words.longer(course),
                disabled=locks("steps"),
                on_click=changing(unlocked(lambda course: course.longer(), "steps")),
            )
    if course.notice:
        st.warning(of_error(course.notice))
    if course.reached:
        with st.container(horizontal=True, vertical_alignment="center", key="train_reached"):
            st.info(
                _(
                    "This address was at step {step}. The run itself was not kept, but the same "
                    "steps give the same numbers.",
                    step=course.reached,
                )
            )
            st.button(
                _("Do these {step} steps again", step=course.reached),
                key="train_again",
                on_click=changing(lambda course: course.go(course.reached)),
            )
    if broken := train_words.broken(course):
        st.warning(broken)
    if early := train_words.early(course):
        st.info(early)
    train_panel.panel(course)
    train_tools.tabs(course)
    clock(TICK if course.run.moving else None, leaving=trained_offer.BUTTONS, key="train_clock")


train_controls.look_at(course)
live()
with st.container(key="train_about"):
    st.markdown(prose(PAGE, "about"))
