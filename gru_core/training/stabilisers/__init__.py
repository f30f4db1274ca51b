"""Methods of stabilisation: each a small piece with its place to act, its source and its limits."""

from gru_core.training.stabilisers.acting import PLAIN, Acting, Noise, Site, Together
from gru_core.training.stabilisers.methods import METHODS, Method, Sizes

__all__ = ["METHODS", "PLAIN", "Acting", "Method", "Noise", "Site", "Sizes", "Together"]
