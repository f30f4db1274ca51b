"""The colours that mean something, the same in every figure, on light and on dark."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

# r, z, n, h: Okabe and Ito's colours (Color Universal Design, 2008), which colour-blind readers can
# tell apart. i, f, o of an LSTM: chosen to lie far from these and from each other as protan, deutan
# and tritan readers see them (Machado et al. 2009), and 2.9:1 from both papers. Negative and
# positive numbers: the ends of the theme's diverging scale. Training and validation: chosen in the
# same way, far from r, z, n, h, from signed numbers and from each other, 3:1 from both papers.
COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "r": "#D55E00",
        "z": "#0072B2",
        "n": "#009E73",
        "h": "#CC79A7",
        "i": "#9B5523",
        "f": "#7D9652",
        "o": "#53777A",
        "negative": "#5F55C2",
        "positive": "#C07F16",
        "training": "#776666",
        "validation": "#9966FF",
    }
)


class Stroke(NamedTuple):
    """How a line is drawn: its colour and plotly.js's name of its dash."""

    colour: str
    dash: str


# Found by search among colours of 2.9:1 from both papers: of those with the same dash, the least
# distance in OKLab that a protan, deutan or tritan reader sees (Machado et al. 2009) is as large
# as could be; those with another dash may be nearer, as the dash tells them apart.
CONFIGURATIONS: tuple[Stroke, ...] = (
    Stroke("#0069C3", "solid"),
    Stroke("#F05A00", "dash"),
    Stroke("#5A963C", "dot"),
    Stroke("#A54B0F", "solid"),
    Stroke("#2D96FF", "dash"),
    Stroke("#D269D2", "dot"),
    Stroke("#968796", "solid"),
    Stroke("#964B87", "dot"),
)
"""Of the configurations of a comparison, in their order."""
