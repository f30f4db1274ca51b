"""The links that a teacher hands out."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_core.data.classroom import Classroom
from gru_core.data.gradient_study import study, trace
from gru_core.data.gradient_view import GradientView
from gru_core.errors import InputError
from gru_core.training.class_link import LANGUAGE, LOADS_TORCH, MOST_LETTERS, PAGE, ClassLink, ready
from gru_core.training.guide import CLASSES
from tests.data.test_classroom import classrooms

STATES = [(page, state.query) for page in PAGE.options for state in ready(page).values()]


@given(st.sampled_from(STATES), st.sampled_from(list(LANGUAGE.options)), classrooms)
def test_a_link_holds_all_of_it(
    state: tuple[str, dict[str, str]], lang: str, classroom: Classroom
) -> None:
    class_link = ClassLink(*state, lang, classroom)
    assert ClassLink.from_link(class_link.to_link()) == class_link
    # Wherever it is hosted, and as it is embedded.
    hosted = "https://example.org/course" + class_link.to_link(embed="true")
    assert ClassLink.from_link(f" {hosted}\n") == class_link


@pytest.mark.parametrize(
    "link",
    [
        "hello",
        "/nowhere?example=forget",
        "http://[::1",
        "javascript:alert(1)",
        "/gates?example=<img src=x>",
        "/gates?p_kind=steps",
        "/gradients?p_kind=unit",
        "/train?hidden=9999",
        "/compare?v1=%00",
        "/worksheet?count=0",
        "/questions?q=?",
        "/gates?hide=eyes",
        "/gates?lang=tlh",
        "/gates?" + "x" * MOST_LETTERS,
    ],
)
def test_what_no_page_would_open_is_refused(link: str) -> None:
    with pytest.raises(InputError):
        ClassLink.from_link(link)


def test_text_in_a_link_is_quoted() -> None:
    class_link = ClassLink("sequence", {"other": '"><script>&lang=zh'})
    link = class_link.to_link()
    assert not set(link) & set("<>\"' ")
    assert ClassLink.from_link(link) == class_link


def test_pytorch_waits_until_it_is_needed() -> None:
    code = (
        "import sys\n"
        "from gru_core.training.guide import CLASSES\n"
        "from gru_core.training.class_link import LOADS_TORCH, PAGE, ClassLink, ready\n"
        "for page in set(PAGE.options) - LOADS_TORCH:\n"
        "    for state in ready(page).values(): ClassLink(page, state.query)\n"
        "for stop in (stop for each in CLASSES.values() for stop in each.stops):\n"
        "    stop.loads_torch or stop.class_link()\n"
        "print('torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
    assert {"train", "compare"} <= LOADS_TORCH


def test_the_numbers_of_the_class_on_gradients_are_what_its_links_show() -> None:
    [plain, bias, chrono] = [
        np.median(study(GradientView.from_query(stop.class_link().query)).norms["gru"], axis=0)[0]
        for stop in CLASSES["gradients"].stops[:3]
    ]
    assert 0.3e-19 < plain < 3e-19
    assert 0.3e-4 < bias < 3e-4
    assert 0.15 < chrono < 0.25
    rnn = np.median(study(GradientView()).norms["rnn"], axis=0)[0]
    assert 0.3e-25 < rnn < 3e-25
    # One unit leaves more than all the others along the path of z alone.
    for run in range(3):
        kept = np.sort(np.prod(trace(GradientView(), "gru", run).z, axis=0))
        assert kept[-1] > kept[:-1].sum()
    middle = np.median(np.prod(trace(GradientView(keep="bias"), "gru", 0).z, axis=0))
    assert 1e-6 < middle < 5e-6
