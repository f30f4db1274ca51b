"""The live part of each question: its dials, and what they move."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from gru_core.data import answers
from gru_core.data.answers import KINDS, Lines
from gru_core.data.gradient_study import power, study
from gru_core.data.gradient_view import GradientView
from gru_core.data.tasks import TASKS
from gru_core.figures.answers import Mark, count_bars, line_figure
from gru_core.figures.conventions import compare_conventions
from gru_core.figures.gradients import gradient_profiles
from gru_core.figures.histograms import gate_histograms
from gru_core.maths.convention import NAMED
from gru_core.training.question_view import QuestionView
from pages.ui.downloads import download
from pages.ui.gradient_words import curve_names
from pages.ui.question_controls import dial
from pages.ui.words import label as _

HEIGHT = 300
SPEED = "questions_speed"

Numbers = Mapping[str, Any]


def live(view: QuestionView) -> None:
    """The dials of the open question, and below them what they move."""
    numbers = view.numbers
    with st.container(key="questions_dials", gap="xxsmall"):
        for parameter in view.question.dials:
            dial(parameter, numbers[parameter.name])
    LIVE[view.q](numbers)


def _show(figure: Any, alt: str, height: int = HEIGHT) -> None:
    st.plotly_chart(
        figure, alt=alt, key="questions_figure", height=height, config={"displayModeBar": False}
    )


def _take(lines: Lines, name: str) -> None:
    download(f"question-{name}.csv", lines.to_csv)


def _cells(numbers: Numbers) -> None:
    D, H = numbers["D"], numbers["H"]
    counts = answers.counts(D, H, numbers["biases"])
    names = {"rnn": _("RNN"), "gru": _("GRU"), "lstm": _("LSTM")}
    _show(count_bars(counts, names), _("How many numbers an RNN, a GRU and an LSTM learn"), 190)
    st.markdown(
        _(
            "With D = {D} and H = {H} a GRU learns **{gru}** numbers: {of_lstm} % of an LSTM's, "
            "and {of_rnn} times an RNN's.",
            D=D,
            H=H,
            gru=f"{counts['gru']:,}",
            of_lstm=round(100 * counts["gru"] / counts["lstm"]),
            of_rnn=f"{counts['gru'] / counts['rnn']:.3g}",
        )
    )
    if st.button(_("Measure their speed here, now"), key="questions_measure"):
        with st.spinner(_("Measuring for about a second …")):
            from gru_core.training.speed import measure

            st.session_state[SPEED] = measure(D, H)
    speed = st.session_state.get(SPEED)
    if speed:
        ratios = {
            cell: _("{middle} × GRU ({low} to {high})", middle=m, low=low, high=high)
            for cell, each in speed.ratios.items()
            for low, m, high in [[f"{ratio:.2f}" for ratio in each]]
        }
        st.markdown(
            _(
                "Time of PyTorch's cells, forwards and backwards: RNN **{rnn}**, LSTM **{lstm}**.",
                rnn=ratios["rnn"],
                lstm=ratios["lstm"],
            )
        )
        st.caption(
            _(
                "Measured on this server with D = {D}, H = {H}, 30 steps of 16 sequences, on one "
                "thread, in {rounds} rounds in turn; in brackets the range over three blocks of "
                "rounds. Another machine or library gives other ratios.",
                D=speed.D,
                H=speed.H,
                rounds=speed.rounds,
            )
        )


def _count(numbers: Numbers) -> None:
    D, H = numbers["D"], numbers["H"]
    counts = answers.counts_by_library(D, H)
    chosen = {
        name: counts[name] for name in ("pytorch", "flax_linen", "keras_reset_before", "cho_v1")
    }
    names = {name: _(NAMED[name].title) for name in chosen}
    _show(count_bars(chosen, names), _("How many numbers one GRU layer has in four sources"), 230)
    st.markdown(
        _(
            "$3(H^2 + HD) + kH$ with D = {D}, H = {H}: **{two}** with k = 6, **{one}** with k = 3, "
            "and twice that in both directions: {both_two} and {both_one}.",
            D=D,
            H=H,
            two=f"{counts['pytorch']:,}",
            one=f"{counts['keras_reset_before']:,}",
            both_two=f"{2 * counts['pytorch']:,}",
            both_one=f"{2 * counts['keras_reset_before']:,}",
        )
    )


def _z_sign(numbers: Numbers) -> None:
    one, other = answers.two_readings(numbers["draw"], numbers["negated"] == "yes")
    names = [_("z on the old state"), _("z on the candidate")]
    _show(compare_conventions(one, other, names), _("The state over time by both formulas"))
    st.markdown(
        _(
            "The states of the two differ by at most **{difference}**.",
            difference=power(answers.difference(one, other)),
        )
    )


def _paper(numbers: Numbers) -> None:
    comparison = answers.two_places(numbers["mixing"])
    names = [_("reset after Uₙh (PyTorch)"), _("reset before Uₙ (the paper's last version)")]
    _show(
        compare_conventions(comparison.ours, comparison.theirs, names),
        _("The state over time with reset in both places"),
    )
    st.markdown(
        _(
            "The same weights give states that differ by at most **{difference}**.",
            difference=power(comparison.difference),
        )
    )


def _reset(numbers: Numbers) -> None:
    lines = answers.over_time(answers.closed(numbers["reset_bias"], numbers["update_bias"]))
    _show(
        line_figure(lines, {"h": "h", "n": "n"}, (_("step t"), ""), points=True),
        _("State and candidate of one unit over twelve steps"),
    )
    gates = [
        f"{answers.squashed(numbers[name])['sigmoid']:.4g}"
        for name in ("reset_bias", "update_bias")
    ]
    st.markdown(
        _(
            "r = {r}, z = {z}: of h = 0.8 at the start, h = **{h}** after twelve steps.",
            r=gates[0],
            z=gates[1],
            h=f"{lines.ys['h'][-1]:.3f}",
        )
    )
    _take(lines, "reset")


def _gates(numbers: Numbers) -> None:
    trace = answers.random_gates(numbers["gain"]).trace()
    gates = {"r": trace.r, "z": trace.z}
    names = {"r": _("reset gate r"), "z": _("update gate z")}
    _show(gate_histograms(gates, names), _("How often the gates take which value"))
    between = ((trace.z > 0.1) & (trace.z < 0.9)).mean()
    sums = trace.z.sum(axis=-1)
    st.markdown(
        _(
            "**{between} %** of z lie between 0.1 and 0.9. The z of the 32 units add up to {least} "
            "to {most}, not to 1.",
            between=round(100 * float(between)),
            least=f"{sums.min():.1f}",
            most=f"{sums.max():.1f}",
        )
    )


def _saturation(numbers: Numbers) -> None:
    a = numbers["a"]
    at = answers.squashed(a)
    lines = answers.squashing()
    names = {
        "sigmoid": _("σ(a)"),
        "tanh": _("tanh(a)"),
        "slope_sigmoid": _("slope of σ"),
        "slope_tanh": _("slope of tanh"),
    }
    marks = tuple(Mark(key, a, value, "") for key, value in at.items())
    _show(
        line_figure(lines, names, ("a", ""), marks),
        _("Sigmoid, tanh and their slopes, with one place marked"),
    )
    st.markdown(
        _(
            "At a = {a}: σ = {sigmoid} with slope **{slope}**, at most ¼; "
            "tanh = {tanh} with slope **{slope_tanh}**, at most 1.",
            a=f"{a:g}",
            sigmoid=f"{at['sigmoid']:.3f}",
            slope=f"{at['slope_sigmoid']:.2g}",
            tanh=f"{at['tanh']:.3f}",
            slope_tanh=f"{at['slope_tanh']:.2g}",
        )
    )


def _activation(numbers: Numbers) -> None:
    lines = answers.unbounded(numbers["weight"])
    names = {"tanh": "tanh", "relu": "ReLU"}
    _show(
        line_figure(lines, names, (_("step t"), "h"), log=True),
        _("The state of one recurrent unit with tanh and with ReLU"),
    )
    st.markdown(
        _(
            "h = f({weight} h + 0.1), forty times: **{relu}** with ReLU, **{tanh}** with tanh.",
            weight=f"{numbers['weight']:.2f}",
            relu=f"{lines.ys['relu'][-1]:.3g}",
            tanh=f"{lines.ys['tanh'][-1]:.3g}",
        )
    )
    _take(lines, "activation")


def _h_n(numbers: Numbers) -> None:
    both = answers.both_ways(numbers["length"])
    lines = both.lines()
    names = {"forward": _("output, forward half"), "backward": _("output, backward half")}
    marks = (
        Mark("forward", float(numbers["length"]), float(both.h_n[0, 0]), "h_n[0]"),
        Mark("backward", 1.0, float(both.h_n[1, 0]), "h_n[1]"),
    )
    _show(
        line_figure(lines, names, (_("step t"), _("h of the first unit")), marks, points=True),
        _("The states of both directions over time, with the two that h_n holds marked"),
    )
    gap = abs(both.h_n - both.last_output).max(axis=1)
    st.markdown(
        _(
            "h_n and output[-1] differ by **{forward}** in the forward half and by **{backward}** "
            "in the backward one, whose last state is at step 1.",
            forward=f"{gap[0]:.2g}",
            backward=f"{gap[1]:.2g}",
        )
    )
    _take(lines, "h_n")


def _vanishing(numbers: Numbers) -> None:
    small = GradientView(H=16, T=60, keep="bias", keep_bias=numbers["bias"])
    found = study(small)
    shown = {cell: found.norms[cell] for cell in ("gru", "rnn")}
    _show(
        gradient_profiles(shown, curve_names(), (_("step t"), "‖∂L/∂hₜ‖")),
        _("The norm of the gradient at every step, for a GRU and an RNN"),
    )
    reach = found.reach("gru")
    st.markdown(
        _(
            "With a keep bias of {bias}, **{ratio}** of the GRU's gradient of step 60 arrives at "
            "step 1 (16 units, untrained, median of three seeds).",
            bias=f"{numbers['bias']:g}",
            ratio=power(reach.ratio),
        )
    )
    download("question-vanishing.csv", lambda: found.table().to_csv(index=False))


def _memory(numbers: Numbers) -> None:
    bias, steps = numbers["keep_bias"], numbers["steps"]
    lines = answers.half_lives()
    half = answers.steps_to_halve(bias)
    mark = Mark("half_life", bias, half, _("{steps} steps", steps=f"{half:.3g}"))
    _show(
        line_figure(
            lines, {"half_life": ""}, (_("Keep bias"), _("half-life, steps")), (mark,), log=True
        ),
        _("Half-life along the leak path against the bias of the gate that keeps"),
    )
    st.markdown(
        _(
            "A gate at σ({bias}) = {keep} halves what it keeps every **{half}** steps. Of a state "
            "**{left}** is left after {steps} steps.",
            bias=f"{bias:g}",
            keep=f"{answers.squashed(bias)['sigmoid']:.3g}",
            half=f"{half:.3g}",
            left=power(answers.left_after(bias, steps)),
            steps=steps,
        )
    )
    _take(lines, "memory")


def _cure(numbers: Numbers) -> None:
    lines = answers.clipped(numbers["factor"])
    names = {"raw": _("as it is"), "clipped": _("clipped at 1")}
    _show(
        line_figure(lines, names, (_("steps back"), _("norm of the gradient")), log=True),
        _("The norm of a gradient over 50 steps back, as it is and clipped"),
    )
    st.markdown(
        _(
            "After 50 steps back the norm is **{raw}**; clipped at 1 it is **{clipped}**.",
            raw=power(float(lines.ys["raw"][-1])),
            clipped=power(float(lines.ys["clipped"][-1])),
        )
    )
    _take(lines, "cure")


def _on_state(numbers: Numbers) -> None:
    keep = answers.squashed(numbers["keep_bias"])["sigmoid"]
    lines = answers.dropped(keep, numbers["share"])
    names = {
        "candidate": _("dropout of the candidate"),
        "gated": _("of the weight of the new value"),
        "erasing": _("of the weight of the old state"),
    }
    _show(
        line_figure(lines, names, (_("step t"), _("share of h that is left"))),
        _("What is expected to be left of an old state under three dropouts"),
    )
    left = {name: power(float(y[20])) for name, y in lines.ys.items()}
    st.markdown(
        _(
            "After 20 steps at z = {keep}: **{candidate}** is left with dropout of the candidate, "
            "**{erasing}** with dropout of the old state.",
            keep=f"{keep:.3g}",
            candidate=left["candidate"],
            erasing=left["erasing"],
        )
    )
    _take(lines, "on-state")


def _rate(numbers: Numbers) -> None:
    H, rate = numbers["H"], float(numbers["rate"])
    start = H**-0.5
    count = answers.counts(16, H, "two")["gru"]
    with st.container(horizontal=True, key="questions_metrics"):
        st.metric(_("start of each weight, at most"), f"±{start:.2g}")
        st.metric(_("numbers to learn, D = 16"), f"{count:,}")
    st.markdown(
        _(
            "Adam moves a weight by about the rate in each step at most. To cross its own range, "
            "±1/√H = ±{start}, a weight needs about **{steps}** steps of {rate}.",
            start=f"{start:.2g}",
            steps=f"{max(1, round(2 * start / rate)):,}",
            rate=f"{rate:g}",
        )
    )


def _seeds(numbers: Numbers) -> None:
    seeds = numbers["seeds"]
    lines = answers.chances(8)
    chance = answers.by_chance(seeds)
    mark = Mark("chance", float(seeds), chance, f"{chance:.2g}")
    _show(
        line_figure(
            lines, {"chance": ""}, (_("Seeds of each method"), _("chance")), (mark,), log=True
        ),
        _("How likely it is that one of two equal methods seems better with every seed"),
    )
    st.markdown(
        _(
            "Two methods that are equal: with {seeds} seeds each, all runs of one lie below all "
            "runs of the other in **1 of {odds}** comparisons, by luck alone.",
            seeds=seeds,
            odds=f"{round(1 / chance):,}",
        )
    )
    _take(lines, "seeds")


def _forecast(numbers: Numbers) -> None:
    lines = answers.sunspots(numbers["order"])
    names = {
        "truth": _("sunspots"),
        "persistence": _("the year before, again"),
        "autoregression": _("AR({order})", order=numbers["order"]),
    }
    _show(
        line_figure(lines, names, (_("year"), "")),
        _("Sunspots of the last 62 years and two forecasts of one year ahead"),
    )
    errors = answers.rmse(lines)
    st.markdown(
        _(
            "Root mean square error over these 62 years: **{persistence}** for the year before, "
            "**{ar}** for AR({order}).",
            persistence=f"{errors['persistence']:.1f}",
            ar=f"{errors['autoregression']:.1f}",
            order=numbers["order"],
        )
    )
    _take(lines, "forecast")


def _missing(numbers: Numbers) -> None:
    lines = answers.gap(numbers["fill"], numbers["gap"])
    names = {"truth": _("what was"), "filled": _("what is fed"), "mask": _("mask, fed as well")}
    _show(
        line_figure(lines, names, (_("step t"), "x")),
        _("A sine with a gap, and what is filled in there"),
    )
    st.markdown(
        _(
            "Within the gap, what is fed is off by up to **{worst}**.",
            worst=f"{answers.worst(lines):.2f}",
        )
    )
    _take(lines, "missing")


def _kinds(numbers: Numbers) -> None:
    tasks = [TASKS[name] for name in KINDS[numbers["kind"]]]
    examples = [
        f"- **{title}**  \n  {answer} *{needs}*"
        for task in tasks
        for title, answer, needs in [tuple(map(_, (task.title, task.answer, task.needs)))]
    ]
    st.markdown("\n".join([_("In this app:"), "", *examples]))


def _libraries(numbers: Numbers) -> None:
    st.dataframe(
        [
            {
                "title": _(named.title),
                "z": {"state": _("the old state"), "candidate": _("the candidate")}[
                    named.convention.z_weights
                ],
                "reset": {"after": _("after"), "before": _("before")}[named.convention.reset],
                "k": named.bias_vectors,
                "source": named.source or None,
            }
            for named in NAMED.values()
        ],
        hide_index=True,
        height=330,
        column_config={
            "title": st.column_config.TextColumn(_("Source"), width=150),
            "z": st.column_config.TextColumn(_("z weights"), width=95),
            "reset": st.column_config.TextColumn(_("Reset"), width=65),
            "k": st.column_config.NumberColumn(_("Biases"), width=60),
            "source": st.column_config.LinkColumn(
                _("Its own text"), display_text=_("open"), width=75
            ),
        },
    )


LIVE: Mapping[str, Callable[[Numbers], None]] = {
    "cells": _cells,
    "count": _count,
    "z_sign": _z_sign,
    "paper": _paper,
    "reset": _reset,
    "gates": _gates,
    "saturation": _saturation,
    "activation": _activation,
    "h_n": _h_n,
    "vanishing": _vanishing,
    "memory": _memory,
    "cure": _cure,
    "on_state": _on_state,
    "rate": _rate,
    "seeds": _seeds,
    "forecast": _forecast,
    "missing": _missing,
    "kinds": _kinds,
    "libraries": _libraries,
}
"""By the keys of QUESTIONS; questions that need nothing beside their words have none."""
