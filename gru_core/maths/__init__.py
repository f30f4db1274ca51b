"""What a GRU computes, in NumPy float64."""

from gru_core.maths.convention import NAMED, PYTORCH, Convention, NamedConvention
from gru_core.maths.convert import convert
from gru_core.maths.gru import Step, Trace, hard_sigmoid, sigmoid, step, unroll
from gru_core.maths.parameters import GRUParameters, parameter_count
from gru_core.maths.weights import (
    from_keras,
    from_onnx,
    from_torch,
    load_into_torch,
    to_torch_state_dict,
)

__all__ = [
    "NAMED",
    "PYTORCH",
    "Convention",
    "GRUParameters",
    "NamedConvention",
    "Step",
    "Trace",
    "convert",
    "from_keras",
    "from_onnx",
    "from_torch",
    "hard_sigmoid",
    "load_into_torch",
    "parameter_count",
    "sigmoid",
    "step",
    "to_torch_state_dict",
    "unroll",
]
