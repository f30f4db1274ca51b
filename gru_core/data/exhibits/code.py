"""The articles' programs, written anew with the same mistakes and run until they show."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from gru_core.data import scaling
from gru_core.data.exhibits.cells import cell, drawn, noise, read
from gru_core.data.exhibits.shown import Bars, Cell, Line, Lines, Shown, Table, steps
from gru_core.data.missing import fill_missing
from gru_core.data.series import SERIES
from gru_core.errors import N_
from gru_core.maths.gru import sigmoid
from gru_core.maths.parameters import Array

# --- Articles 000 and 002: a layer of its own ----------------------------------------------------


class Layer000:
    """A NumPy twin of that layer: its one W, U and b, its gates and what it returns.

    activation, regulariser: stored and never read, as there. recurrent: whether there is a U.
    """

    def __init__(
        self,
        D: int,
        H: int,
        activation: str = "tanh",
        regulariser: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        recurrent: bool = True,
    ) -> None:
        rng = np.random.default_rng(0)
        self.W = rng.normal(size=(D, H)) / np.sqrt(D)
        self.U = rng.normal(size=(H, H)) / np.sqrt(H) if recurrent else None
        self.b = np.zeros(H)
        self.activation, self.regulariser = activation, regulariser
        self.return_sequences, self.return_state = return_sequences, return_state

    def gates(self, x: Any, h: Any) -> tuple[Array, Array, Array, Array]:
        """r, z, the candidate and the output."""
        r = sigmoid(x @ self.W + h @ self.U + self.b)
        z = sigmoid(x @ self.W + h @ self.U + self.b)
        candidate = np.tanh(x @ self.W + h @ self.U * (1 - r) + self.b)
        return r, z, candidate, r * h + (1 - r) * candidate

    def __call__(self, x: Any, h: Any = None, mask: Any = None) -> Any:
        r, z, candidate, output = self.gates(x, h)
        if self.return_sequences:
            return [output, candidate]
        if self.return_state:
            return [r, z, candidate]
        return output


def same_weights() -> Shown:
    """r and z of one unit over time: of the article's layer, and of a GRU with its own weights."""
    T, layer = 30, Layer000(3, 8)
    x = noise(T, 3, seed=20)
    h = np.zeros(8)
    r, z = np.empty((2, T))
    largest = 0.0
    for t in range(T):
        of_r, of_z, _, h = layer.gates(x[t], h)
        r[t], z[t] = of_r[0], of_z[0]
        largest = max(largest, float(np.abs(of_r - of_z).max()))
    ours = read(drawn(3, 8, seed=21), x)
    return Shown(
        N_(
            "The two gates of the article's layer differ by {article} in 30 steps; those of a GRU "
            "with a matrix for each, by up to {ours}."
        ),
        Lines(
            steps(T),
            (
                Line(N_("article's r"), r, wrong=True),
                Line(N_("article's z"), z, wrong=True),
                Line(N_("r of a GRU"), ours.r[:, 0]),
                Line(N_("z of a GRU"), ours.z[:, 0]),
            ),
            (N_("step t"), N_("gate of unit 1")),
        ),
        {"article": f"{largest:g}", "ours": f"{np.abs(ours.r - ours.z).max():.2f}"},
    )


def update_gate_unused() -> Shown:
    """The largest change of the output when the update gate is forced to 0 and to 1."""
    x, h = noise(1, 3, seed=22)[0], np.linspace(-0.9, 0.9, 8)

    class Forced(Layer000):
        def gates(self, x: Any, h: Any) -> tuple[Array, Array, Array, Array]:
            r, _, candidate, output = super().gates(x, h)
            return r, np.ones_like(r), candidate, output

    article = float(np.abs(Forced(3, 8)(x, h) - Layer000(3, 8)(x, h)).max())
    shut, opened = (
        read(cell(3, 8, W_n=noise(8, 3, seed=23), b_z=np.full(8, bias)), x[None], h).h
        for bias in (-40.0, 40.0)
    )
    ours = float(np.abs(shut - opened).max())
    return Shown(
        N_(
            "Forced to another value, the update gate changes the article's output by {article}; "
            "in a GRU, between shut and open, it changes it by {ours}."
        ),
        Bars(
            (N_("article's layer"), N_("GRU")),
            (article, ours),
            N_("largest change of the output"),
            wrong=("article's layer",),
        ),
        {"article": f"{article:g}", "ours": f"{ours:.2f}"},
    )


