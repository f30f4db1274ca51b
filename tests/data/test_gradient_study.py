"""The curves of "Gradients over time" against automatic differentiation and against themselves."""

import csv
import json
import math
from io import StringIO

import numpy as np
import pytest
import torch

from gru_core.data.gradient_study import (
    CELLS,
    CURVES,
    PATHS,
    STARTS,
    TABLE_SEEDS,
    TABLE_SIZE,
    Reach,
    cancellation,
    directions,
    loss_gradient,
    pairwise,
    paths,
    power,
    reach,
    stretches,
    study,
    table,
    table_rows,
    trace,
)
from gru_core.data.gradient_view import GradientView
from gru_core.errors import InputError
from gru_core.maths.bptt import backpropagate, jacobians
from gru_core.maths.gru import Trace
from gru_core.maths.initial import Cell
from gru_core.maths.parameters import Array

SMALL = GradientView(H=5, D=2, T=12, seeds=3)


def torch_norms(view: GradientView, cell: Cell, run: int) -> Array:
    """‖∂L/∂h_t‖ by autograd: ∂L/∂ε_t of a network to whose h_t a zero ε_t is added."""
    forwards = trace(view, cell, run)
    p = {
        name: torch.tensor(getattr(forwards.parameters, name)) for name in forwards.parameters.NAMES
    }
    x, v = torch.tensor(forwards.inputs), torch.tensor(loss_gradient(view, run))
    added = torch.zeros(view.T, view.H, dtype=torch.float64, requires_grad=True)
    h = c = torch.zeros(view.H, dtype=torch.float64)
    loss = torch.zeros((), dtype=torch.float64)

    def gate(name: str) -> torch.Tensor:
        return p[f"W_{name}"] @ x[t] + p[f"b_{name}"] + p[f"U_{name}"] @ h

    for t in range(view.T):
        match cell:
            case "rnn":
                h = torch.tanh(p["W"] @ x[t] + p["b"] + p["U"] @ h)
            case "lstm":
                i, f, o = (torch.sigmoid(gate(name)) for name in "ifo")
                c = f * c + i * torch.tanh(gate("g"))
                h = o * torch.tanh(c)
            case "gru":
                r, z = torch.sigmoid(gate("r")), torch.sigmoid(gate("z"))
                n = torch.tanh(p["W_n"] @ x[t] + p["b_n"] + r * (p["U_n"] @ h + p["c_n"]))
                h = (1 - z) * n + z * h
        h = h + added[t]
        loss = loss + v[t] @ h
    loss.backward()  # type: ignore[no-untyped-call]
    assert added.grad is not None
    norms: Array = added.grad.norm(dim=1).numpy()
    return norms


@pytest.mark.parametrize("loss", ["last", "step", "all"])
@pytest.mark.parametrize("cell", CELLS)
def test_the_curves_are_those_of_autograd(cell: Cell, loss: str) -> None:
    view = SMALL.changed(loss=loss, at=7, keep="bias", scheme="gaussian", gain=1.3)
    norms = study(view).norms[cell]
    for run in range(view.seeds):
        np.testing.assert_allclose(norms[run], torch_norms(view, cell, run), rtol=1e-10, atol=1e-15)


def test_the_cell_state_of_the_lstm_has_its_own_curve() -> None:
    computed = study(SMALL).norms
    forwards = trace(SMALL, "lstm", 1)
    expected = backpropagate(forwards, loss_gradient(SMALL, 1)).d_c  # type: ignore[union-attr,arg-type]
    np.testing.assert_allclose(computed["lstm_c"][1], np.linalg.norm(expected, axis=1), rtol=1e-12)
    assert set(computed) == set(CURVES)


@pytest.mark.parametrize("loss", ["last", "step"])
def test_the_gradient_is_one_where_the_loss_is(loss: str) -> None:
    view = SMALL.changed(loss=loss, at=4)
    last = 12 if loss == "last" else 4
    for cell in CELLS:
        norms = study(view).norms[cell]
        assert norms.shape == (3, 12)
        np.testing.assert_allclose(norms[:, last - 1], 1.0, rtol=1e-14)
        assert not norms[:, last:].any()
        assert norms[:, :last].all()


def test_a_loss_at_all_steps_is_the_sum_of_their_losses() -> None:
    T = SMALL.T
    each = [loss_gradient(SMALL.changed(loss="step", at=t)) for t in range(1, T + 1)]
    np.testing.assert_array_equal(sum(each), loss_gradient(SMALL.changed(loss="all")))


