import pickle
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
import torch

from gru_core.errors import InputError
from gru_core.maths.convention import CHUNG, NAMED, PYTORCH
from gru_core.maths.parameters import NAMES, GRUParameters, parameter_count
from tests.maths.strategies import random_parameters, shapes

D, H = 2, 3


def test_sizes():
    cell = random_parameters(0, D, H)
    assert (cell.input_size, cell.hidden_size) == (D, H)


def test_c_n_is_zero_unless_given():
    full = random_parameters(0, D, H)
    cell = GRUParameters(*(getattr(full, name) for name in NAMES[:-1]))
    assert cell.c_n.shape == (H,)
    assert not cell.c_n.any()


def test_lists_are_accepted_and_kept_as_float64():
    cell = GRUParameters([[1]], [[2]], [[3]], [[4]], [[5]], [[6]], [7], [8], [9], [10])
    for value, name in enumerate(NAMES, start=1):
        assert getattr(cell, name).dtype == np.float64
        assert getattr(cell, name).item() == value


@pytest.mark.parametrize("name", NAMES)
def test_immutable(name):
    original = np.ones(shapes(D, H)[name])
    cell = random_parameters(0, D, H, **{name: original})
    with pytest.raises(ValueError, match="read-only"):
        getattr(cell, name)[0] = 2.0
    with pytest.raises(FrozenInstanceError):
        setattr(cell, name, original)
    original[...] = 5.0
    assert (getattr(cell, name) == 1.0).all()


@pytest.mark.parametrize("name", NAMES[1:])
def test_shape_error_names_array_expected_and_actual(name):
    expected = shapes(D, H)[name]
    actual = (*expected[:-1], expected[-1] + 1)
    with pytest.raises(InputError) as error:
        random_parameters(0, D, H, **{name: np.ones(actual)})
    for part in (name, str(expected), str(actual)):
        assert part in str(error.value)


@pytest.mark.parametrize("W_r", [np.ones(3), np.ones((0, 2)), np.ones((2, 0)), np.ones((1, 2, 3))])
def test_first_matrix_must_be_a_matrix(W_r):
    with pytest.raises(InputError) as error:
        random_parameters(0, D, H, W_r=W_r)
    for part in ("W_r", "(H, D)", str(W_r.shape)):
        assert part in str(error.value)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", NAMES)
def test_place_of_nan_or_infinity_is_named(name, bad):
    values = np.ones(shapes(D, H)[name])
    index = (1,) if values.ndim == 1 else (1, 0)
    values[index] = bad
    with pytest.raises(InputError) as error:
        random_parameters(0, D, H, **{name: values})
    place = "[1]" if values.ndim == 1 else "[1, 0]"
    assert str(error.value).startswith(f"{name}{place}: expected a finite number, got {bad}")


@pytest.mark.parametrize("bad", [[["1", "2"]], [[1, 2], [3]], [[None, 1]], [[1j, 2]], "text", None])
def test_what_is_not_numbers_is_refused(bad):
    with pytest.raises(InputError) as error:
        random_parameters(0, D, H, W_r=bad)
    assert error.value.details["name"] == "W_r"
    assert "real numbers" in str(error.value)


def test_equality_is_by_value():
    cell = random_parameters(0, D, H)
    assert cell == random_parameters(0, D, H)
    assert hash(cell) == hash(random_parameters(0, D, H))
    assert cell != random_parameters(1, D, H)
    assert cell != random_parameters(0, D, H + 1)
    assert cell != "cell"
    for name in NAMES:
        assert cell != replace(cell, **{name: np.nextafter(getattr(cell, name), 9)})


def test_equal_parameters_hash_alike_even_with_negative_zero():
    zero, negative = (random_parameters(0, 1, 1, b_r=np.array([z])) for z in (0.0, -0.0))
    assert zero == negative
    assert hash(zero) == hash(negative)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pytorch", 4224),
        ("keras", 4224),
        ("flax_linen", 4160),
        ("keras_reset_before", 4128),
        ("flax_nnx", 4128),
        ("cho_v3", 4032),
    ],
)
def test_parameter_counts_of_the_libraries(name, expected):
    bias_vectors = NAMED[name].bias_vectors
    assert parameter_count(10, 32, bias_vectors) == expected
    assert random_parameters(0, 10, 32).count(bias_vectors) == expected


def test_parameter_count_is_that_of_torch():
    assert parameter_count(10, 32, NAMED["pytorch"].bias_vectors) == sum(
        weights.numel() for weights in torch.nn.GRU(10, 32).parameters()
    )


def test_c_n_has_no_meaning_with_reset_before():
    cell = random_parameters(0, D, H, c_n=np.array([0.0, 0.5, 0.0]))
    cell.require_meaning_in(PYTORCH)
    replace(cell, c_n=np.zeros(H)).require_meaning_in(CHUNG)
    with pytest.raises(InputError, match=r"c_n\[1\] = 0\.5"):
        cell.require_meaning_in(CHUNG)


def test_input_error_keeps_template_and_details_through_pickle():
    error = InputError("{name}: got {actual}.", name="x", actual="{odd}")
    copy = pickle.loads(pickle.dumps(error))
    for e in (error, copy):
        assert isinstance(e, ValueError)
        assert str(e) == "x: got {odd}."
        assert e.template == "{name}: got {actual}."
        assert e.details == {"name": "x", "actual": "{odd}"}
