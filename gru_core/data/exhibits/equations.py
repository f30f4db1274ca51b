"""Equations as they are printed, run beside those that are right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from gru_core.data.exhibits.cells import cell, drawn, noise, read
from gru_core.data.exhibits.shown import Bars, Line, Lines, Shown, Table, steps
from gru_core.errors import N_
from gru_core.maths import lstm
from gru_core.maths.bptt import backpropagate
from gru_core.maths.gru import Trace, sigmoid
from gru_core.maths.lstm import LSTMParameters
from gru_core.maths.parameters import Array
from gru_core.maths.rnn import relu

HOLD = 100
UNBOUNDED = 50


def extra_tanh() -> Shown:
    """A unit that is to keep 1, with h = h̃ and with h = tanh(h̃), at z = 0."""
    states = [1.0]
    for _ in range(HOLD):
        states.append(float(np.tanh(states[-1])))  # z = 0: h̃ is the old state
    t, squashed = np.arange(HOLD + 1, dtype=np.float64), np.array(states)
    law = np.full(HOLD + 1, np.nan)
    law[2:] = np.sqrt(3 / (2 * t[2:]))
    return Shown(
        N_(
            "With one tanh more in each step, {last} of the 1 is left after {steps} steps, about "
            "√(3/(2t)) = {law}; without it, 1."
        ),
        Lines(
            t,
            (
                Line("h = h̃", np.ones(HOLD + 1)),
                Line(N_("h = tanh(h̃), as printed"), squashed, wrong=True),
                Line("√(3/(2t))", law, late=True),
            ),
            (N_("step t"), N_("state h")),
            tease=4,
        ),
        {
            "last": f"{squashed[-1]:.3f}",
            "steps": str(HOLD),
            "law": f"{np.sqrt(3 / (2 * HOLD)):.3f}",
        },
    )


def dead_reset() -> Shown:
    """The gradient of every part of the reset gate, with and without U_n (r ∘ h)."""
    p = drawn(3, 4, seed=0)
    x = noise(20, 3, seed=1)
    d_h = np.ones((20, 4))
    largest = {}
    for name, parameters in (("full", p), ("none", replace(p, U_n=np.zeros((4, 4))))):
        gradients = backpropagate(read(parameters, x), d_h).d_parameters
        for part in ("W_r", "U_r", "b_r", "W_z", "U_z", "b_z"):
            largest[name, part] = float(np.abs(getattr(gradients, part)).max())
    parts = ("W_r", "U_r", "b_r", "W_z", "U_z", "b_z")
    rows = tuple((part, largest["full", part], largest["none", part]) for part in parts)
    return Shown(
        N_(
            "Over 20 steps the largest gradient of the reset gate's weights is {full} with "
            "U_n (r ∘ h), and exactly {none} without: whatever the loss, it never learns."
        ),
        Table(
            (N_("weights"), N_("largest |gradient|, with Uₙ(r∘h)"), N_("as printed, without it")),
            rows,
        ),
        {
            "full": f"{max(largest['full', part] for part in parts[:3]):.3g}",
            "none": f"{max(largest['none', part] for part in parts[:3]):g}",
        },
    )


def names_of_gates() -> Shown:
    """What is left of the old state with the gate called f shut and open, in GRU and LSTM."""
    old, new = 0.8, -0.5
    rows = []
    for f in (0.0, 1.0):
        # A bias of ±40 shuts or opens a gate to the last digit.
        bias = np.array([80.0 * f - 40.0])
        gru = read(
            cell(1, 1, b_z=bias, b_n=np.arctanh([new])), np.zeros((1, 1)), np.array([old])
        ).h[0, 0]
        zero, one = np.zeros((1, 1)), np.full(1, 40.0)
        parameters = LSTMParameters(
            *(zero,) * 8, b_i=-one, b_f=bias, b_g=np.arctanh([new]), b_o=one
        )
        c = lstm.unroll(parameters, np.zeros((1, 1)), c0=np.array([old])).c[0, 0]
        rows.append((f, round(float(gru), 12), round(float(c), 12)))
    return Shown(
        N_(
            "From an old {old} and a candidate {new}: article 001's f = 1 throws the old state "
            "away, an LSTM's forget gate f = 1 keeps it."
        ),
        Table(("f", N_("GRU of article 001: new h"), N_("LSTM, i = 0: new c")), tuple(rows)),
        {"old": f"{old:g}", "new": f"{new:g}"},
    )


def candidate_moves() -> Shown:
    """By how much the candidate moves when the bias of a gate is turned by 1."""
    p = drawn(3, 4, seed=2)
    x = noise(1, 3, seed=3)
    h0 = np.array([0.9, -0.7, 0.5, -0.3])
    n = read(p, x, h0).n
    moved = {
        gate: float(
            np.abs(
                read(replace(p, **{f"b_{gate}": getattr(p, f"b_{gate}") + 1.0}), x, h0).n - n
            ).max()
        )
        for gate in "zr"
    }
    return Shown(
        N_(
            "One step, both gates turned by 1 in turn: the candidate moves by {r} with the reset "
            "gate and by exactly {z} with the update gate."
        ),
        Bars(
            (N_("bias of r + 1"), N_("bias of z + 1")),
            (moved["r"], moved["z"]),
            N_("largest change of the candidate"),
        ),
        {gate: f"{moved[gate]:.3g}" for gate in "rz"},
    )


def not_probability() -> Shown:
    """The sum of eight gate values over time, beside a softmax of the same numbers."""
    trace = read(drawn(3, 8, seed=4, gain=2.0), noise(40, 3, seed=5))
    total = trace.z.sum(axis=1)
    powers = np.exp(trace.z_pre)
    return Shown(
        N_(
            "Eight gates of one layer add up to between {low} and {high}; only a softmax of the "
            "same numbers adds up to 1."
        ),
        Lines(
            steps(40),
            (
                Line(N_("sum of σ over the units"), total, wrong=True),
                Line(
                    N_("sum of a softmax over the units"),
                    (powers / powers.sum(axis=1, keepdims=True)).sum(axis=1),
                ),
            ),
            (N_("step t"), N_("sum over 8 units")),
        ),
        {"low": f"{total.min():.2f}", "high": f"{total.max():.2f}"},
    )


def gradient_of_u() -> Shown:
    """∂L/∂U_z of one step: ours, by differences, and by the article's formula."""
    p = drawn(2, 2, seed=6)
    x, h0 = noise(1, 2, seed=7), np.array([0.6, -0.9])
    trace = read(p, x, h0)
    d_h = np.array([[1.0, 1.0]])
    ours = backpropagate(trace, d_h).d_parameters.U_z
    slope = d_h[0] * (trace.n - trace.h_previous)[0] * (trace.z * (1 - trace.z))[0]
    printed = slope[:, None] * p.U_z  # ∂f/∂h where ∂f/∂U should stand
    rows = []
    for i in range(2):
        for j in range(2):
            nudge = np.zeros((2, 2))
            nudge[i, j] = 1e-6
            up, down = (
                read(replace(p, U_z=p.U_z + sign * nudge), x, h0).h.sum() for sign in (1, -1)
            )
            rows.append(
                (
                    f"U_z[{i + 1}, {j + 1}]",
                    float(ours[i, j]),
                    float((up - down) / 2e-6),
                    float(printed[i, j]),
                )
            )
    off = max(abs(row[3] - row[2]) for row in rows)
    return Shown(
        N_(
            "Differences of the loss agree with δ hᵀ to {agree}; the printed formula is off by up "
            "to {off}."
        ),
        Table(
            (N_("weight"), "δ hᵀ", N_("by differences"), N_("as printed")),
            tuple(rows),
        ),
        {
            "agree": f"{max(abs(row[1] - row[2]) for row in rows):.0e}",
            "off": f"{off:.2g}",
        },
    )


