"""What is said about the past and about training, beside a count or a run that settles it."""

from __future__ import annotations

import numpy as np

from gru_core.data.exhibits.shown import Bars, Events, Line, Lines, Shown, Table, steps
from gru_core.data.gradient_study import power, study, table_rows
from gru_core.data.gradient_view import GradientView
from gru_core.data.missing import fill_missing
from gru_core.data.tasks import TASKS
from gru_core.errors import N_
from gru_core.maths import lstm
from gru_core.maths.convention import NAMED
from gru_core.maths.gru import sigmoid
from gru_core.maths.initial import initialise
from gru_core.maths.lstm import LSTMParameters
from gru_core.maths.parameters import Array


def papers() -> Shown:
    """The years of the papers, and the two years that article 001 gives."""
    known = (
        (1997, N_("LSTM: Hochreiter & Schmidhuber")),
        (2000, N_("the LSTM's forget gate: Gers et al.")),
        (2014, N_("GRU: Cho et al.")),
        (2017, N_("Transformer: Vaswani et al.")),
        (2018, N_("BERT, a Transformer: Devlin et al.")),
        (2020, N_("GPT-3, a Transformer: Brown et al.")),
    )
    claimed = (
        (1999, N_("article 001: GRU")),
        (2013, N_("article 001: LSTM")),
    )
    events = sorted(known + claimed)
    return Shown(
        N_(
            "The LSTM came {lstm} years before the year given for it, the GRU {gru} years after; "
            "BERT and GPT-3 have no recurrent layer."
        ),
        Events(
            tuple(year for year, _ in events),
            tuple(title for _, title in events),
            wrong=tuple(title for _, title in claimed),
        ),
        {"lstm": str(2013 - 1997), "gru": str(2014 - 1999)},
    )


def how_far_back() -> Shown:
    """‖∂L/∂h_t‖ over the distance to the loss, for the three cells as they start."""
    norms = study(GradientView(H=32, T=60, seeds=3)).norms
    median = {cell: np.median(norms[cell], axis=0)[::-1] for cell in ("rnn", "gru", "lstm")}
    return Shown(
        N_(
            "Forty steps back, {rnn} of the gradient is left in the RNN, {gru} in the GRU and "
            "{lstm} in the LSTM: what is lost is the signal, not time."
        ),
        Lines(
            np.arange(60, dtype=np.float64),
            (
                Line(N_("RNN"), median["rnn"]),
                Line(N_("GRU"), median["gru"]),
                Line(N_("LSTM"), median["lstm"]),
            ),
            (N_("steps back from the loss"), N_("gradient left")),
            log=True,
            tease=3,
        ),
        {cell: power(values[40] / values[0]) for cell, values in median.items()},
    )


def neither_dominates() -> Shown:
    """‖∂L/∂h_1‖ of GRU and LSTM after 100 steps, under three ways to begin: median of 3 seeds."""
    wanted = {
        "pytorch": N_("PyTorch's default"),
        "keep_2": N_("PyTorch's default with keep bias 2"),
        "chrono": N_("PyTorch's default with chrono"),
    }
    rows = tuple(
        (
            wanted[row.start],
            float(np.median(row.norms["gru"])),
            float(np.median(row.norms["lstm"])),
            N_("GRU") if np.median(row.norms["gru"]) > np.median(row.norms["lstm"]) else N_("LSTM"),
        )
        for row in table_rows(3)
        if row.start in wanted
    )
    winners = [row[3] for row in rows]
    return Shown(
        N_(
            "Of three ways to begin, the GRU's gradient reaches further in {gru} and the LSTM's in "
            "{lstm}: it is the start that decides, not the name."
        ),
        Table((N_("start"), N_("GRU"), N_("LSTM"), N_("reaches further")), rows),
        {"gru": str(winners.count("GRU")), "lstm": str(winners.count("LSTM"))},
    )


