"""The controls of "Compare": the base, what each configuration does otherwise, and the buttons."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from gru_core.data.bounds import MAX_SEED, Parameter
from gru_core.data.tasks import TASK
from gru_core.training import experiment as e
from gru_core.training.comparison import MOST, READY, SAME, TITLE, Comparison
from gru_core.training.experiment import Experiment
from pages.ui import components, method_controls
from pages.ui.classroom import locks, unlocked
from pages.ui.compare_state import PAGE, Contest, changing
from pages.ui.compare_words import name_of
from pages.ui.fields import field, select
from pages.ui.state import control
from pages.ui.words import label as _

OWN = ""

_DIFFERING: Mapping[str, Parameter] = {
    choice.name: choice for choice in e.CHOICES if choice.name not in SAME
}


def bar(contest: Contest) -> None:
    """Which comparison, and what all configurations have in common."""
    titles = {name: _(ready.title) for name, ready in READY.items()}
    ready = READY.get(contest.ready)
    chosen = contest.ready if ready and ready.comparison == contest.comparison else OWN
    if chosen == OWN:
        titles = {OWN: _("Your own comparison"), **titles}
    select(
        PAGE,
        "ready",
        _("Comparison"),
        titles,
        chosen,
        lambda contest, name: contest.begin(READY[name].comparison, name) if name else contest,
        label_visibility="collapsed",
        width=380,
    )
    base = contest.comparison.base
    with st.popover(
        _("All: {task}, H = {hidden}", task=_(base.about.title), hidden=base.hidden),
        key="compare_base",
    ):
        for choice in (TASK, base.about.length, e.CELL, e.HIDDEN, e.LAYERS, e.SCHEME, e.KEEP):
            if choice.name != "length" or base.about.length.low < base.about.length.high:
                _base_field(base, choice)
        for choice in (e.OPTIMISER, e.LEARNING_RATE, e.CLIP, e.CLIP_AT, e.BATCH, e.EXAMPLES):
            _base_field(base, choice)
    size = _("{steps} steps, {runs} seeds", steps=base.steps, runs=base.runs)
    with st.popover(size, key="compare_size"):
        for choice in (e.STEPS, e.RUNS, e.SEED, e.EVALUATE):
            _base_field(base, choice)


def teaches(contest: Contest) -> None:
    """What a ready-made comparison shows, while it is what runs."""
    ready = READY.get(contest.ready)
    if ready and ready.comparison == contest.comparison:
        heading, text = _("Shows"), _(ready.teaches)
        with st.container(key="compare_look"):
            st.markdown(f":violet[**{heading}**] {text}")


def configurations(contest: Contest) -> None:
    """One button for each configuration, behind which it is changed; and one to add another."""
    comparison = contest.comparison
    with st.container(horizontal=True, vertical_alignment="center", key="compare_variants"):
        for which in range(len(comparison.variants)):
            with st.popover(
                f"{which + 1} · " + name_of(comparison, which), key=f"compare_variant_{which}"
            ):
                _variant(comparison, which)
        if len(comparison.variants) < MOST:
            st.button(
                _("Add a configuration"),
                icon=":material/add:",
                key="compare_add",
                disabled=locks("variants"),
                on_click=changing(unlocked(_added, "variants")),
            )


def transport(contest: Contest) -> None:
    """Play, pause, the start again, other seeds."""
    st.button(
        _("Pause") if contest.playing else _("Play"),
        icon=":material/pause:" if contest.playing else ":material/play_arrow:",
        key="compare_play",
        type="primary",
        disabled=contest.finished,
        help=_("Key: space"),
        on_click=changing(Contest.play_or_pause),
    )
    st.button(
        _("Rewind"),
        icon=":material/replay:",
        key="compare_rewind",
        help=_("Begin again from the same start. Key: r"),
        on_click=changing(lambda contest: contest.begin(contest.comparison)),
    )
    st.button(
        _("New seeds"),
        icon=":material/casino:",
        key="compare_seed",
        disabled=locks("seed"),
        on_click=changing(unlocked(_reseeded, "seed")),
    )
    st.toggle(
        _("log"),
        value=contest.log,
        help=_("Loss on a logarithmic scale"),
        **control(PAGE, "log", contest.log, lambda contest, log: contest.look(log=log)),
    )
    components.keys({" ": "play", "r": "rewind", "R": "rewind"}, key="compare_keys", on_key=pressed)


def _pressed(contest: Contest) -> Contest:
    action = st.session_state["compare_keys"].key
    if action == "play" and not contest.finished:
        return contest.play_or_pause()
    return contest.begin(contest.comparison) if action == "rewind" else contest


pressed = changing(_pressed)


def _variant(comparison: Comparison, which: int) -> None:
    variant, experiment = comparison.variants[which], comparison.experiments[which]
    _titled(variant.title, which)
    for name in variant.choices:
        choice = experiment.about.length if name == "length" else _DIFFERING.get(name)
        if choice:
            _own_field(experiment, choice, which)
    free = {
        name: _(choice.title) for name, choice in _DIFFERING.items() if name not in variant.choices
    }
    select(
        PAGE,
        f"differ_{which}",
        _("Do something otherwise"),
        {OWN: "–", **free},
        OWN,
        lambda contest, name: _set(contest, which, _another(experiment, name)) if name else contest,
    )
    with st.expander(method_controls.summary(experiment), key=f"compare_methods_{which}"):
        method_controls.methods(
            PAGE,
            experiment,
            lambda contest, methods: _set(contest, which, {"methods": methods}),
            f"_{which}",
        )
    with st.container(horizontal=True):
        st.button(
            _("Like the base"),
            key=f"compare_plain_{which}",
            disabled=not variant.choices or locks("variants"),
            on_click=changing(unlocked(lambda c: _replaced(c, which, {"choices": {}}), "variants")),
        )
        st.button(
            _("Remove"),
            key=f"compare_remove_{which}",
            disabled=len(comparison.variants) == 1 or locks("variants"),
            on_click=changing(unlocked(lambda contest: _removed(contest, which), "variants")),
        )


def _titled(title: str, which: int) -> None:
    st.text_input(
        _(TITLE.title),
        title,
        max_chars=TITLE.limit,
        **control(
            PAGE,
            f"title_{which}",
            title,
            lambda contest, title: _replaced(contest, which, {"title": title}),
        ),
    )


def _another(experiment: Experiment, name: str) -> dict[str, object]:
    """Another value than the present one, to begin with: the next option, or twice the number."""
    choice, now = _DIFFERING[name], getattr(experiment, name)
    if isinstance(choice, e.OneOf):
        options = list(choice.options)
        return {name: options[(options.index(now) + 1) % len(options)]}
    if isinstance(choice, e.Whole):
        return {name: min(choice.high, 2 * now) if now else min(choice.high, choice.low + 10)}
    return {name: min(choice.high, 2 * now) if now else min(choice.high, 0.01)}


def _base_field(base: Experiment, choice: Parameter) -> None:
    field(
        PAGE,
        choice,
        getattr(base, choice.name),
        lambda contest, value: contest.begin(_based(contest.comparison, choice.name, value)),
    )


def _based(comparison: Comparison, name: str, value: object) -> Comparison:
    choices = {name: value}
    if name == "cell" and value == "rnn":
        choices["keep"] = "none"
    base = comparison.base.changed(**choices)
    return Comparison.of({**comparison.model_dump(), "base": base.model_dump()})


def _own_field(experiment: Experiment, choice: Parameter, which: int) -> None:
    field(
        PAGE,
        replace(choice, name=f"{choice.name}_{which}"),
        getattr(experiment, choice.name),
        lambda contest, value: _set(contest, which, {choice.name: value}),
    )


def _set(contest: Contest, which: int, choices: Mapping[str, Any]) -> Contest:
    now = contest.comparison.variants[which].choices
    if choices.get("cell") == "rnn":
        choices = {**choices, "keep": "none"}
    return _replaced(contest, which, {"choices": {**now, **choices}})


def _replaced(contest: Contest, which: int, parts: Mapping[str, Any]) -> Contest:
    given = contest.comparison.model_dump()
    variants = list(given["variants"])
    variants[which] = {**variants[which], **parts}
    return contest.begin(Comparison.of({**given, "variants": variants}))


def _added(contest: Contest) -> Contest:
    given = contest.comparison.model_dump()
    last = given["variants"][-1]
    return contest.begin(
        Comparison.of({**given, "variants": [*given["variants"], {**last, "title": ""}]})
    )


def _removed(contest: Contest, which: int) -> Contest:
    given = contest.comparison.model_dump()
    variants = [v for place, v in enumerate(given["variants"]) if place != which]
    return contest.begin(Comparison.of({**given, "variants": variants}))


def _reseeded(contest: Contest) -> Contest:
    base = contest.comparison.base
    seed = base.seed + base.runs
    return contest.begin(_based(contest.comparison, "seed", seed if seed <= MAX_SEED else 0))
