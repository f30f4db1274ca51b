"""The GRU layers of a model file that someone uploads, and their gates on a sequence.

Nothing of an upload is executed or unpickled. A file whose reader is a C library, or whose reading
can be made to last, is read by a process of its own with a deadline and little memory
(``quarantine``). Importing this package loads neither torch nor onnx nor h5py.
"""

from gru_core.training.model_files.model import (
    MAX_HIDDEN,
    MAX_LAYERS,
    MAX_NUMBERS,
    MAX_UPLOAD,
    Direction,
    GRULayer,
    Model,
    Sentence,
)
from gru_core.training.model_files.read import read_model
from gru_core.training.model_files.run import MAX_STATES, run_layer, run_model

__all__ = [
    "MAX_HIDDEN",
    "MAX_LAYERS",
    "MAX_NUMBERS",
    "MAX_STATES",
    "MAX_UPLOAD",
    "Direction",
    "GRULayer",
    "Model",
    "Sentence",
    "read_model",
    "run_layer",
    "run_model",
]