def parameter_counts() -> Shown:
    """Numbers in an RNN, a GRU and an LSTM of one size, PyTorch's way."""
    D, H = 10, 32
    gru = initialise("gru", D, H).count(NAMED["pytorch"].bias_vectors)
    single = gru // 3
    values = (single, gru, 4 * single)
    return Shown(
        N_(
            "With {D} inputs and {H} units: RNN {rnn}, GRU {gru}, LSTM {lstm}. A GRU is ¾ of an "
            "LSTM and three times an RNN."
        ),
        Bars((N_("RNN"), N_("GRU"), N_("LSTM")), tuple(map(float, values)), N_("parameters")),
        {
            "D": str(D),
            "H": str(H),
            "rnn": str(single),
            "gru": str(gru),
            "lstm": str(4 * single),
        },
    )


def adam_steps() -> Shown:
    """Adam's step for a constant gradient, for one a hundred times as large, and for a swing."""
    T, rate = 100, 0.001
    streams = {
        N_("gradient always 1"): np.ones(T),
        N_("gradient always 100"): np.full(T, 100.0),
        N_("gradient +1, −1, +1, …"): np.where(np.arange(T) % 2, -1.0, 1.0),
    }
    lines = tuple(Line(name, adam(g, rate)) for name, g in streams.items())
    return Shown(
        N_(
            "A gradient that never changes moves a weight by {one} a step, be it 1 or 100 "
            "({hundred}); one that swings moves it by {swing} at the end."
        ),
        Lines(steps(T), lines, (N_("step"), N_("size of Adam's step"))),
        {
            "one": f"{lines[0].y[-1]:.4g}",
            "hundred": f"{lines[1].y[-1]:.4g}",
            "swing": f"{lines[2].y[-1]:.2g}",
        },
    )


def adam(gradients: Array, rate: float) -> Array:
    """|step| of Adam with its usual constants, for each of the gradients of one weight."""
    m = v = 0.0
    sizes = []
    for t, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        sizes.append(rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8))
    absolute: Array = np.abs(np.array(sizes))
    return absolute


RATE, NOISE, RUNS = 0.2, 1.0, 2000


def decay() -> Shown:
    """SGD on L = w²/2 with noise: constant rate, decaying rate, and one that decays too early."""
    T = 300
    rng = np.random.default_rng(0)
    rates = {
        N_("constant rate"): np.full(T, RATE),
        N_("rate falls from step 100"): RATE / np.maximum(1.0, (np.arange(T) - 99) / 5),
        N_("rate falls from the start"): RATE * 0.9 ** np.arange(T),
    }
    lines = []
    for name, rate in rates.items():
        w = np.full(RUNS, 10.0)
        losses = []
        for t in range(T):
            losses.append(float((w**2).mean() / 2))
            w = w - rate[t] * (w + NOISE * rng.normal(size=RUNS))
        lines.append(Line(name, np.array(losses), wrong=name == "rate falls from the start"))
    constant, late, early = (line.y for line in lines)
    return Shown(
        N_(
            "At step 100 the constant rate is at {constant_100} and the early decay at "
            "{early_100}: decay made it slower. At the end the late decay has {late}, the constant "
            "rate {constant}: decay takes away noise."
        ),
        Lines(steps(T), tuple(lines), (N_("step"), N_("mean loss")), log=True, tease=6),
        {
            "constant_100": f"{constant[99]:.2g}",
            "early_100": f"{early[99]:.2g}",
            "late": f"{late[-1]:.2g}",
            "constant": f"{constant[-1]:.2g}",
        },
    )