def one_step_only() -> Shown:
    """‖∂L/∂U_n‖ over the length: summed over all steps, and from the last step alone."""
    p = drawn(2, 8, seed=8, gain=1.5)
    p = replace(p, b_z=p.b_z - 2.0)  # gates that keep: what is early matters
    x = noise(40, 2, seed=9)
    lengths = np.array([1, 2, 3, 5, 8, 12, 20, 30, 40])
    norms = []
    for T in lengths:
        trace = read(p, x[:T])
        last = np.zeros((T, 8))
        last[-1] = 1.0
        whole = backpropagate(trace, last).d_parameters.W_n
        alone = backpropagate(_last_step(trace), last[-1:]).d_parameters.W_n
        norms.append((np.linalg.norm(whole), np.linalg.norm(alone)))
    both = np.array(norms)
    return Shown(
        N_(
            "At {T} steps the formulas without a sum give a gradient of W_n of norm {alone}; the "
            "whole one is {whole}. They agree only where there is one step."
        ),
        Lines(
            lengths.astype(np.float64),
            (
                Line(N_("summed over all steps"), both[:, 0]),
                Line(N_("one step, as printed"), both[:, 1], wrong=True),
            ),
            (N_("length T of the sequence"), "‖∂L/∂Wₙ‖"),
        ),
        {
            "T": str(lengths[-1]),
            "alone": f"{both[-1, 1]:.2f}",
            "whole": f"{both[-1, 0]:.2f}",
        },
    )


def _last_step(trace: Trace) -> Trace:
    return read(trace.parameters, trace.inputs[-1:], trace.h_previous[-1])


