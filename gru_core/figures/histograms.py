"""How often a gate takes which value."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from gru_core.figures.palette import COLOURS
from gru_core.maths.parameters import Array

BINS = 20


def gate_histograms(gates: Mapping[str, Array], names: Mapping[str, str]) -> go.Figure:
    """Shares of all values of all units in 20 bins from 0 to 1, a bar for each gate side by side.

    gates: "r" or "z" → values of any shape. names: what to call each.
    """
    figure = go.Figure()
    edges = np.linspace(0, 1, BINS + 1)
    for name, values in gates.items():
        counts, _ = np.histogram(values, edges)
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts / values.size,
            name=names[name],
            marker={"color": COLOURS[name], "pattern": {"shape": "" if name == "r" else "/"}},
            hovertemplate="%{x:.3f}: %{y:.1%}",
        )
    figure.update_layout(
        margin={"l": 50, "r": 10, "t": 50, "b": 40},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        barmode="group",
        bargap=0.1,
        xaxis={"range": [0, 1]},
        yaxis={"tickformat": ".0%"},
    )
    return figure
