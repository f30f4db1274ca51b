"""Makes the files in this folder, with Keras itself. Run it in an environment of its own:

pip install keras torch h5py && KERAS_BACKEND=torch python make.py keras3
pip install tensorflow tf_keras && TF_USE_LEGACY_KERAS=1 python make.py keras2

The files here are from Keras 3.15.1 and tf_keras 2.21.0.
"""

import sys
from pathlib import Path

import numpy as np

version = sys.argv[1]
if version == "keras2":
    import tf_keras as keras
else:
    import keras

layers = keras.layers
FOLDER = Path(__file__).parent
KEPT = (
    "keras2_branches.h5",
    "keras2_stack.h5",
    "keras2_stack.keras",
    "keras3_branches.keras",
    "keras3_stack.h5",
    "keras3_stack.keras",
    "keras3_stack.weights.h5",
)
INPUTS = np.random.default_rng(0).normal(size=(1, 6, 2)).astype(np.float32)


def stack():
    # Keras 3 has another hard sigmoid, which GRU Lab refuses.
    gate = "hard_sigmoid" if version == "keras2" else "sigmoid"
    two = layers.GRU(2, return_sequences=True, reset_after=False)
    return keras.Sequential(
        [
            keras.Input((6, 2)),
            layers.GRU(3, return_sequences=True, recurrent_activation=gate, name="first"),
            layers.Dropout(0.5),
            layers.Bidirectional(two, name="both"),
            layers.RNN([layers.GRUCell(2), layers.GRUCell(3)], return_sequences=True, name="cells"),
        ]
    )


def branches():
    inputs = keras.Input((6, 2))
    left = layers.GRU(2, return_sequences=True, use_bias=False, name="left")(inputs)
    right = layers.GRU(3, return_sequences=True, name="right")(inputs)
    joined = layers.Concatenate()([left, right])
    inner = [keras.Input((6, 5)), layers.GRU(2, return_sequences=True, name="deep")]
    deep = keras.Sequential(inner, name="inner")(joined)
    dense = layers.Dense(4)(deep)
    last = layers.GRU(2, return_sequences=True, go_backwards=True, name="after_dense")(dense)
    return keras.Model(inputs, [deep, dense, last])


def make(name, model):
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(scale=0.7, size=w.shape) for w in model.get_weights()])
    for ending in (".keras", ".h5", ".weights.h5"):
        if (file := f"{version}_{name}{ending}") in KEPT:
            (model.save_weights if "weights" in ending else model.save)(FOLDER / file)
    outputs = model(INPUTS)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    # Tensors of the torch backend carry gradients.
    arrays = [np.asarray(y.detach() if hasattr(y, "detach") else y)[0] for y in outputs]
    np.savez(FOLDER / f"{version}_{name}.npz", INPUTS[0], *arrays)


make("stack", stack())
make("branches", branches())
