"""The page "Gradients over time": what it sends is what the library computed for its view."""

import base64
import json
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gru_core.data.backward_setup import BackwardSetup
from gru_core.data.gradient_study import (
    CURVES,
    STARTS,
    TABLE_SEEDS,
    pairwise,
    paths,
    stretches,
    study,
    table,
    table_rows,
)
from gru_core.data.gradient_view import GradientView
from gru_core.errors import InputError
from pages.ui import gradient_state
from pages.ui.gradient_words import sentences
from tests.pages.conftest import OpenApp, component, control, in_turn, texts

PAIRS, PATHS, SINGULAR, TABLE, BY_HAND = range(5)
NUMBERS = -1


def open_tab(app: AppTest, place: int) -> AppTest:
    """Open one of the tabs by its place, for their names are those of a language."""
    label = app.tabs[place].label
    app.session_state["gradients_tab"] = label
    app.run()
    assert not app.exception
    return app


def view_of(app: AppTest) -> GradientView:
    view: GradientView = app.session_state["gradients"].view
    return view


def figure(app: AppTest, place: int = 0) -> dict[str, Any]:
    spec: dict[str, Any] = json.loads(app.get("plotly_chart")[place].proto.spec)
    return spec


def numbers(values: Any) -> Any:
    """Plotly sends an array as its bytes."""
    if isinstance(values, dict):
        array = np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])
        return (
            array.reshape([int(n) for n in values["shape"].split(",")])
            if "shape" in values
            else array
        )
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def assert_shows(app: AppTest, view: GradientView) -> None:
    """The address, the curves and the sentences are those of `view`."""
    assert not app.exception
    assert view_of(app) == view
    assert component(app, "gradients_link")["query"] == view.to_query()
    computed = study(view)
    medians = [line for line in figure(app)["data"] if line.get("showlegend") is not False]
    assert len(medians) == len(CURVES)
    for line, norms in zip(medians, computed.norms.values(), strict=True):
        steps = numbers(line["x"]).astype(int)
        np.testing.assert_allclose(numbers(line["y"]), np.median(norms, axis=0)[steps - 1])
    shown = [text.value for text in app.markdown]
    if view_language(app) == "en":
        assert [
            text for text in shown if text.startswith(("**GRU", "**RNN", "**LSTM"))
        ] == sentences(computed)


def view_language(app: AppTest) -> str:
    return str(app.session_state["lang"])


def test_a_newcomer_sees_three_cells(open_app: OpenApp, language: str) -> None:
    app = open_app("gradients", language=language)
    assert_shows(app, GradientView())
    assert not app.warning
    assert len(texts(app)) > 5


def test_the_sentence_is_that_of_the_measures(open_app: OpenApp) -> None:
    app = open_app("gradients")
    reach = study(GradientView()).reach("gru")
    [said] = [text.value for text in app.markdown if text.value.startswith("**GRU")]
    assert f"before step **{reach.earliest}** matters" in said
    assert "from step 100 back to step 1" in said
    assert "10¹⁹" in said


def test_a_link_restores_the_view(open_app: OpenApp, language: str) -> None:
    view = GradientView(H=4, D=1, T=20, scheme="gaussian", gain=2.5, keep="chrono", loss="step")
    view = view.changed(at=15, seeds=2, seed=5, reset="before", cell="rnn", t=9, s=4)
    app = open_app("gradients", language=language, **view.to_query())
    assert_shows(app, view)
    assert not app.warning


@pytest.mark.parametrize(
    ("query", "language"),
    in_turn([{"T": "1000"}, {"keep": "💣"}, {"t": "3", "s": "4"}, {"H": ""}]),
)
def test_a_mangled_link_gives_a_notice(
    open_app: OpenApp, query: dict[str, str], language: str
) -> None:
    app = open_app("gradients", language=language, **query)
    assert len(app.warning) >= 1
    assert_shows(app, GradientView())
    control(app, "keep", "gradients").set_value("chrono").run()
    assert_shows(app, GradientView(keep="chrono"))
    assert len(app.warning) == 0


def test_the_keep_bias_moves_curve_and_sentence(open_app: OpenApp) -> None:
    app = open_app("gradients", H="8", T="30")
    control(app, "keep", "gradients").set_value("bias").run()
    said = []
    for bias in (-2.0, 2.0, 5.0):
        control(app, "keep_bias", "gradients").set_value(bias).run()
        assert_shows(app, GradientView(H=8, T=30, keep="bias", keep_bias=bias))
        said += [text.value for text in app.markdown if text.value.startswith("**GRU")]
    assert len(set(said)) == 3


def test_each_control_is_one_choice(open_app: OpenApp) -> None:
    app = open_app("gradients", H="6", T="20")
    view = GradientView(H=6, T=20)
    for name, value in (
        ("H", 5),
        ("D", 3),
        ("seeds", 1),
        ("seed", 9),
        ("scheme", "orthogonal"),
        ("gain", 1.5),
        ("loss", "step"),
        ("at", 13),
        ("T", 12),
        ("z", "candidate"),
        ("reset", "before"),
        ("loss", "all"),
    ):
        control(app, name, "gradients").set_value(value).run()
        view = view.changed(**{name: value})
        assert_shows(app, view)


