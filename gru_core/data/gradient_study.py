"""How far gradients reach in three cells: the numbers behind the page "Gradients over time".

For each seed the GRU, the RNN (tanh) and the LSTM read the same inputs, which are N(0, 1), from
h0 = 0. The loss is L = v · h_t at the chosen step, or the sum of that over all steps, with one
random unit vector v, so that each step with a loss has ‖∂L_t/∂h_t‖ = 1 of its own.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from gru_core.data.bounds import Whole
from gru_core.data.gradient_view import GradientView
from gru_core.data.trained import TRAINED, Trained
from gru_core.errors import N_
from gru_core.maths import gru, lstm, rnn
from gru_core.maths.bptt import AnyTrace, LSTMGradients, backpropagate, jacobians
from gru_core.maths.gru import Trace
from gru_core.maths.initial import Cell, initialise
from gru_core.maths.measures import (
    gradient_norms,
    horizon,
    pairwise_norms,
    singular_values,
    spectral_norms,
)
from gru_core.maths.parameters import Array

CELLS: tuple[Cell, ...] = ("gru", "rnn", "lstm")
CURVES: Mapping[str, str] = MappingProxyType(
    {"gru": N_("GRU"), "rnn": N_("RNN"), "lstm": N_("LSTM, h"), "lstm_c": N_("LSTM, c")}
)
"""What has a gradient: ‖∂L/∂h_t‖ of the cell, or ‖∂L/∂c_t‖. The values are message ids."""
PATHS = ("total", "leak", "update", "candidate", "reset")
FRACTION = 0.01
"""A step matters while its gradient is at least this share of that of the loss's own step."""


@dataclass(frozen=True, eq=False)
class Study:
    """view: what was computed, see ``GradientView.curves``. norms: (seeds, T) by the
    keys of CURVES, and TRAINED where ``with_trained`` has added it.
    """

    view: GradientView
    norms: Mapping[str, Array]

    def reach(self, curve: str) -> Reach:
        """What the median over the seeds, the line that is drawn, comes down to."""
        return reach(np.median(self.norms[curve], axis=0))

    def table(self) -> pd.DataFrame:
        """Columns: seed, step (from 1), curve (a key of CURVES), norm."""
        runs, T = self.norms["gru"].shape
        seeds = np.repeat(np.arange(self.view.seed, self.view.seed + runs), T)
        steps = np.tile(np.arange(1, T + 1), runs)
        return pd.concat(
            [
                pd.DataFrame({"seed": seeds, "step": steps, "curve": curve, "norm": norms.ravel()})
                for curve, norms in self.norms.items()
            ],
            ignore_index=True,
        )

    def to_csv(self) -> str:
        """``table`` as CSV with a header line; numbers as exact as float64."""
        text: str = self.table().to_csv(index=False, lineterminator="\n")
        return text

    def to_json(self) -> str:
        """The choices, and for each curve one list of norms for each seed."""
        norms = {curve: values.tolist() for curve, values in self.norms.items()}
        return json.dumps({"view": vars(self.view), "norms": norms}, indent=1)


def study(view: GradientView) -> Study:
    """The gradients of all cells and seeds. InputError where they outgrow float64."""
    runs: dict[str, list[Array]] = {curve: [] for curve in CURVES}
    for run in range(view.seeds):
        d_h = loss_gradient(view, run)
        for cell in CELLS:
            gradients = backpropagate(trace(view, cell, run), d_h)
            runs[cell].append(gradient_norms(gradients.d_h))
            if isinstance(gradients, LSTMGradients):
                runs["lstm_c"].append(gradient_norms(gradients.d_c))
    norms = {curve: np.array(values) for curve, values in runs.items()}
    return Study(view.curves, norms)


def trace(view: GradientView, cell: Cell, run: int = 0) -> AnyTrace:
    """One cell with the weights and inputs of one run, from 0; their seed is view.seed + run."""
    match cell:
        case "gru":
            return _gru(view, run)
        case "rnn":
            rnn_parameters = initialise("rnn", **_drawn(view, run))
            return rnn.unroll(rnn_parameters, _inputs(view, run))
        case "lstm":
            lstm_parameters = initialise("lstm", **_drawn(view, run), **_remembering(view))
            return lstm.unroll(lstm_parameters, _inputs(view, run))


