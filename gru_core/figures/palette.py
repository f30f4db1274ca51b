"""The colours that mean something, the same in every figure, on light and on dark."""

from collections.abc import Mapping
from types import MappingProxyType

# r, z, n, h: Okabe and Ito's colours (Color Universal Design, 2008), which colour-blind readers can
# tell apart. Negative and positive numbers: the ends of the theme's diverging scale.
COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "r": "#D55E00",
        "z": "#0072B2",
        "n": "#009E73",
        "h": "#CC79A7",
        "negative": "#5F55C2",
        "positive": "#C07F16",
    }
)