def test_the_map(open_app: OpenApp) -> None:
    app = open_tab(open_app("gradients", H="6", T="20"), PAIRS)
    for name, value in (("cell", "lstm"), ("t", 15), ("s", 4)):
        control(app, name, "gradients").set_value(value).run()
    view = GradientView(H=6, T=20, cell="lstm", t=15, s=4)
    assert_shows(app, view)
    norms = pairwise(view)
    heat, _, mark = figure(app, 1)["data"]
    lower = np.tri(20, dtype=bool)
    np.testing.assert_allclose(numbers(heat["z"])[lower], np.log10(norms[lower]), rtol=1e-5)
    assert (mark["x"], mark["y"]) == ([4], [15])
    [way] = figure(app, 2)["data"]
    np.testing.assert_allclose(numbers(way["y"]), norms[14, 3:15])


def test_a_pair_of_one_step_has_no_way(open_app: OpenApp) -> None:
    app = open_tab(open_app("gradients", H="6", T="20", s="20"), PAIRS)
    assert len(app.get("plotly_chart")) == 2


def test_the_four_paths(open_app: OpenApp, language: str) -> None:
    view = GradientView(H=6, T=20, reset="before")
    app = open_tab(open_app("gradients", language=language, **view.to_query()), PATHS)
    assert len(app.warning) == 1
    for line, norms in zip(figure(app, 1)["data"], paths(view).values(), strict=True):
        drawn = numbers(line["y"])
        np.testing.assert_allclose(drawn, np.where(norms, norms, np.nan))
    np.testing.assert_allclose(app.dataframe[0].value["total"], paths(view)["total"])


@pytest.mark.parametrize("cell", ["gru", "rnn", "lstm"])
def test_singular_values(open_app: OpenApp, cell: str) -> None:
    view = GradientView(H=6, T=20, keep="bias", cell=cell)
    app = open_tab(open_app("gradients", **view.to_query()), SINGULAR)
    drawn = np.array([numbers(line["y"]) for line in figure(app, 1)["data"]])
    np.testing.assert_allclose(drawn.T, stretches(view))


def test_the_table_is_run_with_the_seeds_that_are_chosen(open_app: OpenApp, language: str) -> None:
    app = open_tab(open_app("gradients", language=language, H="4", T="5"), TABLE)
    assert not app.dataframe
    control(app, "table_seeds", "gradients").set_value(TABLE_SEEDS.low).run()
    assert "3" in app.button(key="gradients_run").label
    app.button(key="gradients_run").click().run()
    assert not app.exception
    shown = app.dataframe[0].value
    frame = table(list(table_rows(3)))
    assert len(shown) == len(STARTS)
    for _, line in frame.iterrows():
        cell = shown.iloc[list(STARTS).index(line["start"])][line["cell"]]
        assert cell.startswith(f"{line['median']:.1e}")
    assert (shown["rnn"] == "–").sum() == 2


@pytest.mark.parametrize("name", STARTS)
def test_a_row_is_put_on_the_page(open_app: OpenApp, name: str) -> None:
    app = open_tab(open_app("gradients", H="6", T="20", keep="chrono"), TABLE)
    app.button(key=f"gradients_put_{name}").click().run()
    assert_shows(app, GradientView(H=6, T=20).changed(**STARTS[name].choices))


def test_all_numbers_are_listed(open_app: OpenApp, language: str) -> None:
    app = open_tab(open_app("gradients", language=language, H="4", T="6"), NUMBERS)
    computed = study(GradientView(H=4, T=6)).table()
    np.testing.assert_array_equal(app.dataframe[0].value["norm"], computed["norm"])


def test_every_tab_opens(open_app: OpenApp, language: str) -> None:
    app = open_app("gradients", language=language, H="3", T="4")
    for place in range(len(app.tabs)):
        open_tab(app, place)


def test_a_link_into_the_walk_by_hand_opens_its_tab(open_app: OpenApp, language: str) -> None:
    walk = BackwardSetup.random(7)
    view = GradientView(H=4, T=6, keep="chrono")
    app = open_app("gradients", language=language, **view.to_query(), **walk.to_query())
    assert not app.exception
    assert app.session_state["gradients_tab"] == app.tabs[BY_HAND].label
    assert component(app, "backward_walk")
    assert component(app, "gradients_link")["query"] == view.to_query() | walk.to_query()
    open_tab(app, PAIRS)
    control(app, "keep", "gradients").set_value("none").run()
    assert view_of(app) == GradientView(H=4, T=6)
    assert app.session_state["gradients_tab"] == app.tabs[PAIRS].label


def test_gradients_beyond_float64_get_a_sentence(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise InputError("{name}: too large.", name="gradient")

    monkeypatch.setattr(gradient_state, "study", refuse)
    app = open_app("gradients")
    assert [warning.value for warning in app.warning] == ["gradient: too large."]
    assert control(app, "keep", "gradients").value == "none"


def test_one_computation_serves_all_who_look_at_it() -> None:
    view = GradientView(H=3, T=5, seed=77)
    first = gradient_state.study(view)
    np.testing.assert_array_equal(
        gradient_state.study(view.changed(cell="rnn", s=2)).norms["gru"], first.norms["gru"]
    )
    maps = [gradient_state.pairwise(view.changed(cell=cell)) for cell in ("gru", "rnn", "lstm")]
    assert not np.allclose(maps[0], maps[1])
    assert not np.allclose(maps[0], maps[2])
