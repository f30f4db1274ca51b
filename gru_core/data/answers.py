"""The numbers behind the live parts of "Questions answered", each from a few chosen numbers.

All are exact, or computed by the same code as everything else in the library; nothing is trained.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import factorial
from types import MappingProxyType

import numpy as np

from gru_core.data.comparison import Comparison, compare
from gru_core.data.examples import pytorch_default
from gru_core.data.missing import fill_missing
from gru_core.data.sequence_view import Drawn, SequenceView
from gru_core.data.sequences import Feed, generate
from gru_core.data.series import SERIES
from gru_core.data.setup import Setup
from gru_core.data.tasks.losses import regression_loss
from gru_core.data.tasks.sunspots import TEST_FROM, autoregression
from gru_core.maths import gru, rnn
from gru_core.maths.convention import NAMED, PYTORCH, Convention
from gru_core.maths.convert import convert
from gru_core.maths.gru import Trace, sigmoid
from gru_core.maths.initial import initialise
from gru_core.maths.parameters import BLOCKS, Array, GRUParameters, parameter_count
from gru_core.maths.rnn import Activation, RNNParameters

SETS: Mapping[str, int] = MappingProxyType({"two": 2, "one": 1, "none": 0})
"""How many bias vectors each block of weights has."""


@dataclass(frozen=True, eq=False)
class Lines:
    """Curves over one axis: x is (N,), each of ys (N,), NaN where a curve has nothing to show."""

    x: Array
    ys: Mapping[str, Array]

    def to_csv(self) -> str:
        """A column x, and one for each curve."""
        rows = zip(self.x.tolist(), *(y.tolist() for y in self.ys.values()), strict=True)
        lines = [("x", *self.ys), *rows]
        return "\n".join(",".join(map(str, line)) for line in lines) + "\n"


# --- The cell ------------------------------------------------------------------------------------


def counts(D: int, H: int, sets: str) -> dict[str, int]:
    """The numbers that an RNN, a GRU and an LSTM learn. sets: a key of SETS."""
    return {
        cell: parameter_count(D, H, SETS[sets] * blocks, cell)  # type: ignore[arg-type]
        for cell, blocks in BLOCKS.items()
    }


def counts_by_library(D: int, H: int) -> dict[str, int]:
    """The numbers that one GRU layer stores, by the keys of NAMED."""
    return {name: parameter_count(D, H, each.bias_vectors) for name, each in NAMED.items()}


def two_readings(draw: int, negated: bool) -> tuple[Trace, Trace]:
    """One random GRU, read with z on the old state and with z on the candidate.

    negated: whether the parameters of z have their signs turned over for the second reading.
    """
    setup = pytorch_default(draw)
    other = replace(setup.convention, z_weights="candidate")
    weights = setup.parameters
    if negated:
        weights = convert(weights, setup.convention, other)
    theirs = replace(setup, parameters=weights, convention=other)
    return setup.unroll(), theirs.unroll()


def difference(one: Trace, other: Trace) -> float:
    """The largest difference of their states."""
    return float(np.abs(one.h - other.h).max())


def mixed(share: float) -> Setup:
    """A random GRU of three units without c_n, in PyTorch's convention.

    share: by what the entries of U_n off its diagonal are multiplied; at 0 the units do not meet
    within the candidate. The W and U of r and U_n's diagonal are large enough to see reset at work.
    """
    setup = pytorch_default(1)
    p = setup.parameters
    U = 3.0 * p.U_n
    diagonal = np.diag(np.diag(U))
    weights = replace(
        p, W_r=4.0 * p.W_r, U_n=diagonal + share * (U - diagonal), c_n=np.zeros_like(p.c_n)
    )
    return replace(setup, parameters=weights)


def two_places(share: float) -> Comparison:
    """What ``mixed`` gives with reset after and before the product with U_n."""
    return compare(mixed(share), Convention("state", "before"))


def closed(b_r: float, b_z: float) -> Setup:
    """One unit that starts at 0.8, with gates that depend on nothing but their biases."""
    zero, one, two = (np.array([[weight]]) for weight in (0.0, 1.0, 2.0))
    return Setup(
        GRUParameters(
            W_r=zero,
            W_z=zero,
            W_n=one,
            U_r=zero,
            U_z=zero,
            U_n=two,
            b_r=np.array([b_r]),
            b_z=np.array([b_z]),
            b_n=np.zeros(1),
        ),
        np.array([[0.5], [-0.5], [0.3], [-0.8]] * 3),
        np.array([0.8]),
        PYTORCH,
    )


def over_time(setup: Setup) -> Lines:
    """h, and the candidate n, of the first unit, from step 0 on."""
    trace = setup.unroll()
    h = np.concatenate([setup.h0, trace.h[:, 0]])
    n = np.concatenate([[np.nan], trace.n[:, 0]])
    return Lines(np.arange(len(h), dtype=float), {"h": h, "n": n})


def random_gates(gain: float) -> SequenceView:
    """32 random units, U from N(0, (gain/√H)²), that read four columns of noise."""
    model = Drawn(H=32, scheme="gaussian", gain=gain)
    return SequenceView(model, Feed("noise", {"T": 100, "inputs": 4}))


def squashed(at: float) -> dict[str, float]:
    """σ and tanh at one place, and their slopes."""
    s, t = float(sigmoid(np.array(at))), float(np.tanh(at))
    return {"sigmoid": s, "tanh": t, "slope_sigmoid": s * (1 - s), "slope_tanh": 1 - t * t}


def squashing() -> Lines:
    """σ, tanh and their slopes from −6 to 6."""
    x = np.linspace(-6.0, 6.0, 121)
    values = [squashed(float(at)) for at in x]
    return Lines(x, {name: np.array([v[name] for v in values]) for name in values[0]})


def unbounded(gain: float) -> Lines:
    """|h| of one recurrent unit h' = f(gain · h + x) with tanh and with ReLU, over 40 steps.

    x is 0.1 at every step; the weight of x is 1.
    """
    T = 40
    ys: dict[str, Array] = {}
    activations: tuple[Activation, ...] = ("tanh", "relu")
    for activation in activations:
        p = RNNParameters(np.ones((1, 1)), np.array([[gain]]), np.zeros(1), activation)
        ys[activation] = rnn.unroll(p, np.full((T, 1), 0.1)).h[:, 0]
    return Lines(np.arange(1.0, T + 1), ys)


@dataclass(frozen=True, eq=False)
class BothWays:
    """A bidirectional GRU on one sequence: h of both directions, in the order of the sequence.

    forward, backward: (T, H). h_n: (2, H), what either direction ends with, as PyTorch gives it.
    """

    forward: Array
    backward: Array

    @property
    def h_n(self) -> Array:
        """The forward direction ends at the last step, the backward one at the first."""
        return np.stack([self.forward[-1], self.backward[0]])

    @property
    def last_output(self) -> Array:
        """``output[-1]``, as (2, H)."""
        return np.stack([self.forward[-1], self.backward[-1]])

    def lines(self) -> Lines:
        """The first unit of both directions."""
        steps = np.arange(1.0, len(self.forward) + 1)
        return Lines(steps, {"forward": self.forward[:, 0], "backward": self.backward[:, 0]})


def both_ways(T: int) -> BothWays:
    """A random GRU of 4 units in either direction, on T steps of noise."""
    x = generate("noise", T=T, inputs=2).values
    ahead, back = (initialise("gru", 2, 4, gain=1.0, seed=seed) for seed in (0, 1))
    forward = gru.unroll(ahead, x).h
    backward = gru.unroll(back, x[::-1]).h[::-1]
    return BothWays(forward, backward)


# --- Memory and gradients ------------------------------------------------------------------------


def steps_to_halve(keep_bias: float) -> float:
    """In how many steps a gate σ(bias), always the same, halves what it keeps."""
    return float(np.log(2.0) / np.log1p(np.exp(-keep_bias)))


def left_after(keep_bias: float, steps: int) -> float:
    """σ(bias) to the power of the steps."""
    return float(np.exp(-steps * np.log1p(np.exp(-keep_bias))))


def half_lives() -> Lines:
    """``steps_to_halve`` over biases from −2 to 8."""
    x = np.linspace(-2.0, 8.0, 101)
    return Lines(x, {"half_life": np.array([steps_to_halve(float(b)) for b in x])})


def clipped(factor: float, steps: int = 50) -> Lines:
    """A gradient of norm 1 that each step back multiplies by `factor`, and what a clip at 1 leaves.

    x: steps back.
    """
    back = np.arange(steps + 1.0)
    norms = factor**back
    return Lines(back, {"raw": norms, "clipped": np.minimum(norms, 1.0)})


def dropped(keep: float, share: float, steps: int = 60) -> Lines:
    """What is expected to be left of an old state whose gate is `keep`, with dropout of `share`.

    "erasing": on the weight of the old state. "candidate": on the candidate. "gated": on the
    weight of the new value, so that a unit of which it is dropped keeps all that it had.
    """
    t = np.arange(steps + 1.0)
    kept = {
        "candidate": keep,
        "gated": 1.0 - (1.0 - share) * (1.0 - keep),
        "erasing": keep * (1.0 - share),
    }
    return Lines(t, {name: weight**t for name, weight in kept.items()})


# --- Training and judging ------------------------------------------------------------------------


def by_chance(seeds: int) -> float:
    """How often all runs of one of two equal methods lie below all of the other: 2 K! K! / (2K)!

    With K runs each, all orders being as likely.
    """
    return 2.0 * factorial(seeds) ** 2 / factorial(2 * seeds)


def chances(most: int) -> Lines:
    """``by_chance`` of 1 to `most` seeds."""
    seeds = np.arange(1.0, most + 1)
    return Lines(seeds, {"chance": np.array([by_chance(int(k)) for k in seeds])})


# --- Data ----------------------------------------------------------------------------------------

GAP_FROM = 22


def gap(method: str, length: int) -> Lines:
    """A sine with a gap from step 23 on, and what a method of ``missing.METHODS`` puts there."""
    truth = generate("sine", T=60, period=25.0).values
    table = np.array(truth)
    table[GAP_FROM : GAP_FROM + length] = np.nan
    filled = fill_missing(table, method, ("x",))
    ys = {
        "truth": truth[:, 0],
        "filled": np.where(np.isnan(table[:, 0]), filled.values[:, 0], np.nan),
    }
    if filled.masked:
        ys["mask"] = filled.values[:, 1]
    return Lines(np.arange(1.0, len(truth) + 1), ys)


def worst(lines: Lines) -> float:
    """The largest error of what was filled in."""
    return float(np.nanmax(np.abs(lines.ys["filled"] - lines.ys["truth"])))


def with_gaps(method: str) -> SequenceView:
    """A random GRU on the weekly CO₂ series, whose gaps are real, filled by `method`."""
    return SequenceView(Drawn(H=8), Feed("co2", {"gaps": method}))


def sunspots(order: int) -> Lines:
    """The last 62 years of the series, with persistence and AR(order) one year ahead.

    AR is fitted by least squares on the years before.
    """
    series = SERIES["sunspots"]
    values = series.values
    years = np.array([float(time) for time in series.times[TEST_FROM:]])
    return Lines(
        years,
        {
            "truth": values[TEST_FROM:],
            "persistence": values[TEST_FROM - 1 : -1],
            "autoregression": autoregression(values, order, TEST_FROM)[TEST_FROM - order :],
        },
    )


def rmse(lines: Lines) -> dict[str, float]:
    """Of every forecast in `lines`, against "truth"."""
    truth = lines.ys["truth"]
    return {
        name: float(np.sqrt(regression_loss("mse", y, truth)))
        for name, y in lines.ys.items()
        if name != "truth"
    }


KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "generation": ("characters_en", "characters_zh", "brackets", "reber"),
        "labelling": ("parity", "short_copy", "copy"),
        "forecasting": ("sunspots", "sine"),
        "classification": ("order", "digit_rows", "digit_pixels", "sentiment", "sign"),
        "regression": ("adding",),
    }
)
"""The app's tasks by what is asked: the next symbol, a label at every step, the next number, one
class for the whole sequence, one number for it."""
