"""The links that a teacher hands out."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_core.data.classroom import Classroom
from gru_core.errors import InputError
from gru_core.training.lesson import LANGUAGE, LOADS_TORCH, MOST_LETTERS, PAGE, Lesson, ready
from tests.data.test_classroom import classrooms

STATES = [(page, state.query) for page in PAGE.options for state in ready(page).values()]


@given(st.sampled_from(STATES), st.sampled_from(list(LANGUAGE.options)), classrooms)
def test_a_link_holds_all_of_it(
    state: tuple[str, dict[str, str]], lang: str, classroom: Classroom
) -> None:
    lesson = Lesson(*state, lang, classroom)
    assert Lesson.from_link(lesson.to_link()) == lesson
    # Wherever it is hosted, and as it is embedded.
    hosted = "https://example.org/course" + lesson.to_link(embed="true")
    assert Lesson.from_link(f" {hosted}\n") == lesson


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
        Lesson.from_link(link)


def test_text_in_a_link_is_quoted() -> None:
    lesson = Lesson("sequence", {"other": '"><script>&lang=zh'})
    link = lesson.to_link()
    assert not set(link) & set("<>\"' ")
    assert Lesson.from_link(link) == lesson


def test_pytorch_waits_until_it_is_needed() -> None:
    code = (
        "import sys\n"
        "from gru_core.training.guide import CLASSES\n"
        "from gru_core.training.lesson import LOADS_TORCH, PAGE, Lesson, ready\n"
        "for page in set(PAGE.options) - LOADS_TORCH:\n"
        "    for state in ready(page).values(): Lesson(page, state.query)\n"
        "for stop in (stop for each in CLASSES.values() for stop in each.stops):\n"
        "    stop.loads_torch or stop.lesson()\n"
        "print('torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
    assert {"train", "compare"} <= LOADS_TORCH