def _gru(view: GradientView, run: int) -> Trace:
    convention = view.convention
    parameters = initialise("gru", **_drawn(view, run), **_remembering(view), convention=convention)
    return gru.unroll(parameters, _inputs(view, run), convention=convention)


def _drawn(view: GradientView, run: int) -> dict[str, Any]:
    """How ``initialise`` is to draw the weights of any cell."""
    seed = _generator(view, run, "weights")
    return {"D": view.D, "H": view.H, "scheme": view.scheme_name, "gain": view.gain, "seed": seed}


def _remembering(view: GradientView) -> dict[str, Any]:
    """The bias of the gate that keeps the state, which an RNN does not have."""
    return {"keep_bias": view.keep_choice, "T": view.T}


def with_trained(study: Study, trained: Trained) -> Study:
    """The study with one curve more, ``TRAINED``: that of a GRU that was trained.

    It reads inputs from N(0, 1) as the others do, as many at a time as it has been trained on, so
    that its curves differ by these inputs and by v alone. InputError where they outgrow float64.
    """
    view, p = study.view, trained.parameters
    runs = []
    for run in range(view.seeds):
        x = _inputs(view, run, p.input_size)
        trace = gru.unroll(p, x, convention=trained.convention)
        d_h = loss_gradient(view, run, p.hidden_size)
        runs.append(gradient_norms(backpropagate(trace, d_h).d_h))
    return replace(study, norms={**study.norms, TRAINED: np.array(runs)})


def loss_gradient(view: GradientView, run: int = 0, H: int | None = None) -> Array:
    """The loss's own gradient on each h_t: v where there is a loss, else zero. (T, H).

    H: of a cell of another size than the view's.
    """
    d_h = np.zeros((view.T, H or view.H))
    rows = {"last": slice(-1, None), "step": slice(view.at - 1, view.at), "all": slice(None)}
    d_h[rows[view.loss]] = _direction(view, run, H)
    return d_h


def pairwise(view: GradientView) -> Array:
    """‖∂L_t/∂h_s‖ with L_t = v · h_t, as [t, s] from 0, for view.cell and the first seed."""
    own = np.tile(_direction(view, 0), (view.T, 1))
    return pairwise_norms(trace(view, view.cell_name), own)


def paths(view: GradientView) -> Mapping[str, Array]:
    """Key of PATHS → (T,): the spectral norm of that part of the GRU's ∂h_t/∂h_{t-1}.

    For the first seed. The parts add up to the total; their norms do not.
    """
    parts = jacobians(_gru(view, 0))
    return {name: spectral_norms(getattr(parts, name)) for name in PATHS}


def cancellation(norms: Mapping[str, Array]) -> tuple[int, float, float]:
    """Where the four paths cancel most: the step, from 1, the sum of their norms there, and the
    norm of their sum. norms: as from ``paths``."""
    together = np.sum([norms[name] for name in PATHS if name != "total"], axis=0)
    t = int(np.argmax(together - norms["total"]))
    return t + 1, float(together[t]), float(norms["total"][t])


def stretches(view: GradientView) -> Array:
    """The singular values of ∂s_T/∂s_t for view.cell and the first seed, largest first.

    (T, H), or (T, 2H) for an LSTM, whose state s is h and c together. NaN: lost in rounding.
    """
    return singular_values(jacobians(trace(view, view.cell_name)).total)


def directions(values: Array) -> int:
    """How many singular values are at least FRACTION of the largest: (S,), largest first."""
    return int(np.count_nonzero(values >= FRACTION * values[0]))


@dataclass(frozen=True)
class Reach:
    """What a curve of gradient norms comes down to. Steps count from 1.

    last: the last step that has a gradient, 0 when there is none. ratio: the norm at step 1 as a
    multiple of that at ``last``. earliest: the first step whose norm is at least FRACTION of that.
    peak, peak_step: the largest norm, and where.
    """

    last: int
    ratio: float
    earliest: int
    peak: float
    peak_step: int

    @property
    def factor(self) -> float:
        """By how much the gradient falls or grows on its way to step 1: 1 or more, or infinity."""
        grows = self.ratio >= 1.0
        return self.ratio if grows else 1.0 / self.ratio if self.ratio > 1e-300 else math.inf


