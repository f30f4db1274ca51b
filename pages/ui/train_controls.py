"""The controls of "Train live": what is trained and how, and the buttons of the run."""

from collections.abc import Mapping
from contextlib import AbstractContextManager

import streamlit as st

from gru_core.data.bounds import MAX_SEED, Parameter
from gru_core.data.tasks import TASK
from gru_core.training import experiment as e
from gru_core.training.presets import PRESETS
from pages.ui import components, method_controls
from pages.ui.classroom import locks, unlocked
from pages.ui.fields import field, select
from pages.ui.train_state import PAGE, Course, changing
from pages.ui.words import label as _

OWN = ""


def bar(course: Course) -> None:
    """What is trained, each group behind its own name."""
    chosen = course.experiment
    titles = {name: _(preset.title) for name, preset in PRESETS.items()}
    preset = course.preset if _is_preset(course) else OWN
    if preset == OWN:
        titles = {OWN: _("Your own experiment"), **titles}
    select(
        PAGE,
        "preset",
        _("Experiment"),
        titles,
        preset,
        lambda course, name: (
            course.begin(PRESETS[name].experiment, preset=name) if name else course
        ),
        label_visibility="collapsed",
        width=330,
    )
    task = chosen.about
    with st.popover(_(task.title), key="train_task"):
        _field(course, TASK)
        st.caption(_(task.needs))
        if task.length.low < task.length.high:
            _field(course, task.length)
        _choice(course, e.LOSS, task.losses)
        _field(course, e.EXAMPLES)
        if task.finite:
            _field(course, e.SPLIT)
        if task.source:
            st.caption(
                _(
                    "Source: {source} {licence}",
                    source=task.source.source,
                    licence=task.source.licence,
                )
            )
    with st.popover(_network(course), key="train_network"):
        for choice in _fields_of_network(course):
            _field(course, choice)
        st.caption(_("{count} parameters in each run", count=f"{chosen.parameters:,}"))
    with st.popover(method_controls.summary(chosen), key="train_methods"):
        method_controls.methods(
            PAGE, chosen, lambda course, methods: course.choose(methods=methods)
        )
    with st.popover(
        _("Optimiser: {name}", name=_(e.OPTIMISER.options[chosen.optimiser])), key="train_how"
    ):
        for choice in (e.OPTIMISER, e.SCHEDULE, e.WARM_UP, e.FEED, e.BATCH, e.TRUNCATE, e.L1, e.L2):
            _field(course, choice)
    size = _("{steps} steps, {runs} seeds", steps=chosen.steps, runs=chosen.runs)
    with st.popover(size, key="train_size"):
        for choice in (e.STEPS, e.RUNS, e.SEED, e.EVALUATE, e.PATIENCE):
            _field(course, choice)
        st.caption(
            _(
                "This run is {work} % of the work and {memory} % of the memory that one may take.",
                work=f"{100 * chosen.work / e.MAX_WORK:.2g}",
                memory=f"{100 * chosen.numbers / e.MAX_NUMBERS:.2g}",
            )
        )


def look_at(course: Course) -> None:
    """What to watch, why, and the cure, while the preset is what runs."""
    preset = PRESETS.get(course.preset)
    if not preset or not _is_preset(course):
        return
    with st.container(horizontal=True, vertical_alignment="center", key="train_look"):
        heading, text, why = _("Look at"), _(preset.look_at), _(preset.why)
        st.markdown(f":violet[**{heading}**] {text}", help=why, width="stretch")
        if not preset.cure:
            return
        if course.experiment == preset.experiment:
            st.button(
                _("Cure: {cure}", cure=_(preset.cure_title)),
                key="train_cure",
                disabled=locks("preset"),
                on_click=changing(unlocked(lambda course: course.begin(preset.cured), "preset")),
            )
        else:
            st.button(
                _("Back to the ailing run"),
                key="train_uncure",
                disabled=locks("preset"),
                on_click=changing(
                    unlocked(lambda course: course.begin(preset.experiment), "preset")
                ),
            )