def batch_sizes() -> Shown:
    """Least squares on 1024 examples: loss over the examples seen, each size at its best rate."""
    rng = np.random.default_rng(1)
    N, D, passes = 1024, 10, 2
    X = rng.normal(size=(N, D)) * np.logspace(0, -1, D)
    y = X @ rng.normal(size=D) * 3 + 0.1 * rng.normal(size=N)
    seen = np.arange(0, passes * N + 1, 32, dtype=np.float64)
    names = {
        1: N_("one example a step"),
        32: N_("32 examples a step"),
        N: N_("all 1024 a step"),
    }
    lines = tuple(
        Line(
            name,
            min((_descent(X, y, size, rate, seen) for rate in _RATES), key=lambda y: float(y[-1])),
            wrong=size != 32,
        )
        for size, name in names.items()
    )
    one, batch, everything = (f"{line.y[-1]:.2g}" for line in lines)
    return Shown(
        N_(
            "After {seen} examples, each at the best of {rates} learning rates: loss {all} with "
            "all data in a step ({all_steps} steps), {batch} with batches of 32 ({batch_steps} "
            "steps), {one} with one example ({seen} steps, one after the other)."
        ),
        Lines(seen, lines, (N_("examples seen"), N_("loss")), log=True),
        {
            "seen": str(passes * N),
            "all_steps": str(passes),
            "batch_steps": str(passes * N // 32),
            "rates": str(len(_RATES)),
            "all": everything,
            "one": one,
            "batch": batch,
        },
    )


_RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


def _descent(X: Array, y: Array, size: int, rate: float, seen: Array) -> Array:
    """The loss after so many examples; infinite where the rate is too high."""
    draw = np.random.default_rng(2)
    w = np.zeros(X.shape[1])
    losses = [float((y**2).mean())]
    with np.errstate(over="ignore", invalid="ignore"):
        for end in range(size, int(seen[-1]) + 1, size):
            batch = draw.integers(0, len(X), size) if size < len(X) else slice(None)
            w = w - rate * X[batch].T @ (X[batch] @ w - y[batch]) / size
            if end % 32 == 0:
                losses += [float(((X @ w - y) ** 2).mean())] * max(1, size // 32)
    # Until a step is taken the loss stays what it is.
    after = np.array(([losses[0]] * max(0, size // 32 - 1) + losses)[: len(seen)])
    return np.where(np.isfinite(after), after, np.inf)


def filled_gaps() -> Shown:
    """A sine with gaps, filled in three ways, and how far each is from the truth."""
    T = 120
    truth = np.sin(2 * np.pi * np.arange(T) / 30)
    gaps = np.zeros(T, dtype=bool)
    for start in (12, 35, 58, 90):
        gaps[start : start + 12] = True
    holes = np.where(gaps, np.nan, truth)[:, np.newaxis]
    lines, errors = [Line(N_("truth"), truth)], {}
    for name, method in (
        (N_("fill forward"), "forward"),
        (N_("interpolate"), "interpolate"),
        (N_("fill with the mean"), "mean"),
    ):
        filled = fill_missing(holes, method, ("x",)).values[:, 0]
        lines.append(Line(name, filled, wrong=True))
        errors[method] = float(np.sqrt(((filled - truth)[gaps] ** 2).mean()))
    told = fill_missing(holes, "mask", ("x",)).values[:, 1]
    lines.append(Line(N_("mask: 1 where missing"), told))
    return Shown(
        N_(
            "In the gaps forward filling is off by {forward}, interpolation by {interpolate}, the "
            "mean by {mean} (root mean square). All three look like data; only the mask tells the "
            "network which {missing} numbers were made up."
        ),
        Lines(steps(T), tuple(lines), (N_("step t"), "x")),
        {name: f"{error:.2f}" for name, error in errors.items()} | {"missing": str(gaps.sum())},
    )


def lstm_gates() -> Shown:
    """An LSTM whose output gate opens at step 21: its cell fills all along, its h does not."""
    T, opens = 40, 20
    zero = np.zeros((1, 1))
    x = np.zeros((T, 1))
    x[opens:] = 1.0
    parameters = LSTMParameters(
        *(zero,) * 3,
        W_o=np.full((1, 1), 80.0),
        U_i=zero,
        U_f=zero,
        U_g=zero,
        U_o=zero,
        b_i=np.array([-2.0]),
        b_f=np.array([3.0]),
        b_g=np.array([2.0]),
        b_o=np.array([-40.0]),
    )
    trace = lstm.unroll(parameters, x)
    c, h = trace.c[:, 0], trace.h[:, 0]
    return Shown(
        N_(
            "With i and f open and o shut, the cell c has grown to {c} after {opens} steps while h "
            "is {h}; when o opens, h jumps to {after} in one step."
        ),
        Lines(
            steps(T), (Line(N_("cell c"), c), Line(N_("state h"), h)), (N_("step t"), N_("value"))
        ),
        {
            "c": f"{c[opens - 1]:.2f}",
            "opens": str(opens),
            "h": f"{h[opens - 1]:.3f}",
            "after": f"{h[opens]:.2f}",
        },
    )


def bn_and_memory() -> Shown:
    """What the gates keep over 50 steps, with the update gate's sum normalised and without."""
    T, B, bias = 50, 256, 4.0
    sums = np.random.default_rng(39).normal(size=(T, B))  # W x + U h of one unit, 256 sequences
    inside = sums + bias
    inside = (inside - inside.mean(axis=1, keepdims=True)) / inside.std(axis=1, keepdims=True)
    # Cooijmans et al. add the bias after the normalisation, whose γ starts at 0.1.
    outside = 0.1 * (sums - sums.mean(axis=1, keepdims=True)) / sums.std(axis=1, keepdims=True)
    lines = tuple(
        Line(name, np.median(sigmoid(keep).cumprod(axis=0), axis=1), wrong=wrong)
        for name, keep, wrong in (
            (N_("keep bias 4, no normalisation"), sums + bias, False),
            (N_("the gate's whole sum normalised"), inside, True),
            (N_("normalised with γ = 0.1, keep bias 4 added after"), outside + bias, False),
        )
    )
    left = [power(float(line.y[-1])) for line in lines]
    return Shown(
        N_(
            "{steps} steps back, along the path through the gates alone, {plain} is left. With the "
            "update gate's whole sum normalised it is {inside}: the mean that is taken away was "
            "the bias that kept the state. With the bias added after, it is {outside}."
        ),
        Lines(steps(T), lines, (N_("steps back from the loss"), N_("gradient left")), log=True),
        {"steps": str(T), **dict(zip(("plain", "inside", "outside"), left, strict=True))},
    )


def masked_gates() -> Shown:
    """What is left of a gradient along the leak path, with one gate masked at p = ½."""
    T, p, gate = 50, 0.3, 0.5
    masks = np.random.default_rng(3).random((401, T)) >= p
    lines = tuple(
        Line(name, np.median(keep.cumprod(axis=1), axis=0))
        for name, keep in (
            (N_("no dropout"), np.full((1, T), 1 - gate)),
            (N_("mask on r"), np.full((1, T), 1 - gate)),
            (N_("mask on z, which weights the new value"), 1 - gate * masks),
            (N_("mask on z, which weights the old state"), gate * masks),
        )
    )
    left = [power(float(line.y[-1])) for line in lines]
    return Shown(
        N_(
            "{steps} steps back, along the path through the gates alone, {plain} is left without "
            "dropout and {r} with r masked: no difference. Masking z leaves {new} or {old} (median "
            "of 401 runs), depending only on which of the two states z weights."
        ),
        Lines(steps(T), lines, (N_("steps back from the loss"), N_("gradient left")), log=True),
        {"steps": str(T), **dict(zip(("plain", "r", "new", "old"), left, strict=True))},
    )


def reversed_labels() -> Shown:
    """The task "temporal order": how many labels a reversal in time makes wrong, by class."""
    task = TASKS["order"]
    batch = task.draw(np.random.default_rng(0), 50, 1000)
    symbols = batch.inputs.argmax(axis=2)
    labels = batch.targets[0]
    rows, wrong = [], 0
    for label, name in enumerate(task.labels):
        of_class = np.flatnonzero(labels == label)
        turned = symbols[::-1, of_class]
        pairs = [column[column < 2] for column in turned.T]
        changed = sum(int(2 * pair[0] + pair[1] != label) for pair in pairs)
        wrong += changed
        rows.append((name, len(of_class), changed))
    return Shown(
        N_(
            "Of 1000 sequences read backwards, {wrong} belong to another class: every XY becomes a "
            "YX and the other way round."
        ),
        Table((N_("class"), N_("sequences"), N_("wrong label once reversed")), tuple(rows)),
        {"wrong": str(wrong)},
    )