def test_the_cells_read_the_same_and_seeds_differ() -> None:
    inputs = [trace(SMALL, cell, 1).inputs for cell in CELLS]
    for other in inputs[1:]:
        np.testing.assert_array_equal(inputs[0], other)
    assert not np.array_equal(trace(SMALL, "gru", 0).inputs, inputs[0])
    # The second seed of one study is the first of the next.
    later = SMALL.changed(seed=1, seeds=1)
    for curve, norms in study(later).norms.items():
        np.testing.assert_array_equal(norms[0], study(SMALL).norms[curve][1])


def test_a_longer_sequence_is_read_by_the_same_cell() -> None:
    for cell in CELLS:
        short, long = trace(SMALL, cell), trace(SMALL.changed(T=20), cell)
        assert short.parameters == long.parameters


def test_inputs_are_standard_normal() -> None:
    inputs = trace(GradientView(D=8, T=200), "rnn").inputs
    assert abs(inputs.mean()) < 0.1
    assert abs(inputs.std() - 1) < 0.1


def test_the_keep_bias_does_not_act_on_the_rnn() -> None:
    plain, kept = study(SMALL), study(SMALL.changed(keep="bias", keep_bias=3.0))
    np.testing.assert_array_equal(plain.norms["rnn"], kept.norms["rnn"])
    for curve in ("gru", "lstm", "lstm_c"):
        assert (kept.norms[curve][:, 0] > plain.norms[curve][:, 0]).all()


def test_what_z_weights_changes_nothing_and_where_r_acts_does() -> None:
    norms = study(SMALL).norms["gru"]
    np.testing.assert_allclose(study(SMALL.changed(z="candidate")).norms["gru"], norms, rtol=1e-9)
    assert not np.allclose(study(SMALL.changed(reset="before")).norms["gru"], norms, rtol=1e-3)


@pytest.mark.parametrize("cell", CELLS)
def test_the_map_holds_the_curve_of_every_loss(cell: str) -> None:
    norms = pairwise(SMALL.changed(cell=cell))
    assert norms.shape == (12, 12)
    np.testing.assert_array_equal(np.triu(norms, 1), 0.0)
    for t in (1, 6, 12):
        view = SMALL.changed(loss="step", at=t, seeds=1)
        np.testing.assert_allclose(norms[t - 1], study(view).norms[cell][0], rtol=1e-12)


@pytest.mark.parametrize("reset", ["after", "before"])
def test_the_norms_of_the_paths(reset: str) -> None:
    view = SMALL.changed(reset=reset)
    forwards = trace(view, "gru")
    assert isinstance(forwards, Trace)
    parts = jacobians(forwards)
    norms = paths(view)
    assert set(norms) == set(PATHS)
    for name in PATHS:
        expected = [np.linalg.svd(part)[1][0] for part in getattr(parts, name)]
        np.testing.assert_allclose(norms[name], expected, rtol=1e-12)
    step, together, total = cancellation(norms)
    four = sum(norms[name] for name in PATHS if name != "total")
    assert (together, total) == (four[step - 1], norms["total"][step - 1])
    assert together - total == (four - norms["total"]).max()
    assert together > total


@pytest.mark.parametrize(("cell", "size"), [("gru", 5), ("rnn", 5), ("lstm", 10)])
def test_singular_values_bound_the_curve(cell: str, size: int) -> None:
    view = SMALL.changed(cell=cell)
    values = stretches(view)
    assert values.shape == (12, size)
    np.testing.assert_allclose(values[-1], 1.0)
    norms = study(view).norms[cell][0]
    assert (norms <= values[:, 0] * (1 + 1e-12)).all()


def test_directions_that_get_through() -> None:
    assert directions(np.array([5.0, 0.05, 0.0499, np.nan])) == 2
    assert directions(np.ones(3)) == 3


@pytest.mark.parametrize(
    ("norms", "expected"),
    [
        ([1e-4, 1e-3, 1e-2, 0.1, 1.0], Reach(5, 1e-4, 3, 1.0, 5)),
        ([0.5, 0.7, 1.0], Reach(3, 0.5, 1, 1.0, 3)),
        ([8.0, 4.0, 2.0, 1.0], Reach(4, 8.0, 1, 8.0, 1)),
        ([0.001, 0.1, 1.0, 0.0, 0.0], Reach(3, 0.001, 2, 1.0, 3)),
        ([0.001, 3.0, 1.0], Reach(3, 0.001, 2, 3.0, 2)),
        ([1.0, 0.0], Reach(1, 1.0, 1, 1.0, 1)),
        ([0.0, 0.0], Reach(0, 0.0, 0, 0.0, 0)),
    ],
)
def test_reach(norms: list[float], expected: Reach) -> None:
    assert reach(np.array(norms)) == expected


