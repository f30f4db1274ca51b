"""The same numbers in two conventions, side by side over time."""

from collections.abc import Sequence

import plotly.graph_objects as go

from gru_core.figures.palette import COLOURS
from gru_core.maths.gru import Trace

MARKERS = ("circle", "square", "diamond", "x")


def compare_conventions(ours: Trace, theirs: Trace, names: Sequence[str]) -> go.Figure:
    """h over time of two traces of single sequences: solid for `ours`, dashed for `theirs`.

    names: what to call the two. Units differ by their markers.
    """
    figure = go.Figure()
    for trace, name, dash, colour in zip(
        (ours, theirs), names, ("solid", "dash"), (COLOURS["h"], COLOURS["positive"]), strict=True
    ):
        steps = list(range(len(trace) + 1))
        for unit in range(trace.h.shape[-1]):
            states = [float(trace.h0[unit]), *trace.h[:, unit].tolist()]
            figure.add_scatter(
                x=steps,
                y=states,
                name=name,
                legendgroup=name,
                showlegend=unit == 0,
                line={"dash": dash, "color": colour, "width": 2.5},
                marker={"symbol": MARKERS[unit % len(MARKERS)], "size": 8},
                mode="lines+markers",
                hovertemplate=f"h[{unit + 1}] = %{{y:.6f}}<extra>t = %{{x}}</extra>",
            )
    figure.update_layout(
        margin={"l": 50, "r": 10, "t": 50, "b": 40},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        hovermode="closest",
        xaxis={"title": "t", "dtick": 1},
        yaxis={"title": "h"},
    )
    return figure
