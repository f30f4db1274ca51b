"""One set of colours: those of the figures are those of the theme, in light and in dark."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gru_core.figures.palette import COLOURS

ROOT = Path(__file__).parents[2]
THEME = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))["theme"]


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> dict[str, Any]:
    colours: dict[str, Any] = THEME[request.param]
    return colours


def test_the_gates_wear_the_colours_of_the_design() -> None:
    colours = {"r": "#D55E00", "z": "#0072B2", "n": "#009E73", "h": "#CC79A7"}
    assert dict(COLOURS).items() >= colours.items()


def test_the_gates_lead_the_colours_of_a_chart(theme: dict[str, Any]) -> None:
    assert theme["chartCategoricalColors"][:4] == [COLOURS[name] for name in "rznh"]


def test_signed_numbers_end_where_the_diverging_scale_ends(theme: dict[str, Any]) -> None:
    scale = theme["chartDivergingColors"]
    assert (scale[0], scale[-1]) == (COLOURS["negative"], COLOURS["positive"])


def test_the_scales_are_as_long_as_streamlit_wants_them(theme: dict[str, Any]) -> None:
    for name in ("chartSequentialColors", "chartDivergingColors"):
        assert len(theme[name]) == len(set(theme[name])) == 10


def test_every_colour_is_another_one() -> None:
    assert all(re.fullmatch(r"#[0-9A-F]{6}", colour) for colour in COLOURS.values())
    assert len(set(COLOURS.values())) == len(COLOURS)


def test_colours_cannot_be_changed_by_a_session() -> None:
    colours: Any = COLOURS
    with pytest.raises(TypeError):
        colours["r"] = "#000000"


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_gates_stand_out_from_the_page(theme: dict[str, Any]) -> None:
    """WCAG 2.2, 1.4.11 asks 3:1 of shapes; a hair less is left to h, which is drawn broadest."""
    for name in "rznh":
        assert contrast(COLOURS[name], theme["backgroundColor"]) >= 2.8, name
    assert contrast(theme["textColor"], theme["backgroundColor"]) >= 7
    assert contrast(theme["linkColor"], theme["backgroundColor"]) >= 4.5
