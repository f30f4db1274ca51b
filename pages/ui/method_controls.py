"""The methods of stabilisation: which are used, their numbers, and a card for each."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from gru_core.errors import InputError
from gru_core.training.experiment import EXCLUSIVE, Experiment
from gru_core.training.stabilisers import METHODS, Method
from pages.ui import components
from pages.ui.fields import field
from pages.ui.state import S, control
from pages.ui.words import label as _
from pages.ui.words import of_error


def summary(experiment: Experiment) -> str:
    """What is chosen, in a few words."""
    names = [_(chosen.method.title) for chosen in experiment.methods]
    if not names:
        return _("Methods: none")
    return _("Methods: {names}", names=names[0] if len(names) == 1 else len(names))


def methods(
    page: str,
    experiment: Experiment,
    choose: Callable[[S, Sequence[dict[str, Any]]], S],
    of: str = "",
) -> None:
    """All methods with what each is for, those that are used ticked, with their cards.

    choose: the page's state with other methods, as ``Experiment.methods`` takes them. of: tells
    these apart from others on the same page.
    """
    used = {chosen.name: chosen.dial for chosen in experiment.methods}
    st.caption(
        _(
            "Choosing one starts the run anew. Clipping, decay and the learning rate can be "
            "changed on the way."
        )
    )
    for name, method in METHODS.items():
        refused = _refusal(experiment, name)
        ticked = name in used
        st.checkbox(
            _(method.title),
            ticked,
            help=refused or _("Treats: {symptom}.", symptom=_(method.treats)),
            **{
                "disabled": bool(refused) and not ticked,
                **control(
                    page,
                    f"method_{name}{of}",
                    ticked,
                    lambda state, on, name=name: choose(state, _with(used, name, on)),
                ),
            },
        )
        if ticked:
            _dial_and_card(page, experiment, method, used, choose, of)


def _dial_and_card(
    page: str,
    experiment: Experiment,
    method: Method,
    used: dict[str, float],
    choose: Callable[[S, Sequence[dict[str, Any]]], S],
    of: str,
) -> None:
    with st.container(border=True, key=f"{page}_card_{method.name}{of}"):
        if method.dial:
            field(
                page,
                replace(method.dial, name=f"dial_{method.name}{of}"),
                used[method.name],
                lambda state, dial: choose(state, _listed({**used, method.name: dial})),
            )
        card(page, method, experiment, of)


def card(page: str, method: Method, experiment: Experiment, of: str = "") -> None:
    """What a method treats and does not, its formula, its place, what to look at, its source."""
    treats, does_not, look_at = _(method.treats), _(method.does_not), _(method.look_at)
    st.latex(method.formula)
    components.place(
        method.acts,
        reset=experiment.reset,
        z=experiment.z,
        alt=_("The cell, with the places lit at which this method acts"),
        key=f"{page}_place_{method.name}{of}",
    )
    st.markdown(
        "\n".join(
            [
                "- " + _("**Treats:** {symptom}.", symptom=treats),
                "- " + _("**Does not treat:** {symptom}.", symptom=does_not),
                "- " + _("**Look at:** {figure}.", figure=look_at),
                "- " + _("**Source:** {source}", source=_(method.source)),
            ]
        )
    )


def _refusal(experiment: Experiment, name: str) -> str:
    """Why a method cannot be added, in the reader's language; empty if it can."""
    others = [chosen.name for chosen in experiment.methods]
    rivals = [o for group in EXCLUSIVE if name in group for o in others if o in group and o != name]
    if rivals:
        names = ", ".join(_(METHODS[rival].title) for rival in rivals)
        return _("Not together with: {names}.", names=names)
    try:
        experiment.changed(
            methods=[*(chosen.model_dump() for chosen in experiment.methods), {"name": name}]
            if name not in others
            else [chosen.model_dump() for chosen in experiment.methods]
        )
    except InputError as error:
        return of_error(error)
    return ""


def _with(used: dict[str, float], name: str, on: bool) -> list[dict[str, Any]]:
    rest = {other: dial for other, dial in used.items() if other != name}
    return [*_listed(rest), *([{"name": name}] if on else [])]


def _listed(used: dict[str, float]) -> list[dict[str, Any]]:
    return [{"name": name, "dial": dial} for name, dial in used.items()]
