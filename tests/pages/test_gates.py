"""One step, as the server sees it: every control, every tab, every link."""

import json
import math
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gru_core.data.examples import EXAMPLES, example_setup
from gru_core.data.setup import MAX_SIZE, MAX_STEPS, Setup
from gru_core.data.sheet import GRID_NAMES, grid_of
from gru_core.data.step_view import DEFAULT_EXAMPLE, StepView
from gru_core.figures.cell import cell_view
from gru_core.maths.convention import KERAS_RESET_BEFORE, NAMED, PYTORCH, Convention
from gru_core.maths.equations import MAX_DIGITS, MIN_DIGITS
from gru_core.training import reference
from pages.ui.desk import Desk
from tests.pages.conftest import OpenApp, component, control, in_turn

WORDS, WHAT_CHANGES, CHECK, NUMBERS, EXPORT = range(5)


def desk(app: AppTest) -> Desk:
    found: Desk = app.session_state["gates"]
    return found


def assert_shows(app: AppTest, setup: Setup, digits: int = 2) -> None:
    """The stage, the grids and the link all hold these numbers."""
    assert not app.exception
    shown = component(app, "gates_stage")["view"]
    assert shown == json.loads(json.dumps(cell_view(setup.unroll(), digits)))
    for grid in component(app, "gates_numbers")["grids"]:
        np.testing.assert_array_equal(grid["value"], grid_of(setup, grid["name"]))
        np.testing.assert_array_equal(np.array(grid["text"], float), grid["value"])
    assert StepView.from_query(component(app, "gates_link")["query"]).setup == setup


def open_tab(app: AppTest, tab: int) -> AppTest:
    [key] = [key for key in app.session_state if key.startswith("gates_tab")]
    app.session_state[key] = app.tabs[tab].label
    app.run()
    assert not app.exception
    # Only the open tab is computed.
    assert [bool(other.children) for other in app.tabs] == [i == tab for i in range(5)]
    return app


# --- Examples ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "language"), in_turn(EXAMPLES))
def test_every_example_opens(open_app: OpenApp, language: str, name: str) -> None:
    app = open_app("gates", language=language, example=name)
    assert_shows(app, EXAMPLES[name].setup)
    assert control(app, "example").value == name
    assert not app.warning
    assert component(app, "gates_link")["query"] == {"example": name}


def test_a_newcomer_sees_the_default_example(open_app: OpenApp) -> None:
    app = open_app("gates")
    assert_shows(app, EXAMPLES[DEFAULT_EXAMPLE].setup)
    assert desk(app).example == DEFAULT_EXAMPLE
    assert not app.warning


def test_an_example_is_chosen_from_the_list(open_app: OpenApp, language: str) -> None:
    app = open_app("gates", language=language)
    choice = control(app, "example")
    assert len(choice.options) == len(EXAMPLES) == len(set(choice.options))
    choice.set_value("reset_closed").run()
    assert_shows(app, EXAMPLES["reset_closed"].setup)
    assert desk(app).place == StepView.of_example("reset_closed").place


def test_only_a_random_example_has_a_seed(open_app: OpenApp) -> None:
    app = open_app("gates")
    assert not any("seed" in (field.key or "") for field in app.number_input)
    control(app, "example").set_value("pytorch_default").run()
    control(app, "seed").set_value(5).run()
    assert_shows(app, example_setup("pytorch_default", 5))
    assert component(app, "gates_link")["query"] == {"example": "pytorch_default", "seed": "5"}
    assert desk(app).example == "pytorch_default"


def test_what_an_article_prints_stands_beside_what_is_computed(open_app: OpenApp) -> None:
    tables = {}
    for name in ("article_003_as_printed", "article_003_repaired"):
        app = open_app("gates", example=name)
        tables[name] = [text.value for text in app.markdown if text.value.startswith("|")]
    assert tables["article_003_repaired"] == []
    [table] = tables["article_003_as_printed"]
    rows = [row.split("|")[2:4] for row in table.splitlines()[2:]]
    assert [row[0].strip() for row in rows] == [
        "0.30, 0.40",
        "0.60, 0.70",
        "0.80, 0.90",
        "0.40, 0.50",
    ]
    computed = EXAMPLES["article_003_as_printed"].setup.unroll().step(0)
    for row, array in zip(rows, (computed.r, computed.z, computed.n, computed.h), strict=True):
        assert [float(text) for text in row[1].strip(" *").split(",")] == pytest.approx(
            array.tolist(), abs=0.005
        )