def turned_round() -> Shown:
    """How much of the old state reaches the candidate, over the value of the reset gate."""
    r = np.linspace(0, 1, 51)
    return Shown(
        N_(
            "At r = {low}, a reset gate nearly shut, a GRU lets {right} of U h into its candidate "
            "and the article's layer {wrong}."
        ),
        Lines(
            r,
            (Line(N_("GRU: r"), r), Line(N_("as printed: 1 − r"), 1 - r, wrong=True)),
            (N_("reset gate r"), N_("share of U h in the candidate")),
        ),
        {"low": "0.1", "right": f"{r[5]:.0%}", "wrong": f"{1 - r[5]:.0%}"},
    )


def no_loop() -> Shown:
    """The largest change at every step when only the first input is changed."""
    T = 20
    x = noise(T, 3, seed=24)
    other = x.copy()
    other[0] += 1.0
    layer, h = Layer000(3, 8), np.zeros((T, 8))  # one product for all steps: no h to hand on
    article = np.abs(layer(other, h) - layer(x, h)).max(axis=1)
    p = drawn(3, 8, seed=25, gain=1.5)
    ours = np.abs(read(p, other).h - read(p, x).h).max(axis=1)
    return Shown(
        N_(
            "Only the first of {T} inputs is changed. In the article's layer the second step moves "
            "by {article}, in a GRU by {ours}: without a loop over time there is no memory."
        ),
        Lines(
            steps(T),
            (Line(N_("GRU"), ours), Line(N_("article's layer"), article, wrong=True)),
            (N_("step t"), N_("largest change of the output")),
            tease=1,
        ),
        {"T": str(T), "article": f"{article[1]:g}", "ours": f"{ours[1]:.2g}"},
    )


def attempt(run: Callable[[], object]) -> str:
    """What comes of it: the kind of the error, or "runs"."""
    try:
        run()
    except Exception as error:  # whatever it is, it is what is to be shown
        return type(error).__name__
    return N_("runs")


def _tried(
    sentence: str, tries: tuple[tuple[str, Callable[[], object]], ...], **values: str
) -> Shown:
    rows = tuple((what, attempt(run)) for what, run in tries)
    return Shown(sentence, Table((N_("what is run"), N_("what comes of it")), rows), values)


def no_states() -> Shown:
    """The layer as Keras calls it, without a state, and with one."""
    layer, x = Layer000(3, 8), noise(1, 3, seed=26)[0]
    return _tried(
        N_(
            "Called as the article's model calls it, with inputs alone, the layer multiplies "
            "nothing by a matrix and stops."
        ),
        (
            ("layer(x)", lambda: layer(x)),
            ("layer(x, h=zeros(8))", lambda: layer(x, np.zeros(8))),
        ),
    )


def without_u() -> Shown:
    """The branch for a layer without U, which is the one that uses U."""
    layer, x = Layer000(3, 8, recurrent=False), noise(1, 3, seed=26)[0]
    with_u = Layer000(3, 8)
    return _tried(
        N_(
            "The simple branch is chosen exactly when there is no U, and its first line multiplies "
            "by U: it cannot run."
        ),
        (
            ("recurrent_initializer=None", lambda: layer(x, np.zeros(8))),
            ("recurrent_initializer='orthogonal'", lambda: with_u(x, np.zeros(8))),
        ),
    )


