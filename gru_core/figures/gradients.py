"""Gradients over time: how large they are on their way back, and by which path they went."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from gru_core.data.trained import TRAINED
from gru_core.figures.palette import COLOURS
from gru_core.maths.parameters import Array

CLICKABLE = 100
"""At most so many places to click along each side of a map."""
FEW_DECADES = 3
DECADES = 12.0
"""A map's colours reach from 10⁻¹² to 10¹² at most, so that one extreme does not pale the rest."""

CELL_STYLES: Mapping[str, tuple[str, str]] = {
    "gru": (COLOURS["h"], "solid"),
    "rnn": ("#7A7F8C", "dot"),
    "lstm": ("#5F55C2", "dash"),
    "lstm_c": ("#5F55C2", "longdashdot"),
    TRAINED: (COLOURS["positive"], "dashdot"),
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

    norms: key of CELL_STYLES → (seeds, T); a zero, which has no logarithm, is left out.
    names: what to call each. axis: titles of x and y.
    """
    figure = go.Figure()
    T = 1
    for key, runs in norms.items():
        T = runs.shape[1]
        colour, dash = CELL_STYLES[key]
        steps = np.flatnonzero(runs.all(axis=0)) + 1
        shown = runs[:, steps - 1]
        if len(runs) > 1:
            figure.add_scatter(
                x=np.concatenate([steps, steps[::-1]]),
                y=np.concatenate([shown.max(axis=0), shown.min(axis=0)[::-1]]),
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
    # The whole sequence, also where a loss at an earlier step leaves the end of it empty.
    return _over_time(figure, axis).update_xaxes(range=[1, T])


def path_norms(
    norms: Mapping[str, Array], names: Mapping[str, str], axis: tuple[str, str]
) -> go.Figure:
    """The spectral norm of each path of the Jacobian, step by step: key of PATH_STYLES → (T,)."""
    figure = go.Figure()
    for key, values in norms.items():
        colour, dash = PATH_STYLES[key]
        figure.add_scatter(
            x=list(range(1, len(values) + 1)),
            y=_positive(values),
            name=names[key],
            line={"color": colour, "dash": dash, "width": 3 if key == "total" else 2},
            mode="lines",
            hovertemplate="%{y:.3g}",
        )
    return _over_time(figure, axis)


def pairwise_map(
    norms: Array, chosen: tuple[int, int], axis: tuple[str, str], title: str
) -> go.Figure:
    """‖∂L_t/∂h_s‖ for all s ≤ t as a map of its logarithm, (T, T) with row t and column s, from 0.

    chosen: (t, s), from 1, to be marked. title: of the scale. The second trace is what can be
    clicked, because Plotly selects no cell of a heat map: its x is s and its y is t, from 1.
    """
    T = len(norms)
    steps = np.arange(1, T + 1)
    logs = np.log10(_positive(np.where(np.tri(T, dtype=bool), norms, 0.0)))
    reach = float(np.clip(np.nanmax(np.abs(logs), initial=1.0), 1.0, DECADES))
    top = int(reach)
    ticks = [-top, -(top // 2), 0, top // 2, top] if top > 1 else [-1, 0, 1]
    # The colours are the diverging scale of the page's theme, light or dark.
    figure = go.Figure(
        go.Heatmap(
            x=steps,
            y=steps,
            z=logs.astype(np.float32),
            autocolorscale=True,
            zmin=-reach,
            zmax=reach,
            hoverinfo="skip",
            hoverongaps=False,
            colorbar={
                "title": {"text": title},
                "thickness": 12,
                "tickvals": ticks,
                "ticktext": [f"10<sup>{tick}</sup>" for tick in ticks],
            },
        )
    )
    places = steps[:: -(-T // CLICKABLE)]
    t, s = (at.ravel() for at in np.meshgrid(places, places, indexing="ij"))
    t, s = t[s <= t], s[s <= t]
    unseen = {"marker": {"opacity": 0}}
    figure.add_scatter(
        x=s,
        y=t,
        customdata=norms[t - 1, s - 1],
        mode="markers",
        marker={"opacity": 0, "size": 6},
        selected=unseen,
        unselected=unseen,
        showlegend=False,
        hovertemplate="t = %{y}, s = %{x}: %{customdata:.2e}<extra></extra>",
    )
    figure.add_scatter(
        x=[chosen[1]],
        y=[chosen[0]],
        mode="markers",
        marker={
            "symbol": "square-open",
            "size": 14,
            "color": COLOURS["r"],
            "line": {"width": 3},
        },
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_layout(
        margin={"l": 50, "r": 10, "t": 20, "b": 45},
        clickmode="event+select",
        dragmode=False,
        hovermode="closest",
        hoverdistance=30,
        xaxis={"title": axis[0], "range": [0.5, T + 0.5]},
        yaxis={"title": axis[1], "range": [0.5, T + 0.5]},
    )
    return figure


def pair_path(norms: Array, chosen: tuple[int, int], axis: tuple[str, str]) -> go.Figure:
    """‖∂L_t/∂h_k‖ for k from s to t, the way back of one gradient.

    norms: (T, T) as for ``pairwise_map``. chosen: (t, s), from 1.
    """
    t, s = chosen
    figure = go.Figure()
    figure.add_scatter(
        x=list(range(s, t + 1)),
        y=_positive(norms[t - 1, s - 1 : t]),
        mode="lines+markers",
        line={"color": COLOURS["r"], "width": 2.5},
        marker={"size": 5},
        showlegend=False,
        hovertemplate="%{y:.2e}",
    )
    return _over_time(figure, axis)


def singular_value_lines(values: Array, axis: tuple[str, str]) -> go.Figure:
    """Singular values of ∂s_T/∂s_t over t, the largest on top: (T, S). NaN is left out."""
    figure = go.Figure()
    T, S = values.shape
    for rank in range(S):
        figure.add_scatter(
            x=list(range(1, T + 1)),
            y=_positive(values[:, rank]),
            line={"color": COLOURS["h"], "width": 3 if rank == 0 else 1.2},
            opacity=1 - 0.75 * rank / max(1, S - 1),
            mode="lines",
            showlegend=False,
            hovertemplate=f"σ{rank + 1} = %{{y:.2e}}<extra></extra>",
        )
    # One box for all of them would cover the figure.
    return _over_time(figure, axis).update_layout(hovermode="closest")


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
    norms = np.concatenate([np.asarray(line.y, dtype=np.float64) for line in figure.data])
    drawn = norms[np.isfinite(norms) & (norms > 0.0)]
    decades = np.ptp(np.log10(drawn)) if drawn.size else 0.0
    figure.update_layout(
        margin={"l": 60, "r": 10, "t": 50, "b": 45},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        hovermode="x unified",
        xaxis={"title": axis[0]},
        yaxis={
            "title": axis[1],
            "type": "log",
            "exponentformat": "power",
            # Left alone, Plotly labels every digit of a short axis, one over the other.
            "dtick": "D2" if decades < FEW_DECADES else None,
        },
    )
    return figure


def _positive(norms: Array) -> Array:
    """Without zeros, which have no place on a logarithmic scale."""
    return np.where(norms > 0.0, norms, np.nan)


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.18)"