# --- Controls ------------------------------------------------------------------------------------


def test_a_library_names_a_convention(open_app: OpenApp, language: str) -> None:
    app = open_app("gates", language=language)
    control(app, "named").set_value("keras_reset_before").run()
    welcome = EXAMPLES[DEFAULT_EXAMPLE].setup
    assert_shows(app, welcome.with_convention(KERAS_RESET_BEFORE))
    assert desk(app).example is None
    assert control(app, "reset").value == "before"


@pytest.mark.parametrize("name", NAMED)
def test_every_name_gives_its_own_convention(open_app: OpenApp, name: str) -> None:
    app = open_app("gates", **EXAMPLES["one_unit"].setup.to_query())
    control(app, "named").set_value(name).run()
    convention = NAMED[name].convention
    assert_shows(app, EXAMPLES["one_unit"].setup.with_convention(convention))
    chosen = [control(app, part).value for part in ("z", "reset", "gate")]
    assert chosen == [convention.z_weights, convention.reset, convention.gate]
    shown = control(app, "named").value
    assert NAMED[shown].convention == convention


def test_each_choice_is_one_part_of_the_convention(open_app: OpenApp) -> None:
    app = open_app("gates")
    expected = PYTORCH
    for key, value in (("z", "candidate"), ("reset", "before"), ("gate", "hard_sigmoid")):
        control(app, key).set_value(value).run()
        field = {"z": "z_weights"}.get(key, key)
        expected = Convention(**{**vars(expected), field: value})
        assert_shows(app, EXAMPLES[DEFAULT_EXAMPLE].setup.with_convention(expected))
    assert control(app, "named").value is None


def test_the_second_bias_is_offered_only_where_it_acts(open_app: OpenApp) -> None:
    app = open_app("gates")
    assert [grid["name"] for grid in component(app, "gates_numbers")["grids"]] == list(GRID_NAMES)
    control(app, "reset").set_value("before").run()
    names = [grid["name"] for grid in component(app, "gates_numbers")["grids"]]
    assert names == [name for name in GRID_NAMES if name != "c_n"]


@pytest.mark.parametrize("sizes", [(1, 1, 1), (MAX_SIZE, MAX_SIZE, MAX_STEPS), (3, 1, 2)])
def test_sizes_keep_the_numbers_that_fit(open_app: OpenApp, sizes: tuple[int, int, int]) -> None:
    app = open_app("gates")
    for key, size in zip("DHT", sizes, strict=True):
        control(app, key).set_value(size).run()
    assert_shows(app, EXAMPLES[DEFAULT_EXAMPLE].setup.resized(*sizes))
    assert desk(app).example is None


def test_sizes_have_their_bounds(open_app: OpenApp) -> None:
    app = open_app("gates")
    bounds = {"D": (1, MAX_SIZE), "H": (1, MAX_SIZE), "T": (1, MAX_STEPS)}
    bounds["digits"] = (MIN_DIGITS, MAX_DIGITS)
    for key, (low, high) in bounds.items():
        field = control(app, key)
        assert (field.min, field.max) == (low, high)


def test_a_smaller_size_moves_the_reader_to_where_something_is(open_app: OpenApp) -> None:
    app = open_app("gates", t="6", part="n", unit="2")
    control(app, "T").set_value(3).run()
    control(app, "H").set_value(1).run()
    position = component(app, "gates_stage")["position"]
    assert position == {"time": 2, "part": "n", "unit": 0}


def test_digits_change_what_is_shown_and_nothing_else(open_app: OpenApp) -> None:
    app = open_app("gates")
    control(app, "digits").set_value(5).run()
    assert_shows(app, EXAMPLES[DEFAULT_EXAMPLE].setup, digits=5)
    assert desk(app).example == DEFAULT_EXAMPLE
    assert component(app, "gates_link")["query"]["digits"] == "5"


def test_controls_follow_the_numbers(open_app: OpenApp) -> None:
    app = open_app("gates", example="article_003_repaired", digits="4")
    assert [control(app, name).value for name in ("D", "H", "T", "digits")] == [2, 2, 3, 4]
    assert NAMED[control(app, "named").value].convention == Convention("candidate", "before")


# --- Tabs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "language"), in_turn([DEFAULT_EXAMPLE, "one_unit", "article_003_repaired"])
)
def test_every_tab_opens(open_app: OpenApp, language: str, name: str) -> None:
    app = open_app("gates", language=language, example=name)
    for tab in (EXPORT, NUMBERS, CHECK, WHAT_CHANGES, WORDS):
        open_tab(app, tab)