def what_returns() -> Shown:
    """What comes back for the four settings of two flags, and what a Keras GRU promises."""
    x, h = noise(5, 3, seed=27), np.zeros((5, 8))
    promised = {
        (False, False): N_("last output"),
        (True, False): N_("all outputs"),
        (False, True): N_("last output, state"),
        (True, True): N_("all outputs, state"),
    }
    rows = []
    for (sequences, state), right in promised.items():
        layer = Layer000(3, 8, return_sequences=sequences, return_state=state)
        back = layer(x, h)
        if not isinstance(back, list):
            got = N_("output")
        else:
            got = N_("output, candidate") if len(back) == 2 else N_("r, z, candidate")
        rows.append((str(sequences), str(state), got, right))
    return Shown(
        N_(
            "With return_sequences=True the layer hands back the output and the candidate, and "
            "{alike} of the 2 settings of return_state hand back the same."
        ),
        Table(
            (
                "return_sequences",
                "return_state",
                N_("article's layer returns"),
                N_("a Keras GRU returns"),
            ),
            tuple(rows),
        ),
        {"alike": str([rows[1][2], rows[3][2]].count(rows[1][2]))},
    )


def ignored_options() -> Shown:
    """By how much the output changes when an option is set that the layer never reads."""
    x, h = noise(1, 3, seed=28)[0], np.linspace(-0.5, 0.5, 8)
    plain = Layer000(3, 8)(x, h)
    changes = (
        ("activation='relu'", Layer000(3, 8, activation="relu")(x, h)),
        ("kernel_regularizer=0.1", Layer000(3, 8, regulariser=0.1)(x, h)),
        ("mask=False", Layer000(3, 8)(x, h, mask=np.zeros(1, dtype=bool))),
    )
    rows = tuple((name, float(np.abs(output - plain).max())) for name, output in changes)
    return Shown(
        N_("Three options set one after the other change the output by {most} at most."),
        Table((N_("option"), N_("largest change of the output")), rows),
        {"most": f"{max(row[1] for row in rows):g}"},
    )


# --- Article 001 ---------------------------------------------------------------------------------


def ellipsis() -> Shown:
    """Two names for three dots, and for a pair of arrays."""

    def unpacked(value: Any) -> object:
        x_train, y_train = value
        return x_train, y_train

    return _tried(
        N_("Three dots are an object of Python, and no pair: the line before training stops."),
        (
            ("X_train, y_train = ...", lambda: unpacked(...)),
            ("X_train, y_train = X, y", lambda: unpacked((np.zeros((2, 5, 1)), np.zeros(2)))),
        ),
    )


# --- Article 003 ---------------------------------------------------------------------------------

_X = np.array([[1.0, 2], [3, 4], [5, 6]])
_Y = np.array([10.0, 20, 30])


def shape_of_x() -> Shown:
    """The axes of the article's X, asked for one by one."""
    return _tried(
        N_("X has {axes} axes, of {sizes} numbers; the third that the code asks for is not there."),
        tuple((f"X.shape[{axis}]", partial(_X.shape.__getitem__, axis)) for axis in range(3)),
        axes=str(_X.ndim),
        sizes=" × ".join(map(str, _X.shape)),
    )


def shape_of_y() -> Shown:
    """The axes of the article's y, as it is and with one column."""
    column = _Y[:, None]
    return _tried(
        N_("y has {axes} axis; the second that the code asks for is not there."),
        (
            ("y.shape[0]", lambda: _Y.shape[0]),
            ("y.shape[1]", lambda: _Y.shape[1]),
            ("y.reshape(-1, 1).shape[1]", lambda: column.shape[1]),
        ),
        axes=str(_Y.ndim),
    )