def reach(norms: Array) -> Reach:
    """See ``Reach``; norms is (T,)."""
    reached = np.flatnonzero(norms)
    if not reached.size:
        return Reach(0, 0.0, 0, 0.0, 0)
    last = int(reached[-1])
    steps = horizon(norms, FRACTION)
    peak = int(np.argmax(norms))
    with np.errstate(over="ignore"):  # a curve can end near the smallest number that there is
        ratio = float(norms[0] / norms[last])
    return Reach(
        last=last + 1,
        ratio=ratio,
        earliest=1 if steps is None else last - steps + 2,
        peak=float(norms[peak]),
        peak_step=peak + 1,
    )


def power(number: float) -> str:
    """A positive number for a sentence: as it is from 0.001 to 999, else a power of ten."""
    if 0.001 <= number < 999.5:
        return f"{number:.2g}" if number < 10 else f"{number:.0f}"
    if number == 0.0 or not np.isfinite(number):
        return "0" if number == 0.0 else "∞"
    exponent = str(round(float(np.log10(number))))
    return "10" + exponent.translate(_SUPERSCRIPTS)


_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


# --- The table of initialisations ----------------------------------------------------------------


@dataclass(frozen=True)
class Start:
    """A way to initialise. title: English message id. choices: of a GradientView."""

    title: str
    choices: Mapping[str, object]


def _start(
    title: str, scheme: str = "pytorch", gain: float = 1.0, keep: str = "none", bias: float = 2.0
) -> Start:
    return Start(title, {"scheme": scheme, "gain": gain, "keep": keep, "keep_bias": bias})


STARTS: Mapping[str, Start] = MappingProxyType(
    {
        "pytorch": _start(N_("PyTorch's default")),
        "orthogonal": _start(N_("orthogonal, biases zero"), "orthogonal"),
        "gaussian_1.5": _start(N_("Gaussian, gain 1.5"), "gaussian", 1.5),
        "gaussian_3": _start(N_("Gaussian, gain 3"), "gaussian", 3.0),
        "keep_2": _start(N_("PyTorch's default with keep bias 2"), keep="bias"),
        "chrono": _start(N_("PyTorch's default with chrono"), keep="chrono"),
    }
)
TABLE_SEEDS = Whole("table_seeds", N_("Seeds"), 3, 30, 5)
TABLE_SIZE = GradientView(H=64, T=100)


@dataclass(frozen=True, eq=False)
class Row:
    """norms: cell → ‖∂L/∂h_1‖ of every seed, (seeds,); no entry where the start says nothing."""

    start: str
    norms: Mapping[str, Array]


def table_rows(seeds: int) -> Iterator[Row]:
    """‖∂L/∂h_1‖ of a loss at the last of 100 steps, H = 64: one row for each of STARTS, as it is
    ready. An RNN has no gate that keeps its state, hence no entry for the last two.

    seeds: within TABLE_SEEDS, else InputError.
    """
    count = TABLE_SEEDS.read(seeds)
    for name, start in STARTS.items():
        view = TABLE_SIZE.changed(**start.choices)
        cells = CELLS if view.keep == "none" else ("gru", "lstm")
        yield Row(
            name,
            {cell: np.array([_first(view, cell, run) for run in range(count)]) for cell in cells},
        )


def _first(view: GradientView, cell: Cell, run: int) -> float:
    gradients = backpropagate(trace(view, cell, run), loss_gradient(view, run))
    return float(gradient_norms(gradients.d_h)[0])


def table(rows: list[Row]) -> pd.DataFrame:
    """Columns: start, cell, seeds, median, lowest, highest; one line for each row and cell."""
    return pd.DataFrame(
        [
            (row.start, cell, len(norms), float(np.median(norms)), norms.min(), norms.max())
            for row in rows
            for cell, norms in row.norms.items()
        ],
        columns=["start", "cell", "seeds", "median", "lowest", "highest"],
    )


def _inputs(view: GradientView, run: int, D: int | None = None) -> Array:
    return _generator(view, run, "inputs").normal(size=(view.T, D or view.D))


def _direction(view: GradientView, run: int, H: int | None = None) -> Array:
    v = _generator(view, run, "loss").normal(size=H or view.H)
    unit: Array = v / np.linalg.norm(v)
    return unit


def _generator(view: GradientView, run: int, purpose: str) -> np.random.Generator:
    """Apart for each purpose, so that a change of one, say of T, leaves the others as they are."""
    return np.random.default_rng((view.seed + run, ("weights", "inputs", "loss").index(purpose)))