def test_other_conventions_are_compared(open_app: OpenApp) -> None:
    app = open_tab(open_app("gates", example="article_003_repaired"), WHAT_CHANGES)
    setup = EXAMPLES["article_003_repaired"].setup
    for other, is_exact in (("pytorch", False), ("cho_v3", True), ("tfjs", False)):
        app.selectbox(key="gates_other").set_value(other).run()
        assert not app.exception
        figure = json.loads(app.get("plotly_chart")[0].proto.spec)
        drawn = [line["y"][1:] for line in figure["data"]]
        theirs = setup.with_convention(NAMED[other].convention)
        expected = np.concatenate([setup.unroll().h.T, theirs.unroll().h.T])
        np.testing.assert_allclose(drawn, expected)
        assert (len(app.success), len(app.info)) == (int(is_exact), int(not is_exact))


def test_only_other_conventions_can_be_compared(open_app: OpenApp) -> None:
    app = open_tab(open_app("gates"), WHAT_CHANGES)
    options = app.selectbox(key="gates_other").options
    same = [name for name, named in NAMED.items() if named.convention == PYTORCH]
    assert len(options) == len(NAMED) - len(same)


@pytest.mark.parametrize(("name", "language"), in_turn([DEFAULT_EXAMPLE, "article_003_repaired"]))
def test_pytorch_agrees(open_app: OpenApp, language: str, name: str) -> None:
    app = open_tab(open_app("gates", language=language, example=name), CHECK)
    assert not app.success
    app.button(key="gates_check").click().run()
    assert not app.exception
    assert len(app.success) == 1
    assert not app.error


@pytest.mark.parametrize("difference", [1.1e-6, 3.0, math.inf, math.nan])
def test_a_difference_from_pytorch_is_an_error(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, difference: float
) -> None:
    monkeypatch.setattr(
        reference, "largest_difference_from_torch", lambda _: (difference, "nn.GRU")
    )
    app = open_tab(open_app("gates"), CHECK)
    app.button(key="gates_check").click().run()
    assert len(app.error) == 1
    assert f"{difference:.2e}" in app.error[0].value
    assert not app.success


def test_all_numbers_are_listed(open_app: OpenApp) -> None:
    app = open_tab(open_app("gates", example="forget"), NUMBERS)
    table = app.dataframe[0].value
    h = table[table["name"] == "h"].sort_values("step")["value"]
    np.testing.assert_array_equal(h, EXAMPLES["forget"].setup.unroll().h[:, 0])


def test_the_code_that_is_shown_is_the_code_that_is_exported(open_app: OpenApp) -> None:
    app = open_tab(open_app("gates", t="2"), EXPORT)
    assert "import numpy" in app.code[0].value
    for kind, start in (("pytorch", "# A gated"), ("latex", "% Step 2 of 6"), ("numpy", "# A")):
        app.button_group(key="gates_show").set_value(kind).run()
        assert not app.exception
        assert app.code[0].value.startswith(start)


# --- Import --------------------------------------------------------------------------------------


def upload(app: AppTest, content: bytes) -> AppTest:
    open_tab(app, EXPORT)
    app.file_uploader(key="gates_import").set_value(("a.json", content, "application/json")).run()
    return app


def test_an_exported_file_comes_back(open_app: OpenApp) -> None:
    setup = EXAMPLES["article_003_repaired"].setup.resized(3, 4, 7)
    app = upload(open_app("gates"), setup.to_json().encode())
    assert_shows(app, setup)
    assert not app.warning


NO_SETUPS = {
    "empty": b"",
    "text": b"hello",
    "binary": b"\xff\xfe\x00",
    "list": b"[]",
    "other": b'{"format": "other"}',
    "nan": EXAMPLES["one_unit"].setup.to_json().replace("0.5", "NaN").encode(),
    "incomplete": EXAMPLES["one_unit"].setup.to_json().replace('"h0"', '"g0"').encode(),
    "deep": b"[" * 50_000,
}


@pytest.mark.parametrize(("kind", "language"), in_turn(NO_SETUPS))
def test_another_file_gets_a_sentence_and_changes_nothing(
    open_app: OpenApp, kind: str, language: str
) -> None:
    app = upload(open_app("gates", language=language, example="forget"), NO_SETUPS[kind])
    assert_shows(app, EXAMPLES["forget"].setup)
    assert len(app.warning) == 1
    assert desk(app).example == "forget"
    control(app, "example").set_value("remember").run()
    assert not app.warning