def two_axes() -> Shown:
    """The 3 × 2 numbers read as one sequence, and as three."""
    rng = np.random.default_rng(29)
    one = read(cell(2, 1, W_n=rng.normal(size=(1, 2)), U_n=[[0.5]]), scaled(_X))
    three = read(cell(1, 1, W_n=rng.normal(size=(1, 1)), U_n=[[0.5]]), scaled(_X).T[..., None])
    rows: tuple[tuple[Cell, ...], ...] = (
        (N_("one sequence: 3 steps of 2 numbers"), "(1, 3, 2)", 3, *_cells(one.h[-1])),
        (N_("three sequences: 2 steps of 1 number"), "(3, 2, 1)", 2, *_cells(three.h[-1])),
    )
    return Shown(
        N_(
            "The same six numbers are {one} sequence or {three}, with {one} answer or {three}; a "
            "table of two axes does not say which."
        ),
        Table(
            (
                N_("reading"),
                N_("shape"),
                N_("steps of memory"),
                N_("state 1"),
                N_("state 2"),
                N_("state 3"),
            ),
            rows,
        ),
        {"one": "1", "three": "3"},
    )


def _cells(values: Array) -> tuple[str, ...]:
    shown = [f"{value:.3f}" for value in np.ravel(values)]
    return tuple([*shown, "", ""][:3])


def scaled(values: Array) -> Array:
    """Column by column from 0 to 1."""
    return scaling.fit(values, "min_max").apply(values)


def leaking_scaler() -> Shown:
    """CO₂ scaled to 0–1, by a scaler that saw all of it and by one that saw the training part."""
    series = SERIES["co2"].values[:, np.newaxis]
    values = fill_missing(series, "interpolate", ("CO₂",)).values
    cut = round(0.8 * len(values))
    leaky = scaling.fit(values, "min_max").apply(values)[:, 0]
    honest = scaling.fit(values[:cut], "min_max").apply(values)[:, 0]
    thin = slice(None, None, 8)
    return Shown(
        N_(
            "Fitted on everything, the largest test value is exactly {leaky}: the scale already "
            "knew the future maximum. Fitted on the first 80 %, it is {honest}."
        ),
        Lines(
            steps(len(values))[thin],
            (
                Line(N_("scaler fitted before the split"), leaky[thin], wrong=True),
                Line(N_("scaler fitted on the first 80 %"), honest[thin]),
            ),
            (N_("week"), N_("scaled CO₂")),
        ),
        {"leaky": f"{leaky[cut:].max():g}", "honest": f"{honest[cut:].max():.2f}"},
    )


