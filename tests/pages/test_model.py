"""Open your model, without a browser: real files in, maps and sentences out."""

import io
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from streamlit.testing.v1 import AppTest

from gru_core.figures.timeline import timeline_view
from gru_core.training.model_files import MAX_UPLOAD
from gru_core.training.model_view import ModelView
from tests.pages.conftest import ROOT, OpenApp, component, control, in_turn
from tests.training.saved_models import (
    keras3_weights,
    keras_archive,
    keras_arrays,
    keras_gru,
    npz_file,
    onnx_file,
    onnx_node,
    onnx_tensors,
    torch_file,
)

pytestmark = pytest.mark.usefixtures("prepared_quarantine")
WITHOUT_TORCH = """
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("app.py", default_timeout=60)
app.switch_page("pages/check/model.py").run()
assert not app.exception and app.session_state["page"] == "model"
assert app.session_state["model"].view.trace.h.shape == (120, 8)
print({"torch", "onnx", "h5py"} & set(sys.modules))
"""


class Bomb:
    """Unpickled, it would leave a trace that a test can see."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return exec, ("import builtins; builtins.bomb_went_off = True",)


def state(D: int = 3, H: int = 4, **more: Any) -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    return dict(torch.nn.GRU(D, H, **more).state_dict())


def keras_file() -> bytes:
    weights = keras3_weights({"layers/gru/cell": keras_arrays(0, 3, 4)})
    return keras_archive([keras_gru("mine", 4)], weights)


FILES = {
    "m.pt": lambda: torch_file(state()),
    "m.pth": lambda: torch_file({"epoch": 3, "model": state()}),
    "m.safetensors": lambda: safetensors.torch.save(state()),
    "m.onnx": lambda: onnx_file([onnx_node(0, "X", 1, hidden_size=4)], onnx_tensors(0, 3, 4)),
    "m.keras": keras_file,
    "m.weights.h5": lambda: keras3_weights({"layers/gru/cell": keras_arrays(0, 3, 4)}),
    "m.npz": lambda: npz_file({name: value.numpy() for name, value in state().items()}),
}


def upload(app: AppTest, name: str, content: bytes) -> None:
    mime = "application/octet-stream"
    app.file_uploader(key="model_file").set_value((name, content, mime)).run()
    assert not app.exception


def shown(app: AppTest) -> dict[str, Any]:
    drawn: dict[str, Any] = component(app, "model_timeline")["view"]
    return drawn


def expected(view: ModelView) -> dict[str, Any]:
    return timeline_view(
        view.trace,
        view.order(),
        view.sequence,
        reads_fed=view.reads_fed,
        is_backward=view.is_backward,
    )


def address(app: AppTest) -> dict[str, str]:
    query: dict[str, str] = component(app, "model_link")["query"]
    return query


def test_it_opens_on_the_example(open_app: OpenApp, language: str) -> None:
    app = open_app("model", language=language)
    assert not app.exception
    assert not app.warning
    assert shown(app) == expected(ModelView.of_example())
    assert address(app) == {}


def test_the_example_needs_no_torch() -> None:
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WITHOUT_TORCH],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout == "set()\n", result.stderr


@pytest.mark.parametrize(("name", "language"), in_turn(FILES))
def test_a_file_of_each_format_opens(open_app: OpenApp, name: str, language: str) -> None:
    content = FILES[name]()
    app = open_app("model", language=language)
    upload(app, name, content)
    assert not app.warning
    view = ModelView.of_file(name, content)
    assert view.feed.values["inputs"] == 3
    assert shown(app) == expected(view)
    assert address(app) == {"file": name}
    [table] = [frame.value for frame in app.dataframe if "convention" in frame.value.columns]
    assert table[["inputs", "units"]].to_numpy().tolist() == [[3, 4]]
    assert len(table["how"][0]) > 20


def test_every_layer_and_direction_is_listed_and_chosen(open_app: OpenApp) -> None:
    app = open_app("model")
    content = safetensors.torch.save(state(2, 3, num_layers=2, bidirectional=True))
    upload(app, "stack.safetensors", content)
    view = ModelView.of_file("stack.safetensors", content)
    assert [layer.direction for layer in view.model.layers] == ["forward", "backward"] * 2
    for layer in range(4):
        control(app, "layer", "model").set_value(layer).run()
        assert shown(app) == expected(view.with_layer(layer))
        said = " ".join(part.value for part in app.markdown)
        assert ("from right to left" in said) == (layer in (1, 3))
        assert ("are the states of l0, l0_reverse" in said) == (layer > 1)


def too_large() -> bytes:
    return torch_file(state()) + bytes(MAX_UPLOAD)


REFUSED = {
    "garbage": lambda: np.random.default_rng(0).bytes(5000),
    "pickle bomb": lambda: torch_file({**state(), "x": Bomb()}),
    "huge": too_large,
    "empty": lambda: b"",
    "wrong shape": lambda: npz_file(
        {
            n: v.numpy()[:, :-1] if n == "weight_ih_l0" else v.numpy()[:-3]
            for n, v in state().items()
        }
    ),
    "no GRU": lambda: torch_file(dict(torch.nn.Linear(2, 2).state_dict())),
    "too wide": lambda: safetensors.torch.save(state(1100, 2)),
}


@pytest.mark.parametrize(("kind", "language"), in_turn(REFUSED))
def test_a_refused_file_is_told_and_the_model_stays(
    open_app: OpenApp, kind: str, language: str
) -> None:
    app = open_app("model", language=language)
    upload(app, "good.npz", FILES["m.npz"]())
    before = shown(app), address(app)
    upload(app, "bad.pt", REFUSED[kind]())
    [warning] = app.warning
    assert "Traceback" not in warning.value
    assert len(warning.value) > 20
    assert (shown(app), address(app)) == before
    import builtins

    assert not hasattr(builtins, "bomb_went_off")


def test_what_was_refused_can_be_taken_out(open_app: OpenApp) -> None:
    app = open_app("model")
    upload(app, "good.npz", FILES["m.npz"]())
    upload(app, "bad.pt", b"no model")
    app.file_uploader(key="model_file").clear().run()
    assert not app.warning
    assert address(app) == {"file": "good.npz"}


def test_an_upload_is_forgotten_when_asked(open_app: OpenApp) -> None:
    app = open_app("model")
    upload(app, "m.npz", FILES["m.npz"]())
    app.button(key="model_forget").click().run()
    assert shown(app) == expected(ModelView.of_example())
    assert address(app) == {}


def test_nobody_else_sees_an_upload(open_app: OpenApp) -> None:
    app = open_app("model")
    upload(app, "m.npz", FILES["m.npz"]())
    other = open_app("model", file="m.npz")
    assert shown(other) == expected(ModelView.of_example())


def test_a_link_without_its_file_says_so_and_waits_for_it(open_app: OpenApp, language: str) -> None:
    link = {"file": "m.npz", "T": "40", "draw": "7", "t": "9", "unit": "2", "sort": "mean_z"}
    app = open_app("model", language=language, **link)
    assert not app.exception
    assert not app.warning
    [notice] = app.info
    assert "m.npz" in notice.value
    assert address(app) == link
    upload(app, "m.npz", FILES["m.npz"]())
    assert not app.info
    assert address(app) == link
    view = ModelView.of_file("m.npz", FILES["m.npz"]())
    assert shown(app) == expected(ModelView.from_query(link, view.model, "m.npz"))


def test_a_link_that_does_not_fit_its_file(open_app: OpenApp) -> None:
    app = open_app("model", file="m.npz", layer="3")
    upload(app, "m.npz", FILES["m.npz"]())
    [warning] = app.warning
    assert "layer" in warning.value
    assert shown(app) == expected(ModelView.of_file("m.npz", FILES["m.npz"]()))


def test_a_link_to_the_example(open_app: OpenApp) -> None:
    link = {"layer": "4", "T": "50", "draw": "3", "t": "12", "unit": "6"}
    app = open_app("model", **link)
    assert address(app) == link
    data = component(app, "model_timeline")
    assert data["position"] == {"time": 11, "unit": 5}
    assert data["view"] == expected(ModelView.from_query(link, ModelView.of_example().model))


@pytest.mark.parametrize(
    ("query", "language"),
    in_turn([{"layer": "9"}, {"t": "0"}, {"feed": "<b>"}, {"feed": "sine"}, {"unit": "x"}]),
)
def test_a_mangled_link_is_told_and_the_start_shown(
    open_app: OpenApp, query: dict[str, str], language: str
) -> None:
    app = open_app("model", language=language, **query)
    assert not app.exception
    assert len(app.warning) == 1
    assert shown(app) == expected(ModelView.of_example())


def test_sequences_are_fed_if_they_are_wide_enough(open_app: OpenApp) -> None:
    app = open_app("model")
    upload(app, "m.npz", FILES["m.npz"]())
    view = ModelView.of_file("m.npz", FILES["m.npz"]())
    control(app, "kind", "model").set_value("sine").run()
    [warning] = app.warning
    assert "3" in warning.value
    assert shown(app) == expected(view)
    control(app, "draw", "model").set_value(5).run()
    assert not app.warning
    assert address(app) == {"file": "m.npz", "draw": "5"}
    control(app, "kind", "model").set_value("numbers").run()
    assert not app.warning
    assert shown(app)["steps"] == 20
    control(app, "numbers", "model").set_value("1 2 3; 4 5 6").run()
    assert shown(app)["steps"] == 2


def test_columns_of_a_file_are_standardised(open_app: OpenApp) -> None:
    rows = [f"{i},{i * i},{-i}" for i in range(30)]
    table = "\n".join(["a,b,c", *rows]).encode()
    app = open_app("model")
    upload(app, "m.npz", FILES["m.npz"]())
    app.file_uploader(key="model_csv").set_value(("t.csv", table, "text/csv")).run()
    app.multiselect(key="model_columns").set_value([0, 1, 2]).run()
    app.button(key="model_feed_csv").click().run()
    assert not app.warning
    values = app.session_state["model"].view.sequence.values
    np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(values.std(axis=0), 1, atol=1e-12)


def test_a_file_that_is_no_table_is_told(open_app: OpenApp) -> None:
    app = open_app("model")
    app.file_uploader(key="model_csv").set_value(("t.csv", b"\xff\x00\x01", "text/csv")).run()
    assert not app.exception
    assert len(app.warning) == 1


def test_each_tab_opens(open_app: OpenApp, language: str) -> None:
    app = open_app("model", language=language, layer="2")
    for title in [tab.label for tab in app.tabs]:
        app.session_state["model_tab"] = title
        app.run()
        assert not app.exception


def test_only_what_fits_opens_on_one_step(open_app: OpenApp) -> None:
    app = open_app("model")
    assert not component(app, "model_timeline")["can_open"]
    upload(app, "m.npz", FILES["m.npz"]())
    assert component(app, "model_timeline")["can_open"]


def test_a_large_layer_shows_some_of_its_units(open_app: OpenApp) -> None:
    stream = io.BytesIO()
    np.savez(stream, **{name: value.numpy() for name, value in state(5, 200).items()})
    app = open_app("model")
    upload(app, "large.npz", stream.getvalue())
    assert shown(app)["units"] == 64
    assert "64 of 200" in " ".join(part.value for part in app.markdown)