def keep_biases() -> Shown:
    """What is left of 1 without any input, for several biases of the update gate."""
    T = 60
    curves, half = [], {}
    for bias in (0.0, 1.0, 2.0, 4.0):
        trace = read(cell(1, 1, b_z=[-bias]), np.zeros((T, 1)), np.ones(1))
        curves.append((bias, trace.h[:, 0]))
        half[bias] = np.log(0.5) / np.log(trace.keep[0, 0])
    names = (
        N_("no bias, as printed"),
        N_("keep bias 1"),
        N_("keep bias 2"),
        N_("keep bias 4"),
    )
    return Shown(
        N_(
            "Without input, half of the state is gone after {none} step with no bias, and after "
            "{one}, {two} and {four} steps with keep biases 1, 2 and 4."
        ),
        Lines(
            steps(T),
            tuple(
                Line(name, h, wrong=bias == 0.0)
                for name, (bias, h) in zip(names, curves, strict=True)
            ),
            (N_("step t"), N_("state h")),
        ),
        {
            "none": f"{half[0.0]:.1f}",
            "one": f"{half[1.0]:.1f}",
            "two": f"{half[2.0]:.1f}",
            "four": f"{half[4.0]:.0f}",
        },
    )


def gate_functions() -> Shown:
    """|h| of one unit with four pairs of gate and candidate functions, on the same numbers."""
    x = noise(60, 1, seed=11)[:, 0]
    pairs: tuple[tuple[str, Callable[[Array], Array], Callable[[Array], Array]], ...] = (
        (N_("sigmoid gate, tanh candidate"), sigmoid, np.tanh),
        (N_("tanh gate, tanh candidate"), np.tanh, np.tanh),
        (N_("ReLU gate, tanh candidate"), relu, np.tanh),
        (N_("sigmoid gate, ReLU candidate"), sigmoid, relu),
    )
    lines = []
    for name, gate, candidate in pairs:
        h, states = np.array(0.5), []
        for value in x:
            z = gate(2.0 * value)
            h = (1 - z) * h + z * candidate(value + 1.5 * h)
            states.append(float(np.abs(h)))
        lines.append(Line(name, np.array(states), wrong=name != pairs[0][0]))
    largest = [f"{line.y.max():.2g}" for line in lines]
    return Shown(
        N_(
            "The largest |h| in 60 steps: {right} with sigmoid gates and a tanh candidate; {tanh} "
            "with a tanh gate, {relu} with a ReLU gate, {candidate} with a ReLU candidate. A "
            "weight below 0 or above 1 makes no mixture, and a candidate without a bound leaves "
            "the state without one."
        ),
        Lines(steps(60), tuple(lines), (N_("step t"), "|h|"), log=True, tease=2),
        dict(zip(("right", "tanh", "relu", "candidate"), largest, strict=True)),
    )


def untied_gates() -> Shown:
    """h' = f h + i n with f = i = 0.99 and n = 1, beside i = 1 − f."""
    f = 0.99
    untied, tied = np.empty(UNBOUNDED), np.empty(UNBOUNDED)
    a = b = 0.0
    for t in range(UNBOUNDED):
        untied[t] = a = f * a + f
        tied[t] = b = f * b + (1 - f)
    return Shown(
        N_(
            "After {steps} steps the state with two gates of its own is {untied}; with i = 1 − f, "
            "as in a GRU, it is {tied} and can never pass 1."
        ),
        Lines(
            steps(UNBOUNDED),
            (
                Line(N_("i = 1 − f, a GRU"), tied),
                Line(N_("f and i independent, both 0.99"), untied, wrong=True),
            ),
            (N_("step t"), N_("state h")),
            tease=3,
        ),
        {"steps": str(UNBOUNDED), "untied": f"{untied[-1]:.1f}", "tied": f"{tied[-1]:.2f}"},
    )


def reset_only() -> Shown:
    """r = 0 beside r = 1, with the update gate shut: the state does not move."""
    x = noise(30, 1, seed=12)
    lines: list[Line] = []
    candidates: list[Array] = []
    for name, bias in ((N_("h, reset gate open"), 40.0), (N_("h, reset gate shut"), -40.0)):
        trace = read(
            cell(1, 1, W_n=[[1.0]], U_n=[[2.0]], b_r=[bias], b_z=[-40.0]), x, np.array([0.8])
        )
        lines.append(Line(name, trace.h[:, 0]))
        candidates.append(trace.n[:, 0])
    moved = float(np.abs(lines[1].y - 0.8).max())
    lines += [
        Line(N_("candidate, reset gate open"), candidates[0]),
        Line(N_("candidate, reset gate shut"), candidates[1]),
    ]
    return Shown(
        N_(
            "With r = 0 for 30 steps, and z shut, the state moves by {moved}; only the candidate "
            "is another, by up to {candidate}."
        ),
        Lines(steps(30), tuple(lines), (N_("step t"), N_("value"))),
        {
            "moved": f"{moved:.0e}" if moved else "0",
            "candidate": f"{np.abs(candidates[0] - candidates[1]).max():.2f}",
        },
    )
