from dataclasses import FrozenInstanceError

import pytest

from gru_core.errors import InputError
from gru_core.maths import convention as module
from gru_core.maths.convention import NAMED, PYTORCH, Convention


def test_default_is_pytorch():
    assert Convention() == PYTORCH == Convention("state", "after", "sigmoid")


@pytest.mark.parametrize("field", ["z_weights", "reset", "gate"])
def test_unknown_choice_is_refused_with_the_valid_ones(field):
    with pytest.raises(InputError) as error:
        Convention(**{field: "sideways"})
    assert error.value.details["name"] == field
    assert "'sideways'" in str(error.value)
    assert str(getattr(PYTORCH, field)) in str(error.value)


def test_frozen():
    with pytest.raises(FrozenInstanceError):
        PYTORCH.reset = "before"


def test_every_constant_has_a_name_and_every_name_its_constant():
    constants = {k for k, v in vars(module).items() if k.isupper() and isinstance(v, Convention)}
    assert {name.upper() for name in NAMED} == constants
    for name, named in NAMED.items():
        assert named.convention == getattr(module, name.upper())


def test_named_conventions_are_complete_and_distinct():
    assert len({named.title for named in NAMED.values()}) == len(NAMED)
    for name, named in NAMED.items():
        assert named.title
        assert named.note
        assert named.source.startswith("https://") or name == "article"


def test_named_cannot_be_changed():
    with pytest.raises(TypeError):
        NAMED["mine"] = NAMED["pytorch"]