def test_reach_is_that_of_the_median() -> None:
    computed = study(SMALL)
    assert computed.reach("rnn") == reach(np.median(computed.norms["rnn"], axis=0))


@pytest.mark.parametrize(
    ("ratio", "factor"), [(1e-4, 1e4), (4.0, 4.0), (1.0, 1.0), (0.0, math.inf), (5e-324, math.inf)]
)
def test_factors_are_never_below_one(ratio: float, factor: float) -> None:
    assert Reach(2, ratio, 1, 1.0, 2).factor == pytest.approx(factor)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (8.1e18, "10¹⁹"),
        (2e-7, "10⁻⁷"),
        (1234.0, "10³"),
        (999.4, "999"),
        (61.2, "61"),
        (9.94, "9.9"),
        (0.0012, "0.0012"),
        (0.0, "0"),
        (math.inf, "∞"),
    ],
)
def test_powers(number: float, text: str) -> None:
    assert power(number) == text


def test_the_numbers_can_be_taken_away() -> None:
    view = SMALL.changed(keep="chrono", cell="lstm", seed=2)
    computed = study(view)
    heads, *lines = csv.reader(StringIO(computed.to_csv()))
    assert heads == ["seed", "step", "curve", "norm"]
    written = {(int(seed), int(step), curve): float(norm) for seed, step, curve, norm in lines}
    assert written == {
        (seed, step, curve): norm
        for curve, norms in computed.norms.items()
        for seed, run in enumerate(norms.tolist(), start=2)
        for step, norm in enumerate(run, start=1)
    }
    whole = json.loads(computed.to_json())
    assert GradientView(**whole["view"]) == view.curves
    assert whole["norms"] == {curve: norms.tolist() for curve, norms in computed.norms.items()}


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[Cell, Array]]:
    return {row.start: dict(row.norms) for row in table_rows(TABLE_SEEDS.low)}


def test_the_table_is_that_of_the_study(rows: dict[str, dict[Cell, Array]]) -> None:
    assert list(rows) == list(STARTS)
    assert (TABLE_SIZE.H, TABLE_SIZE.T, TABLE_SIZE.loss) == (64, 100, "last")
    for name, start in STARTS.items():
        computed = study(TABLE_SIZE.changed(**start.choices, seeds=TABLE_SEEDS.low))
        for cell, norms in rows[name].items():
            np.testing.assert_array_equal(norms, computed.norms[cell][:, 0])
        assert ("rnn" in rows[name]) is (start.choices["keep"] == "none")


def test_the_lesson_of_the_table(rows: dict[str, dict[Cell, Array]]) -> None:
    """A default GRU vanishes almost like an RNN; its gate bias is what makes memory possible."""
    gru = {name: float(np.median(norms["gru"])) for name, norms in rows.items()}
    rnn = {name: float(np.median(norms["rnn"])) for name, norms in rows.items() if "rnn" in norms}
    assert rnn["pytorch"] < gru["pytorch"] < 1e-16
    assert gru["keep_2"] > 1e10 * gru["pytorch"]
    assert gru["chrono"] > 0.05
    assert rnn["gaussian_3"] > 1e8 > gru["gaussian_3"]


def test_the_table_as_numbers(rows: dict[str, dict[Cell, Array]]) -> None:
    frame = table(list(table_rows(TABLE_SEEDS.low)))
    assert len(frame) == sum(map(len, rows.values()))
    line = frame[(frame["start"] == "chrono") & (frame["cell"] == "gru")].iloc[0]
    norms = rows["chrono"]["gru"]
    assert (line["seeds"], line["median"]) == (len(norms), np.median(norms))
    assert (line["lowest"], line["highest"]) == (norms.min(), norms.max())


@pytest.mark.parametrize("seeds", [2, 31])
def test_the_table_needs_several_seeds(seeds: int) -> None:
    with pytest.raises(InputError, match="table_seeds: expected a whole number from 3 to 30"):
        next(table_rows(seeds))


@pytest.mark.parametrize("scheme", ["gaussian", "orthogonal"])
@pytest.mark.parametrize("gain", [0.1, 10.0])
def test_the_extremes_that_the_page_offers_stay_within_float64(scheme: str, gain: float) -> None:
    view = GradientView(H=64, T=200, scheme=scheme, gain=gain, seeds=1)
    for norms in study(view).norms.values():
        assert np.isfinite(norms).all()
