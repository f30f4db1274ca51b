"""Gradients over time: how large they are on their way back, and by which path they went."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from gru_core.figures.palette import COLOURS
from gru_core.maths.parameters import Array

FLOOR = 1e-30
"""Norms below this are drawn at it: a logarithm has no zero."""

CELL_STYLES: Mapping[str, tuple[str, str]] = {
    "gru": (COLOURS["h"], "solid"),
    "rnn": ("#7A7F8C", "dot"),
    "lstm": ("#5F55C2", "dash"),
    "lstm_c": ("#5F55C2", "longdashdot"),
}
PATH_STYLES: Mapping[str, tuple[str, str]] = {
    "total": (COLOURS["h"], "solid"),
    "leak": ("#7A7F8C", "solid"),
    "update": (COLOURS["z"], "dash"),
    "candidate": (COLOURS["n"], "solid"),
    "reset": (COLOURS["r"], "dot"),
}


def gradient_profiles(
    norms: Mapping[str, Array], names: Mapping[str, str], axis: tuple[str, str]
) -> go.Figure:
    """‖∂L/∂h_t‖ over t on a log scale: the median of several seeds, and their range as a band.

    norms: key of CELL_STYLES → (seeds, T). names: what to call each. axis: titles of x and y.
    """
    figure = go.Figure()
    for key, runs in norms.items():
        colour, dash = CELL_STYLES[key]
        steps = list(range(1, runs.shape[1] + 1))
        shown = np.maximum(runs, FLOOR)
        if len(runs) > 1:
            band = [*shown.max(axis=0), *shown.min(axis=0)[::-1]]
            figure.add_scatter(
                x=[*steps, *reversed(steps)],
                y=band,
                fill="toself",
                fillcolor=_faint(colour),
                line={"width": 0},
                hoverinfo="skip",
                showlegend=False,
                legendgroup=key,
            )
        figure.add_scatter(
            x=steps,
            y=np.median(shown, axis=0),
            name=names[key],
            legendgroup=key,
            line={"color": colour, "dash": dash, "width": 3},
            mode="lines",
            hovertemplate="%{y:.2e}",
        )
    return _over_time(figure, axis)


def path_norms(
    norms: Mapping[str, Array], names: Mapping[str, str], axis: tuple[str, str]
) -> go.Figure:
    """The spectral norm of each path of the Jacobian, step by step: key of PATH_STYLES → (T,)."""
    figure = go.Figure()
    for key, values in norms.items():
        colour, dash = PATH_STYLES[key]
        figure.add_scatter(
            x=list(range(1, len(values) + 1)),
            y=np.maximum(values, FLOOR),
            name=names[key],
            line={"color": colour, "dash": dash, "width": 3 if key == "total" else 2},
            mode="lines",
            hovertemplate="%{y:.3g}",
        )
    return _over_time(figure, axis)


def pairwise_map(
    norms: Array, chosen: tuple[int, int] | None, axis: tuple[str, str], title: str
) -> go.Figure:
    """‖∂h_t/∂h_s‖ for all s ≤ t as a map of its logarithm, (T, T) with row t and column s.

    chosen: (t, s), from 0, to be marked.
    """
    steps = list(range(1, len(norms) + 1))
    shown = np.where(np.tri(len(norms), dtype=bool), np.maximum(norms, FLOOR), np.nan)
    figure = go.Figure(
        go.Heatmap(
            x=steps,
            y=steps,
            z=np.log10(shown),
            customdata=shown,
            colorscale=[[0, "#5F55C2"], [0.5, "#F4F1EA"], [1, "#C07F16"]],
            zmid=0,
            hovertemplate="t = %{y}, s = %{x}: %{customdata:.2e}<extra></extra>",
            colorbar={"title": {"text": title}, "thickness": 12},
            hoverongaps=False,
        )
    )
    if chosen:
        t, s = chosen
        figure.add_scatter(
            x=[s + 1],
            y=[t + 1],
            mode="markers",
            marker={"symbol": "square-open", "size": 14, "color": "#D55E00", "line": {"width": 3}},
            hoverinfo="skip",
            showlegend=False,
        )
    figure.update_layout(
        margin={"l": 50, "r": 10, "t": 20, "b": 45},
        xaxis={"title": axis[0], "constrain": "domain"},
        yaxis={"title": axis[1], "scaleanchor": "x", "constrain": "domain"},
    )
    return figure


def singular_value_lines(values: Array, axis: tuple[str, str]) -> go.Figure:
    """Singular values of ∂h_T/∂h_t over t, the largest on top: (T, H)."""
    figure = go.Figure()
    T, H = values.shape
    for rank in range(H):
        share = rank / max(1, H - 1)
        figure.add_scatter(
            x=list(range(1, T + 1)),
            y=np.maximum(values[:, rank], FLOOR),
            line={"color": COLOURS["h"], "width": 3 if rank == 0 else 1.2},
            opacity=1 - 0.75 * share,
            mode="lines",
            showlegend=False,
            hovertemplate=f"σ{rank + 1} = %{{y:.2e}}<extra></extra>",
        )
    return _over_time(figure, axis)


def nudge_curve(
    weights: Sequence[float], losses: Sequence[float], at: tuple[float, float], slope: float
) -> go.Figure:
    """The loss as one weight is moved, with the tangent that the gradient predicts."""
    figure = go.Figure()
    figure.add_scatter(
        x=list(weights),
        y=list(losses),
        mode="lines",
        line={"color": COLOURS["h"], "width": 3},
        showlegend=False,
        hovertemplate="%{x:.3f} → %{y:.5f}<extra></extra>",
    )
    x, y = at
    reach = (max(weights) - min(weights)) / 4
    figure.add_scatter(
        x=[x - reach, x, x + reach],
        y=[y - slope * reach, y, y + slope * reach],
        mode="lines+markers",
        line={"color": COLOURS["r"], "dash": "dash", "width": 2},
        marker={"size": [0, 11, 0]},
        showlegend=False,
        hoverinfo="skip",
    )
    figure.update_layout(margin={"l": 50, "r": 10, "t": 20, "b": 40})
    return figure


def _over_time(figure: go.Figure, axis: tuple[str, str]) -> go.Figure:
    figure.update_layout(
        margin={"l": 60, "r": 10, "t": 30, "b": 45},
        legend={"orientation": "h", "y": 1.12},
        hovermode="x unified",
        xaxis={"title": axis[0]},
        yaxis={"title": axis[1], "type": "log", "exponentformat": "power"},
    )
    return figure


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.18)"