# --- Links ---------------------------------------------------------------------------------------


MANGLED: list[dict[str, str]] = [
    {"example": "nothing"},
    {"example": "forget", "t": "99"},
    {"part": "q"},
    {"digits": "many"},
    {"unit": "0"},
    {"example": "pytorch_default", "seed": "-1"},
    {"W_r": "1"},
    EXAMPLES["one_unit"].setup.to_query() | {"U_n": "1 2; 3"},
    EXAMPLES["one_unit"].setup.to_query() | {"x": "1e999"},
    EXAMPLES["one_unit"].setup.to_query() | {"z": "both"},
]


@pytest.mark.parametrize(
    ("query", "language"), in_turn(MANGLED), ids=[next(reversed(query)) for query in MANGLED]
)
def test_a_mangled_link_gives_a_notice_and_the_default_example(
    open_app: OpenApp, query: dict[str, str], language: str
) -> None:
    app = open_app("gates", language=language, **query)
    assert_shows(app, EXAMPLES[DEFAULT_EXAMPLE].setup)
    assert len(app.warning) == 1
    assert desk(app).example == DEFAULT_EXAMPLE
    control(app, "example").set_value("forget").run()
    assert_shows(app, EXAMPLES["forget"].setup)
    assert not app.warning


@pytest.mark.parametrize(
    "query",
    [{name: "![](//e.io/a.png)"} for name in ("example", "seed", "t", "part", "unit", "digits")]
    + [EXAMPLES["one_unit"].setup.to_query() | {"W_r": "![](//e.io/a.png)"}],
    ids=lambda query: next(reversed(query)),
)
def test_a_crafted_link_puts_no_picture_into_the_notice(
    open_app: OpenApp, query: dict[str, str]
) -> None:
    [warning] = open_app("gates", **query).warning
    assert "](" not in warning.value
    assert "<" not in warning.value


def test_a_link_restores_every_part_of_the_view(open_app: OpenApp, language: str) -> None:
    setup = EXAMPLES["article_003_repaired"].setup.resized(3, 4, 5)
    query = {**setup.to_query(), "t": "4", "part": "z", "unit": "3", "digits": "4"}
    app = open_app("gates", language=language, **query)
    assert_shows(app, setup, digits=4)
    sent = component(app, "gates_stage")
    assert sent["position"] == {"time": 3, "part": "z", "unit": 2}
    assert component(app, "gates_link")["query"] == query
    assert not app.warning


def test_another_language_changes_no_number(open_app: OpenApp) -> None:
    query = {**EXAMPLES["one_unit"].setup.resized(2, 3, 4).to_query(), "t": "3", "digits": "3"}
    app = open_app("gates", **query)
    before = component(app, "gates_stage"), component(app, "gates_link")["query"]
    app.button_group(key="lang").set_value("zh").run()
    assert not app.exception
    after = component(app, "gates_stage"), component(app, "gates_link")["query"]
    assert after[1] == before[1]
    for part in ("view", "position", "position_version"):
        assert after[0][part] == before[0][part]
    assert after[0]["words"] != before[0]["words"]


@pytest.mark.parametrize("tab", [WHAT_CHANGES, EXPORT])
def test_another_language_leaves_the_tab_open(open_app: OpenApp, tab: int) -> None:
    app = open_tab(open_app("gates"), tab)
    app.button_group(key="lang").set_value("zh").run()
    assert not app.exception
    assert [bool(other.children) for other in app.tabs] == [i == tab for i in range(5)]


# --- Words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_stage_has_a_word_for_all_it_may_say(open_app: OpenApp, name: str) -> None:
    for query in ({"example": name}, _in_other_convention(name)):
        sent = component(open_app("gates", **query), "gates_stage")
        view, words = sent["view"], sent["words"]
        for step in view["steps"]:
            for keys in step["says"].values():
                for key, facts in zip(keys, step["facts"], strict=True):
                    # The browser fills these in; a field that it does not know would be left out.
                    assert words["says"][key].format(unit=1, time=1, **facts)
        lines = [line for part in view["equations"].values() for line in part]
        assert {line["role"] for line in lines} - {"definition"} <= set(words["roles"])


def _in_other_convention(name: str) -> dict[str, Any]:
    setup = EXAMPLES[name].setup
    convention = setup.convention
    return setup.with_convention(
        Convention(
            "state" if convention.z_weights == "candidate" else "candidate",
            "after" if convention.reset == "before" else "before",
        )
    ).to_query()