def transport(course: Course) -> None:
    """Play, pause, steps, rewind, another seed; the dials that turn on the way; how far it is."""
    run, done = course.run, course.run.checkpoint.finished
    with st.container(horizontal=True, vertical_alignment="center", key="train_transport"):
        st.button(
            _("Pause") if run.playing else _("Play"),
            icon=":material/pause:" if run.playing else ":material/play_arrow:",
            key="train_play",
            type="primary",
            disabled=done,
            help=_("Key: space"),
            on_click=changing(play_or_pause),
        )
        for name, title, steps in (("one", _("1 step"), 1), ("ten", _("10 steps"), 10)):
            st.button(
                title,
                key=f"train_{name}",
                disabled=done,
                help=_("Key: →") if steps == 1 else None,
                on_click=changing(lambda course, steps=steps: course.go(steps)),
            )
        st.button(
            _("Rewind"),
            icon=":material/replay:",
            key="train_rewind",
            disabled=not run.checkpoint.step and not run.moving,
            help=_("To the same start, and on from there if it was playing. Key: r"),
            on_click=changing(rewind),
        )
        st.button(
            _("Stop"),
            icon=":material/stop:",
            key="train_stop",
            disabled=not run.moving,
            help=_("End this run and go back to its start. Pause keeps it where it is"),
            on_click=changing(stop),
        )
        st.button(
            _("New seed"),
            icon=":material/casino:",
            key="train_seed",
            help=_("Other first weights, other batches: what differs then was luck"),
            disabled=locks("seed"),
            on_click=changing(unlocked(new_seed, "seed")),
        )
        now = course.now
        with _dials("rate"):
            st.caption(_("Learning rate"), width="content")
            _dial(course, e.LEARNING_RATE, now.learning_rate)
        with _dials("clip"):
            st.caption(_("Clip"), width="content")
            _choice(
                course,
                e.CLIP,
                tuple(e.CLIP.options),
                now.clip,
                label_visibility="collapsed",
                width=122,
            )
            if now.clip != "none":
                _dial(course, e.CLIP_AT, now.clip_at)
    components.keys(
        {" ": "play", "ArrowRight": "one", "r": "rewind", "R": "rewind"},
        key="train_keys",
        on_key=pressed,
    )


def _dials(name: str) -> AbstractContextManager[object]:
    """What stays on one line with its name."""
    return st.container(
        horizontal=True,
        vertical_alignment="center",
        gap="small",
        width="content",
        key=f"train_dials_{name}",
    )


def play_or_pause(course: Course) -> Course:
    return course.quiet() if course.run.playing else course.go()


def rewind(course: Course) -> Course:
    """From the same start, playing if it was; what was changed on the way is to be changed anew."""
    again = stop(course)
    return again.go() if course.run.playing else again


def stop(course: Course) -> Course:
    """To the start, at rest."""
    return course.begin(course.experiment.changed(changes=()))


def new_seed(course: Course) -> Course:
    """The next seeds, none of them seen yet."""
    seed = course.experiment.seed + course.experiment.runs
    return course.choose(seed=seed if seed <= MAX_SEED else 0)


_KEYS = {"play": play_or_pause, "one": lambda course: course.go(1), "rewind": rewind}


def _pressed(course: Course) -> Course:
    act = _KEYS.get(st.session_state["train_keys"].key)
    if act is None or (course.run.checkpoint.finished and act is not rewind):
        return course
    return act(course)


pressed = changing(_pressed)


def _is_preset(course: Course) -> bool:
    preset = PRESETS.get(course.preset)
    if not preset:
        return False
    here = course.experiment.changed(changes=(), seed=preset.experiment.seed)
    return here in (preset.experiment, preset.cured.changed(seed=preset.experiment.seed))


def _network(course: Course) -> str:
    x = course.experiment
    cell = _(e.CELL.options[x.cell])
    if x.layers == 1:
        return _("{cell}, H = {hidden}", cell=cell, hidden=x.hidden)
    return _("{layers} × {cell}, H = {hidden}", layers=x.layers, cell=cell, hidden=x.hidden)


def _fields_of_network(course: Course) -> list[Parameter]:
    x = course.experiment
    shown: list[Parameter] = [e.CELL, e.HIDDEN, e.LAYERS, e.CANDIDATE]
    if x.cell == "gru":
        shown += [e.RESET, e.Z_WEIGHTS]
    shown.append(e.SCHEME)
    if x.scheme in ("orthogonal", "gaussian"):
        shown.append(e.GAIN)
    if x.cell != "rnn":
        shown.append(e.KEEP)
        if x.keep == "bias":
            shown.append(e.KEEP_BIAS)
    return shown


def _choose(name: str) -> object:
    def choose(course: Course, value: object) -> Course:
        choices: Mapping[str, object] = {name: value}
        if name == "cell" and value == "rnn":
            choices = {name: value, "keep": "none"}
        return course.choose(**choices)

    return choose


def _field(course: Course, choice: Parameter) -> None:
    field(PAGE, choice, getattr(course.experiment, choice.name), _choose(choice.name))


def _choice(
    course: Course, choice: e.OneOf, offered: tuple[str, ...], value: str = "", **look: object
) -> None:
    """One of some of the options."""
    live = choice.name in e.LIVE
    select(
        PAGE,
        choice.name,
        _(choice.title),
        {name: _(choice.options[name]) for name in offered},
        value or getattr(course.experiment, choice.name),
        (lambda course, name: course.change(choice.name, name)) if live else _choose(choice.name),
        **look,
    )


def _dial(course: Course, choice: e.Real, value: float) -> None:
    """A number that can be turned while the run goes on."""
    field(
        PAGE,
        choice,
        value,
        lambda course, value: course.change(choice.name, value),
        label_visibility="collapsed",
        width=135,
    )
