"""What each example tells the reader to look at is true of its numbers."""

from dataclasses import replace

import numpy as np
import pytest

from gru_core.data.examples import EXAMPLES, example_setup, pytorch_default
from gru_core.data.setup import Setup
from gru_core.errors import InputError
from gru_core.maths.convention import ARTICLE, PYTORCH, Convention
from gru_core.maths.gru import Trace


def trace(name: str) -> Trace:
    return EXAMPLES[name].setup.unroll()


def test_the_examples() -> None:
    assert len(EXAMPLES) >= 9
    assert next(iter(EXAMPLES)) == "welcome"
    for name, example in EXAMPLES.items():
        assert example.name == name
        assert len({example.title, example.look_at}) == 2
        assert example.look_at.endswith(".")
        assert example_setup(name) == example.setup


def test_an_unknown_example_is_refused() -> None:
    with pytest.raises(InputError, match="got nothing·here"):
        example_setup("nothing<here")


def test_welcome() -> None:
    setup, t = EXAMPLES["welcome"].setup, trace("welcome")
    assert setup.convention == PYTORCH
    assert setup.inputs.shape == (6, 2)
    np.testing.assert_array_equal(np.flatnonzero(setup.inputs[:, 1] == 1), [1])
    assert t.z[1, 0] < 0.1
    assert np.delete(t.z[:, 0], 1).min() > 0.95
    assert abs(t.h[0, 0]) < 0.05
    assert t.h[1, 0] > 0.75
    assert (t.h[2:, 0] / t.h[1, 0]).min() > 0.9
    np.testing.assert_array_equal(np.sign(t.h[:, 1]), np.sign(setup.inputs[:, 0]))
    for values in (t.r[:, 1], t.z[:, 0], t.z[:, 1], t.n[:, 0], t.n[:, 1]):
        assert np.ptp(values) > 0.3


def test_one_unit() -> None:
    setup, t = EXAMPLES["one_unit"].setup, trace("one_unit")
    assert (setup.parameters.input_size, setup.parameters.hidden_size) == (1, 1)
    np.testing.assert_array_equal(t.r[:2], 0.5)
    np.testing.assert_array_equal(t.z[:2], 0.5)
    np.testing.assert_array_equal(t.n[:2], 0.0)
    np.testing.assert_array_equal(t.h[:2, 0], [0.25, 0.125])
    assert abs(t.n[2, 0]) > 0.5
    assert not setup.parameters.c_n.any()
    before = replace(setup, convention=Convention("state", "before")).unroll()
    np.testing.assert_array_equal(before.h, t.h)


def test_remember() -> None:
    t = trace("remember")
    assert len(t) == 8
    assert t.z.min() > 0.999
    assert np.abs(t.h / t.h0 - 1).max() < 0.01
    assert np.ptp(t.inputs) == 2.0


def test_forget() -> None:
    t = trace("forget")
    np.testing.assert_array_equal(np.flatnonzero(t.inputs[:, 1] == 1), [3])
    assert max(t.r[3, 0], t.z[3, 0]) < 0.01
    assert abs(t.h[3, 0]) < 0.01 * abs(t.h[2, 0])
    assert t.h[2, 0] == pytest.approx(t.h0[0], rel=0.01)
    assert np.delete(t.z[:, 0], 3).min() > 0.99


def test_reset_closed() -> None:
    setup, t = EXAMPLES["reset_closed"].setup, trace("reset_closed")
    assert t.r.max() < 0.01
    assert np.abs(t.h[:, 0] / t.h0[0] - 1).max() < 0.01
    # Hidden from n: another h0 hardly changes it. And z alone decides: unit 2 takes n over.
    other = replace(setup, h0=-setup.h0).unroll()
    assert np.abs(other.n - t.n).max() < 0.01
    assert np.abs(t.h[:, 1] - t.n[:, 1]).max() < 0.01


