"""The choices that make one published GRU differ from another, and who made which.

Two choices change the equations: what the update gate z weights, and where the reset gate r
acts. A third is the gates' activation function.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from gru_core.errors import N_, InputError

ZWeights = Literal["candidate", "state"]
Reset = Literal["before", "after"]
Gate = Literal["sigmoid", "hard_sigmoid"]


@dataclass(frozen=True)
class Convention:
    """Which GRU is meant.

    z_weights: what z multiplies.
        ``"candidate"``: h' = (1 - z) ∘ h + z ∘ n (Chung et al. 2014).
        ``"state"``: h' = (1 - z) ∘ n + z ∘ h (Cho et al. 2014 and most libraries).
    reset: where r acts.
        ``"before"``: n = tanh(W_n x + b_n + U_n (r ∘ h)) (Cho et al. 2014, v3).
        ``"after"``: n = tanh(W_n x + b_n + r ∘ (U_n h + c_n)) (v1, without c_n).
    gate: the activation function of r and z, see ``gru_core.maths.gru``.

    Raises InputError when a choice is none of these.
    """

    z_weights: ZWeights = "state"
    reset: Reset = "after"
    gate: Gate = "sigmoid"

    def __post_init__(self) -> None:
        choices = {"z_weights": ZWeights, "reset": Reset, "gate": Gate}
        for name, choice in choices.items():
            expected = get_args(choice)
            if getattr(self, name) not in expected:
                raise InputError(
                    "{name}: expected one of {expected}, got {actual!r}. "
                    "Choose one of the values listed.",
                    name=name,
                    expected=", ".join(expected),
                    actual=getattr(self, name),
                )


PYTORCH = Convention("state", "after")
KERAS = Convention("state", "after")
KERAS_RESET_BEFORE = Convention("state", "before")
ONNX = Convention("state", "before")
ONNX_LINEAR_BEFORE_RESET = Convention("state", "after")
TFJS = Convention("state", "before", "hard_sigmoid")
FLAX_LINEN = Convention("state", "after")
FLAX_NNX = Convention("state", "after")
CUDNN = Convention("state", "after")
TF1 = Convention("state", "before")
CHO_V1 = Convention("state", "after")
CHO_V3 = Convention("state", "before")
CHUNG = Convention("candidate", "before")
ARTICLE = Convention("candidate", "before")


@dataclass(frozen=True)
class NamedConvention:
    """A convention under the name of the library or paper that uses it.

    title, note: English message ids, to be translated where they are shown.
    source: address of the documentation or paper; empty when there is no public one.
    bias_vectors: how many bias vectors of length H that source stores, as the argument of
        ``gru_core.maths.parameters.parameter_count``.
    """

    title: str
    convention: Convention
    source: str
    note: str
    bias_vectors: int


NAMED: Mapping[str, NamedConvention] = MappingProxyType(
    {
        "pytorch": NamedConvention(
            N_("PyTorch nn.GRU"),
            PYTORCH,
            "https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html",
            N_("Two bias vectors for each of r, z and n. Only the two of n act differently."),
            bias_vectors=6,
        ),
        "keras": NamedConvention(
            N_("Keras GRU"),
            KERAS,
            "https://keras.io/api/layers/recurrent_layers/gru/",
            N_("The default, reset_after=True. The bias has an input row and a recurrent row."),
            bias_vectors=6,
        ),
        "keras_reset_before": NamedConvention(
            N_("Keras GRU, reset_after=False"),
            KERAS_RESET_BEFORE,
            "https://keras.io/api/layers/recurrent_layers/gru/",
            N_("Keras cites version 3 of Cho et al. for it. One bias vector each."),
            bias_vectors=3,
        ),
        "onnx": NamedConvention(
            N_("ONNX GRU"),
            ONNX,
            "https://onnx.ai/onnx/operators/onnx__GRU.html",
            N_("The default, linear_before_reset=0. The two biases of n are simply added."),
            bias_vectors=6,
        ),
        "onnx_linear_before_reset": NamedConvention(
            N_("ONNX GRU, linear_before_reset=1"),
            ONNX_LINEAR_BEFORE_RESET,
            "https://onnx.ai/onnx/operators/onnx__GRU.html",
            N_("The form to which PyTorch's GRU is exported."),
            bias_vectors=6,
        ),
        "tfjs": NamedConvention(
            N_("TensorFlow.js layers.gru"),
            TFJS,
            "https://github.com/tensorflow/tfjs/blob/master/tfjs-layers/src/layers/recurrent.ts",
            N_("Gates are a hard sigmoid unless told otherwise; resetAfter=true is refused."),
            bias_vectors=3,
        ),
        "flax_linen": NamedConvention(
            N_("Flax linen GRUCell"),
            FLAX_LINEN,
            "https://flax.readthedocs.io/en/v0.6.10/api_reference/_autosummary/flax.linen.GRUCell.html",
            N_("One bias vector each for r and z, two for n."),
            bias_vectors=4,
        ),
        "flax_nnx": NamedConvention(
            N_("Flax nnx GRUCell"),
            FLAX_NNX,
            "https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/nn/recurrent.html",
            N_("Biases on the input side only: its code has no bias inside r ∘ (U_n h)."),
            bias_vectors=3,
        ),
        "cudnn": NamedConvention(
            N_("cuDNN"),
            CUDNN,
            "https://www.tensorflow.org/versions/r1.15/api_docs/python/tf/contrib/cudnn_rnn/CudnnCompatibleGRUCell",
            N_("Equations as TensorFlow quotes them from the cuDNN user guide."),
            bias_vectors=6,
        ),
        "tf1": NamedConvention(
            N_("TensorFlow 1 GRUCell"),
            TF1,
            "https://www.tensorflow.org/versions/r1.15/api_docs/python/tf/nn/rnn_cell/GRUCell",
            N_("Weights act on x and h stacked. The biases of r and z start at 1."),
            bias_vectors=3,
        ),
        "cho_v1": NamedConvention(
            N_("Cho et al. 2014, version 1"),
            CHO_V1,
            "https://arxiv.org/abs/1406.1078v1",
            N_("The first version of the paper that introduced the unit. No biases."),
            bias_vectors=0,
        ),
        "cho_v3": NamedConvention(
            N_("Cho et al. 2014, version 3"),
            CHO_V3,
            "https://arxiv.org/abs/1406.1078v3",
            N_("The last version of the same paper moved the reset gate. No biases."),
            bias_vectors=0,
        ),
        "chung": NamedConvention(
            N_("Chung et al. 2014"),
            CHUNG,
            "https://arxiv.org/abs/1412.3555",
            N_("Compared the GRU with the LSTM, and swapped the roles of z and 1 - z. No biases."),
            bias_vectors=0,
        ),
        "article": NamedConvention(
            N_("Article 003"),
            ARTICLE,
            "",
            N_("The article whose worked example is repaired here. No biases."),
            bias_vectors=0,
        ),
    }
)
