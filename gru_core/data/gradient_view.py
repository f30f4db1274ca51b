"""All that the page "Gradients over time" shows, as one value that an address can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import cast

from gru_core.data.bounds import MAX_SEED, OneOf, Real, Whole, differing, read_all
from gru_core.data.sequence_view import GAIN, RESET, SCHEME, UNITS, Z_WEIGHTS
from gru_core.errors import N_
from gru_core.maths.convention import Convention, Reset, ZWeights
from gru_core.maths.initial import Cell, KeepBias, Scheme

INPUTS = Whole("D", N_("Inputs D"), 1, 8, 4)
STEPS = Whole("T", N_("Steps T"), 2, 200, 100)
KEEP = OneOf(
    "keep",
    N_("Bias that keeps the old state"),
    {
        "none": N_("no keep bias"),
        "bias": N_("keep bias"),
        "chrono": N_("chrono"),
    },
    "none",
)
KEEP_BIAS = Real("keep_bias", N_("Keep bias"), -10.0, 10.0, 2.0)
LOSS = OneOf(
    "loss",
    N_("Loss"),
    {
        "last": N_("at the last step"),
        "step": N_("at one step"),
        "all": N_("at all steps"),
    },
    "last",
)
SEED = Whole("seed", N_("First seed"), 0, MAX_SEED, 0)
SEEDS = Whole("seeds", N_("Number of seeds"), 1, 10, 3)
CELL = OneOf(
    "cell",
    N_("Cell"),
    {"gru": N_("GRU"), "rnn": N_("RNN"), "lstm": N_("LSTM")},
    "gru",
)
CHOICES = (
    UNITS,
    INPUTS,
    STEPS,
    SCHEME,
    GAIN,
    KEEP,
    KEEP_BIAS,
    LOSS,
    Z_WEIGHTS,
    RESET,
    SEED,
    SEEDS,
    CELL,
)


def loss_step(T: int) -> Whole:
    """At which step, from 1, the loss is when it is at one step: usually in the middle."""
    return Whole("at", N_("Step of the loss"), 1, T, (T + 1) // 2)


def late_step(T: int) -> Whole:
    """t of the pair (t, s) that is looked at."""
    return Whole("t", N_("Later step t"), 1, T, T)


def early_step(t: int) -> Whole:
    """s of that pair, which is not after t."""
    return Whole("s", N_("Earlier step s"), 1, t, 1)


@dataclass(frozen=True)
class GradientView:
    """Three cells of one size, drawn at random, and a loss whose gradient goes back through them.

    The bounds of the fields are CHOICES, loss_step, late_step and early_step, by their names.
    Steps count from 1; 0 for ``at``, ``t`` or ``s`` stands for the usual one. An RNN has no gate
    that keeps its state, so that ``keep`` does nothing to it; ``gain`` does nothing to PyTorch's
    initialisation. cell, t, s: what the parts of the page show that show one cell, or one pair.
    Raises InputError that names the field which is wrong.
    """

    H: int = UNITS.usual
    D: int = INPUTS.usual
    T: int = STEPS.usual
    scheme: str = SCHEME.usual
    gain: float = GAIN.usual
    keep: str = KEEP.usual
    keep_bias: float = KEEP_BIAS.usual
    loss: str = LOSS.usual
    z: str = Z_WEIGHTS.usual
    reset: str = RESET.usual
    seed: int = SEED.usual
    seeds: int = SEEDS.usual
    cell: str = CELL.usual
    at: int = 0
    t: int = 0
    s: int = 0

    def __post_init__(self) -> None:
        for name, value in read_all(CHOICES, vars(self)).items():
            object.__setattr__(self, name, value)
        for name, bounds in (("at", loss_step), ("t", late_step), ("s", early_step)):
            place = bounds(self.t if name == "s" else self.T)
            given = getattr(self, name)
            # Only the number 0 is "usual": an address that says 0 is wrong.
            chosen = place.usual if given == 0 else place.read(given)
            object.__setattr__(self, name, chosen)

    @property
    def cell_name(self) -> Cell:
        """``cell``, for the type checker."""
        return cast("Cell", self.cell)

    @property
    def scheme_name(self) -> Scheme:
        """``scheme``, for the type checker."""
        return cast("Scheme", self.scheme)

    @property
    def keep_choice(self) -> KeepBias:
        """What ``initialise`` is to add to the bias of the keep gate."""
        return {"none": 0.0, "bias": self.keep_bias, "chrono": "chrono"}[self.keep]  # type: ignore[return-value]

    @property
    def convention(self) -> Convention:
        """How the GRU's weights are read."""
        return Convention(cast("ZWeights", self.z), cast("Reset", self.reset))

    @property
    def curves(self) -> GradientView:
        """The view that has the same curves, with all that does not act on them as usual.

        Views that differ only in what is marked on the screen are equal here.
        """
        usual = GradientView(T=self.T)
        idle: dict[str, object] = {name: getattr(usual, name) for name in ("cell", "t", "s")}
        if self.loss != "step":
            idle["at"] = usual.at
        if self.keep != "bias":
            idle["keep_bias"] = usual.keep_bias
        if self.scheme == "pytorch":
            idle["gain"] = usual.gain
        return replace(self, **idle)  # type: ignore[arg-type]

    def changed(self, **choices: object) -> GradientView:
        """The view with other choices. Steps that are no longer there move to the nearest.

        A step that was the usual one stays the usual one. Raises InputError as the class.
        """
        usual = GradientView(T=self.T)
        T = STEPS.read(choices.get("T", self.T))
        places = {
            name: 0 if here == getattr(usual, name) else min(here, T)
            for name in ("at", "t", "s")
            if (here := getattr(self, name))
        }
        given = {**places, **choices}
        t = late_step(T).read(given["t"] or T)
        if "s" not in choices:
            given["s"] = min(places["s"], t)
        return replace(self, **given)  # type: ignore[arg-type]

    def to_query(self) -> dict[str, str]:
        """The view as the parameters of an address; `from_query` is the way back."""
        usual = asdict(GradientView(T=self.T)) | {"T": STEPS.usual}
        return differing(asdict(self), usual)

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> GradientView:
        """The view of an address. Raises InputError that names the parameter that is wrong."""
        return cls(**{name: query[name] for name in QUERY_NAMES if name in query})  # type: ignore[arg-type]


QUERY_NAMES = tuple(field.name for field in fields(GradientView))
"""Every parameter that GradientView.to_query can write."""