def test_saturated() -> None:
    setup, t = EXAMPLES["saturated"].setup, trace("saturated")
    gates = np.stack([t.r, t.z])
    assert np.minimum(gates, 1 - gates).max() < 1e-4
    assert gates.min() < 0.5 < gates.max()
    for name in ("W_r", "W_z", "U_r", "U_z", "b_r", "b_z"):
        array = getattr(setup.parameters, name)
        for index in np.ndindex(array.shape):
            for change in (-0.1, 0.1):
                changed = array.copy()
                changed[index] += change
                parameters = replace(setup.parameters, **{name: changed})
                h = replace(setup, parameters=parameters).unroll().h
                assert np.abs(h - t.h).max() < 1e-4


def test_pytorch_default_gates_whatever_the_seed() -> None:
    for seed in range(10_000):
        t = example_setup("pytorch_default", seed).unroll()
        gates = np.stack([t.r, t.z])
        assert gates.min() > 0.05, seed
        assert gates.max() < 0.95, seed


@pytest.mark.parametrize(("D", "H"), [(1, 1), (2, 3), (4, 4)])
def test_pytorch_default_is_distributed_as_pytorch_says(D: int, H: int) -> None:
    bound = 1 / np.sqrt(H)
    cells = [pytorch_default(seed, D, H).parameters for seed in range(500)]
    for name in ("W_r", "W_z", "W_n", "U_r", "U_z", "U_n", "b_n", "c_n"):
        draws = np.array([getattr(cell, name) for cell in cells])
        assert np.abs(draws).max() < bound
        assert np.std(draws) == pytest.approx(bound / np.sqrt(3), rel=0.1)
    for name in ("b_r", "b_z"):
        draws = np.array([getattr(cell, name) for cell in cells])
        assert bound < np.abs(draws).max() < 2 * bound
        assert np.std(draws) == pytest.approx(bound * np.sqrt(2 / 3), rel=0.1)


def test_pytorch_default_follows_its_seed() -> None:
    assert pytorch_default(3, 2, 3) == pytorch_default(3, 2, 3)
    assert pytorch_default(3, 2, 3) != pytorch_default(4, 2, 3)
    assert example_setup("pytorch_default", 4) == pytorch_default(4)


def test_article_003_repaired() -> None:
    setup, t = EXAMPLES["article_003_repaired"].setup, trace("article_003_repaired")
    assert setup.convention == ARTICLE
    np.testing.assert_allclose(t.r[0], [0.623634, 0.625041], atol=5e-7)
    np.testing.assert_allclose(t.z[0], [0.626446, 0.627849], atol=5e-7)
    np.testing.assert_allclose(t.n[0], [0.484889, 0.487750], atol=5e-7)
    h = [[0.341112, 0.380663], [0.710658, 0.723993], [0.919963, 0.924491]]
    np.testing.assert_allclose(t.h, h, atol=5e-7)
    assert (np.diff(np.vstack([t.h0, t.h]), axis=0) > 0).all()
    assert t.h[-1].min() > 0.9


def elementwise(setup: Setup) -> Setup:
    """The other reading of the article's `[0.1, 0.2] * [1, 2]`: NumPy's, element by element."""
    W = np.diag(setup.parameters.W_r[0])
    parameters = replace(setup.parameters, W_r=W, W_z=W, W_n=W)
    return replace(setup, parameters=parameters)


def test_article_003_as_printed_cannot_be() -> None:
    example = EXAMPLES["article_003_as_printed"]
    for setup in (example.setup, elementwise(example.setup)):
        t = setup.unroll()
        assert t.r_pre.min() > 0
        assert t.r.min() > 0.5
        assert max(example.claimed["r"]) < 0.5
        for name, claimed in example.claimed.items():
            assert np.abs(getattr(t, name)[0] - claimed).max() > 0.05
    assert [round(float(r), 2) for r in trace("article_003_as_printed").r[0]] == [0.62, 0.63]
    # Nor does the article's h follow from the article's own gates.
    z, n, h0 = (np.array(v) for v in (example.claimed["z"], example.claimed["n"], [0.1, 0.2]))
    np.testing.assert_allclose((1 - z) * h0 + z * n, [0.52, 0.69])
