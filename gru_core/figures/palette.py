"""The colours that mean something, the same in every figure, on light and on dark."""

from collections.abc import Mapping
from types import MappingProxyType

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
