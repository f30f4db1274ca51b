"""What "Open your model" says, in the session's language."""

from collections.abc import Mapping

from gru_core.data.sequence_view import GATE, RESET, Z_WEIGHTS
from gru_core.maths.convention import Convention
from gru_core.training.model_files import GRULayer
from gru_core.training.model_files.model import plain
from gru_core.training.model_view import ModelView
from pages.ui.words import label as _


def layer_name(layer: GRULayer) -> str:
    """A layer in a menu: its name, size and direction."""
    parameters = layer.parameters
    values = {"name": layer.name, "D": parameters.input_size, "H": parameters.hidden_size}
    if layer.direction == "backward":
        return _("{name}: {D} → {H}, backward", **values)
    return _("{name}: {D} → {H}", **values)


def direction(layer: GRULayer) -> str:
    """How a layer reads."""
    return _("backward") if layer.direction == "backward" else _("forward")


def convention(chosen: Convention) -> str:
    """A convention in one line."""
    return " · ".join(
        (
            _(Z_WEIGHTS.options[chosen.z_weights]),
            _(RESET.options[chosen.reset]),
            _(GATE.options[chosen.gate]),
        )
    )


def look_at(view: ModelView) -> str:
    """What the reader should see in the maps of the example; empty for all else."""
    if not view.is_example:
        return ""
    if view.reads_fed:
        return _(
            "This lower layer finds the marks: its units jump where one passes. To see what was "
            "marked held, choose the layer above."
        )
    if view.is_backward:
        return _(
            "This direction reads from the end: where z is near 1 a unit holds the value that is "
            "marked **next**, and lets go where z drops."
        )
    return _(
        "This network learned to say which value was marked last and which comes next. Where z is "
        "near 1 a unit holds the **last** one, and lets go where z drops."
    )


def of_layer(view: ModelView) -> list[str]:
    """What must be known to read the maps."""
    said = []
    if view.is_backward:
        said.append(
            _(
                "This layer reads the sequence from its end: here its own time runs from right to "
                "left, and each state comes from the one on its right."
            )
        )
    if not view.reads_fed:
        below = ", ".join(view.chosen.follows)
        said.append(_("Its inputs x are the states of {layers}.", layers=below))
    units, shown = view.chosen.parameters.hidden_size, len(view.order())
    if shown < units:
        said.append(
            _("The maps show {shown} of {units} units, the first in the order chosen above.",
              shown=shown, units=units)
        )  # fmt: skip
    return said


def awaited(query: Mapping[str, str]) -> str:
    """What a link asks for that no link can hold."""
    return _(
        "This link is about the file **{file}**, which stays on the computer of whoever opened it. "
        "Open that file here to see the same; until then this is another model.",
        file=plain(query["file"]),
    )


def gradient_sentence(view: ModelView) -> str:
    """How far back the gradient reaches."""
    reach = view.reach()
    if reach is None:
        return _(
            "The gradient of the state after the last step never falls below 1 % of what it is "
            "there: even the first input that the layer reads has a say."
        )
    return _(
        "The gradient of the state after the last step falls below 1 % of what it is there within "
        "{steps} steps: what the layer read before that hardly has a say.",
        steps=reach,
    )
