"""The stage: four sub-steps by keyboard and by hand, and a picture that moves with them."""

from collections.abc import Callable
from dataclasses import replace

from playwright.sync_api import Page, expect

from gru_core.data.step_view import DEFAULT_EXAMPLE, Place, StepView
from gru_core.maths.equations import PARTS
from tests.browser.gates import Gates

OpenPage = Callable[..., Page]
WELCOME = StepView.of_example(DEFAULT_EXAMPLE)
# How many parts of the stage are moving; Streamlit's own pieces move by themselves.
RUNNING = """document.getAnimations().filter((motion) =>
  motion.playState === 'running' && motion.effect.target.closest('.gl-stage')).length"""


def at(time: int, part: str, unit: int = 0) -> Place:
    return Place.of({"time": time, "part": part, "unit": unit}, WELCOME.setup)


def test_the_four_sub_steps_by_keyboard(open_page: OpenPage) -> None:
    gates = Gates(open_page("/gates"))
    for key, time, part in (
        ("ArrowLeft", 0, "r"),  # the beginning
        ("ArrowRight", 0, "z"),
        ("ArrowRight", 0, "n"),
        ("ArrowRight", 0, "h"),
        ("ArrowRight", 1, "r"),
        ("ArrowLeft", 0, "h"),
        ("Home", 0, "r"),
        ("End", 0, "h"),
        ("ArrowRight", 1, "r"),
        ("End", 1, "h"),
        ("Home", 1, "r"),
        ("ArrowRight", 1, "z"),
    ):
        gates.page.keyboard.press(key)
        gates.expect_at(at(time, part))
    gates.expect_shows(replace(WELCOME, place=at(1, "z")))
    for _ in range(4 * len(WELCOME.setup.inputs)):
        gates.page.keyboard.press("ArrowRight")
    gates.expect_shows(replace(WELCOME, place=at(5, "h")))
    # With a modifier the arrows belong to the browser.
    gates.page.keyboard.press("Shift+ArrowLeft")
    gates.expect_at(at(5, "n"))
    gates.page.keyboard.press("Control+ArrowLeft")
    gates.expect_at(at(5, "n"))


def test_every_way_to_a_place(open_page: OpenPage) -> None:
    gates = Gates(open_page("/gates"))
    stage = gates.stage
    back, next_ = (stage.locator(f'[data-focus="{name}"]') for name in ("back", "next"))
    expect(back).to_be_disabled()
    next_.click()
    gates.expect_at(at(0, "z"))
    back.click()
    gates.expect_at(at(0, "r"))
    stage.locator('[data-focus="step3"]').click()
    gates.expect_at(at(3, "r"))
    expect(stage.locator('[aria-current="step"]')).to_have_attribute("data-focus", "step3")
    gates.equation("n").locator("button").click()
    gates.expect_at(at(3, "n"))
    stage.locator('[data-focus="unit1"]').click()
    gates.expect_at(at(3, "n", 1))
    gates.node("z").click()
    gates.expect_at(at(3, "z", 1))
    gates.node("sum").focus()
    gates.page.keyboard.press("Enter")
    gates.expect_shows(replace(WELCOME, place=at(3, "h", 1)))
    gates.chip("r").first.click()
    gates.expect_at(at(3, "h", 0))
    # The button that was pressed keeps the focus, so that it can be pressed again.
    next_.focus()
    for _ in range(3):
        gates.page.keyboard.press("Enter")
    gates.expect_at(at(4, "n"))
    stage.locator('[data-focus="step5"]').click()
    gates.page.keyboard.press("End")
    gates.expect_shows(replace(WELCOME, place=at(5, "h")))
    expect(next_).to_be_disabled()


def test_every_sub_step_shows_its_own_numbers_on_a_projector(open_page: OpenPage) -> None:
    gates = Gates(open_page("/gates", viewport=(1280, 720)))
    roles = {"r": 4, "z": 4, "n": 5, "h": 3}
    for part in PARTS:
        gates.page.keyboard.press("Home" if part == "r" else "ArrowRight")
        gates.expect_shows(replace(WELCOME, place=at(0, part)))
        expect(gates.equation(part).locator(".gl-worked .gl-math")).to_have_count(roles[part])
        curve = gates.stage.locator(".gl-one .gl-activation circle")
        expect(curve).to_have_count(0 if part == "h" else 1)
        for node in ("r", "z", "n", "sum"):
            is_lit = "gl-lit" in (gates.node(node).get_attribute("class") or "").split()
            assert is_lit == (node == {"h": "sum"}.get(part, part)), (part, node)
        # All that the sub-step is about stands on the screen, below the header.
        for piece in (".gl-strip", ".gl-cell", "section.gl-open", ".gl-says"):
            box = gates.stage.locator(piece).bounding_box()
            assert box is not None
            assert box["y"] >= 56, (part, piece, box)
            assert box["y"] + box["height"] <= 720, (part, piece, box)
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 1280


def test_node_and_equation_light_each_other(open_page: OpenPage) -> None:
    gates = Gates(open_page("/gates"))
    nodes = {"r": ["r"], "z": ["z"], "n": ["n", "matrix", "reset"], "h": ["sum", "keep", "new"]}
    hovered = gates.stage.locator("section.gl-hover")
    for part, names in nodes.items():
        for name in names:
            gates.node(name).hover()
            expect(hovered).to_have_count(1)
            expect(hovered).to_have_attribute("data-part", part)
            gates.page.mouse.move(5, 5)
            expect(hovered).to_have_count(0)
            gates.node(name).focus()
            expect(hovered).to_have_attribute("data-part", part)
        for gesture in ("hover", "focus"):
            getattr(gates.equation(part).locator("button"), gesture)()
            lit = gates.stage.locator("[data-node].gl-hover")
            expect(lit).to_have_count(len(names) + (part == "h"))
            for name in names:
                assert "gl-hover" in (gates.node(name).get_attribute("class") or "")
            gates.page.mouse.move(5, 5)
    gates.expect_at(at(0, "r"))


def test_nothing_moves_for_those_who_ask_for_that(open_page: OpenPage) -> None:
    page = open_page("/")
    cell = page.locator(".st-key-home_cell .gl-cell")
    part = cell.get_attribute("data-part")
    expect(cell).not_to_have_attribute("data-part", part or "")
    gates = Gates(page)
    page.goto("/gates")
    gates.expect_at(at(0, "r"))
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"{RUNNING} > 0")
    page.wait_for_function(f"{RUNNING} === 0")
    page.emulate_media(reduced_motion="reduce")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        assert page.evaluate(f"new Promise((done) => setTimeout(() => done({RUNNING})))") == 0
    page.clock.install()
    page.goto("/")
    expect(cell).to_have_attribute("data-part", "r")
    page.clock.run_for(10_000)
    expect(cell).to_have_attribute("data-part", "r")