def shuffled_split() -> Shown:
    """A forecaster that only knows the date, judged by a shuffled split and by the last weeks."""
    series = SERIES["co2"].values
    times = np.flatnonzero(np.isfinite(series))
    values = series[times]
    test = np.zeros(len(times), dtype=bool)
    rng = np.random.default_rng(30)
    shuffled, last = test.copy(), test.copy()
    shuffled[rng.permutation(len(times))[: len(times) // 5]] = True
    last[-(len(times) // 5) :] = True
    errors = [nearest_week(times, values, part) for part in (shuffled, last)]
    return Shown(
        N_(
            "Each test week is answered with the nearest training week. Shuffled, that gives an "
            "error of {shuffled} ppm; with the last 20 % as test, {last} ppm: {times} times as "
            "much, by a method that has learned nothing."
        ),
        Bars(
            (N_("shuffled split"), N_("last 20 % as test")),
            (errors[0], errors[1]),
            N_("root mean square error, ppm"),
            wrong=("shuffled split",),
        ),
        {
            "shuffled": f"{errors[0]:.2f}",
            "last": f"{errors[1]:.2f}",
            "times": f"{errors[1] / errors[0]:.0f}",
        },
    )


def nearest_week(times: npt.NDArray[np.int64], values: Array, test: npt.NDArray[np.bool_]) -> float:
    """RMSE on `test` of answering with the value of the nearest time that is not in it."""
    known, wanted = times[~test], times[test]
    nearest = np.abs(wanted[:, None] - known[None, :]).argmin(axis=1)
    return float(np.sqrt(((values[~test][nearest] - values[test]) ** 2).mean()))


def unscaled_target() -> Shown:
    """100 epochs of Adam at 0.001 on a linear layer over 64 states, y as it is and y scaled."""
    H, epochs = 64, 100
    states = read(drawn(1, H, seed=31), scaled(_X).T[..., None]).h[-1]  # (3, H)
    lines = []
    for name, y, back in (
        (N_("y as it is: 10, 20, 30"), _Y, 1.0),
        (N_("y scaled to 0–1"), scaled(_Y[:, None])[:, 0], 20.0),
    ):
        w, m, v = np.zeros((3, H + 1))
        features = np.column_stack([states, np.ones(3)])
        errors = []
        for epoch in range(1, epochs + 1):
            error = features @ w - y
            errors.append(back * float(np.sqrt((error**2).mean())))
            g = 2 * features.T @ error / 3
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
            w = w - 0.001 * (m / (1 - 0.9**epoch)) / (np.sqrt(v / (1 - 0.999**epoch)) + 1e-7)
        lines.append(Line(name, np.array(errors), wrong=back == 1.0))
    spread = float(_Y.std())
    lines.append(Line(N_("always answering the mean"), np.full(epochs, spread)))
    return Shown(
        N_(
            "After 100 epochs the error is {raw} with y as it is, {scaled} with y scaled and put "
            "back; always answering the mean gives {mean}."
        ),
        Lines(
            steps(epochs), tuple(lines), (N_("epoch"), N_("root mean square error, in units of y"))
        ),
        {
            "raw": f"{lines[0].y[-1]:.1f}",
            "scaled": f"{lines[1].y[-1]:.1f}",
            "mean": f"{spread:.1f}",
        },
    )


# --- Article 004 ---------------------------------------------------------------------------------


def reset_times_both() -> Shown:
    """r times [x, h]: for one unit it runs and is wrong, for more it cannot."""
    x = np.array([2.0])
    rows: list[tuple[str, str, str]] = []
    for H in (1, 2, 3):
        rng = np.random.default_rng(40)
        h, r = rng.uniform(-1, 1, H), rng.uniform(0.1, 0.5, H)
        W = rng.normal(size=(H, 1 + H))
        right = np.tanh(W @ np.concatenate([x, r * h]))

        def printed(r: Array = r, h: Array = h, W: Array = W) -> Any:
            return np.tanh(W @ (r * np.concatenate([x, h])))

        came = attempt(printed)
        rows.append(
            (f"H = {H}", f"{printed()[0]:.3f}" if came == "runs" else came, f"{right[0]:.3f}")
        )
    return Shown(
        N_(
            "With one unit r is broadcast over x as well, and the candidate is {wrong} instead of "
            "{right}, without a word; with two units or more it is a {error}."
        ),
        Table(
            (N_("units"), N_("candidate as printed, unit 1"), N_("by the formula, unit 1")),
            tuple(rows),
        ),
        {"wrong": rows[0][1], "right": rows[0][2], "error": rows[1][1]},
    )


def normalise(states: Array) -> Array:
    """What a batch normalisation in training does, γ = 1 and β = 0: (B, H) by the batch."""
    unit: Array = (states - states.mean(axis=0)) / np.sqrt(states.var(axis=0) + 1e-3)
    return unit


def normalised_state() -> Shown:
    """The state of a GRU over time, and with a normalisation on the state at batch 1 and 2."""
    T, H = 30, 4
    p = drawn(2, H, seed=33)
    x = np.random.default_rng(34).normal(size=(T, 2, 2))
    curves = {}
    for B in (1, 2):
        h = np.zeros((B, H))
        states = np.empty((T, B))
        for t in range(T):
            h = normalise(read(p, x[t : t + 1, :B], h).h[0])
            states[t] = h[:, 0]
        curves[B] = states
    first, second = curves[2].T
    return Shown(
        N_(
            "At batch 1 the state is {one} in every step. At batch 2 the two sequences end at "
            "{first} and {second}, mirror images: all that is left is which had more."
        ),
        Lines(
            steps(T),
            (
                Line(N_("GRU"), read(p, x).h[:, 0, 0]),
                Line(N_("state normalised, batch of 1"), curves[1][:, 0], wrong=True),
                Line(N_("state normalised, batch of 2: first"), first, wrong=True),
                Line(N_("state normalised, batch of 2: second"), second, wrong=True),
            ),
            (N_("step t"), N_("state of unit 1")),
        ),
        {
            "one": f"{np.abs(curves[1]).max():g}",
            "first": f"{first[-1]:.2f}",
            "second": f"{second[-1]:.2f}",
        },
    )


def training_always() -> Shown:
    """One state in the company of 40 other batches: with their statistics, and with stored ones."""
    rng = np.random.default_rng(35)
    mine, companies = 0.5, rng.normal(0.2, 0.6, size=(40, 7))
    live = np.array(
        [normalise(np.concatenate([[mine], others])[:, None])[0, 0] for others in companies]
    )
    stored = np.full(40, (mine - companies.mean()) / np.sqrt(companies.var() + 1e-3))
    return Shown(
        N_(
            "The same sequence gives answers from {low} to {high}, depending on the seven others "
            "in its batch; with stored statistics always {stored}."
        ),
        Lines(
            steps(40),
            (
                Line(N_("training=True always"), live, wrong=True),
                Line(N_("stored statistics when used"), stored),
            ),
            (N_("batch in which it is asked"), N_("normalised value")),
        ),
        {
            "low": f"{live.min():.2f}",
            "high": f"{live.max():.2f}",
            "stored": f"{stored[0]:.2f}",
        },
    )


def doubled_state() -> Shown:
    """h' = GRU(x, h) + h, beside a GRU, over 100 steps."""
    T, H = 100, 8
    p = drawn(2, H, seed=36)
    x = noise(T, 2, seed=37)
    h, largest = np.zeros(H), np.empty(T)
    for t in range(T):
        h = read(p, x[t : t + 1], h).h[0] + h
        largest[t] = np.abs(h).max()
    plain = np.abs(read(p, x).h).max(axis=1)
    return Shown(
        N_("After {steps} steps the largest |h| is {grown}; in the GRU it is {plain}."),
        Lines(
            steps(T),
            (
                Line(N_("GRU"), plain),
                Line(N_("new_hidden + hidden, as printed"), largest, wrong=True),
            ),
            (N_("step t"), N_("largest |h|")),
            log=True,
            tease=6,
        ),
        {"steps": str(T), "grown": f"{largest[-1]:.0e}", "plain": f"{plain[-1]:.2f}"},
    )


def left_out() -> Shown:
    """The five methods that article 004 names: which it shows, and one number for each of ours."""
    f = 0.99
    h = 0.0
    for _ in range(50):
        h = f * h + f
    g = np.array([3.0, 4.0])
    clipped = g * min(1.0, 1.0 / (np.linalg.norm(g) + 1e-6))
    masks = np.random.default_rng(38).random(100_000) >= 0.5
    z, old, new = 0.4, 0.5, -0.8
    train = float(((1 - masks * z) * old + masks * z * new).mean())
    evaluate = (1 - 0.5 * z) * old + 0.5 * z * new
    rows = (
        (N_("batch normalisation"), N_("yes"), N_("state at batch 1: 0")),
        (N_("residual connections"), N_("yes"), N_("state doubles")),
        (N_("LSTM-style gates"), N_("no"), f"f = i = 0.99: h₅₀ = {h:.1f}"),
        (
            N_("gradient clipping"),
            N_("no"),
            f"(3, 4) → ({clipped[0]:.1f}, {clipped[1]:.1f})",
        ),
        (N_("gated dropout"), N_("no"), f"{train:.3f} / {evaluate:.3f}"),
    )
    missing = sum(row[1] == "no" for row in rows)
    return Shown(
        N_(
            "{missing} of the {all} are not shown. Two numbers stand for gated dropout: the mean "
            "new state in training, and the one that evaluation uses instead."
        ),
        Table((N_("method"), N_("code in the article"), N_("in numbers")), rows),
        {"missing": str(missing), "all": str(len(rows))},
    )
