"""The page "One step" as a test handles it: by its keys and its components' marks, not by words."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from playwright.sync_api import Error, Locator, Page, expect

from gru_core.data.examples import EXAMPLES
from gru_core.data.sheet import grid_of, with_grid
from gru_core.data.step_view import QUERY_NAMES, Place, StepView
from gru_core.errors import InputError
from gru_core.figures.cell import DIAGRAM_DIGITS
from gru_core.maths.equations import PARTS, format_number
from gru_core.maths.parameters import Array
from pages.ui.words import translate

CHIPS = ("x", "h_previous", "r", "z", "n", "h_kept", "h_new", "h")
ON_STAGE = """wanted => {
  const stage = document.querySelector('.st-key-gates_stage .gl-stage');
  const all = (selector) => [...stage?.querySelectorAll(selector) ?? []];
  const texts = (selector) => all(selector).map((node) => node.textContent);
  const {time, part, unit} = stage?.dataset ?? {};
  const open = 'section.gl-open';
  return {
    place: [time, part, unit],
    diagram: Object.fromEntries(Object.keys(wanted.diagram).map((name) =>
      [name, texts(`[data-value="${name}"] .gl-row text`)])),
    open: all(open).map((node) => node.dataset.part),
    result: texts(`${open} .gl-scroll:last-child .gl-matrix:last-child > span`),
    answer: texts('.gl-one .gl-answer').join(),
  };
}"""
IN_GRIDS = """wanted => Object.fromEntries([...document.querySelectorAll('[data-at]')].map((cell) =>
  [cell.dataset.at, cell.ariaInvalid === 'true' ? wanted[cell.dataset.at] : Number(cell.title)]))"""
SAME = """const same = (a, b) => a === b || (a instanceof Object && b instanceof Object
  && Object.keys(a).length === Object.keys(b).length
  && Object.keys(a).every((key) => same(a[key], b[key])));"""
# Whether the page itself can be scrolled sideways; parts of it may scroll within themselves.
SIDEWAYS = """() => [document.documentElement, ...document.querySelectorAll(
    '[data-testid="stMain"], [data-testid="stMainBlockContainer"]')]
  .map((node) => node.scrollWidth - node.clientWidth)"""


def with_numbers(view: StepView, *numbers: tuple[str, int, int, float]) -> StepView:
    """The reader's own numbers: `view` with (grid, row, column, value) changed."""
    setup = view.setup
    for name, row, column, value in numbers:
        grid = grid_of(setup, name).copy()
        grid[row, column] = value
        setup = with_grid(setup, name, grid)
    return replace(view, setup=setup, example=None)


def link(view: StepView, **more: str) -> str:
    return f"/gates?{urlencode(view.to_query() | more)}"


class Gates:
    """One visitor on the page "One step"."""

    def __init__(self, page: Page, language: str = "en") -> None:
        self.page = page
        self.language = language
        self.stage = page.locator(".st-key-gates_stage .gl-stage")
        self.notice = page.locator('.stMain [data-testid="stAlert"]')
        self.errors = page.locator(".st-key-gates_numbers .gl-error")

    def key(self, name: str) -> Locator:
        """The element `gates_<name>`; a control's key goes on after the name."""
        return self.page.locator(f'[class*="st-key-gates_{name}"]')

    def cell(self, at: str) -> Locator:
        """The cell "x.0.1": row 0, column 1 of the grid x."""
        return self.page.locator(f'[data-at="{at}"]')

    def equation(self, part: str) -> Locator:
        return self.stage.locator(f'section[data-part="{part}"]')

    def node(self, name: str) -> Locator:
        return self.stage.locator(f'[data-node="{name}"]')

    def chip(self, name: str) -> Locator:
        return self.stage.locator(f'[data-value="{name}"] .gl-row text')

    def type(self, at: str, text: str) -> None:
        """Click a cell, type and press Enter."""
        self.cell(at).click()
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def paste(self, at: str, text: str) -> None:
        self.cell(at).click()
        self.page.evaluate("text => navigator.clipboard.writeText(text)", text)
        self.page.keyboard.press("ControlOrMeta+v")

    def choose(self, name: str, title: str) -> None:
        """Choose the option with this English title from the select box gates_<name>."""
        self._click_at_rest(self.key(name).locator("input"))
        wanted = translate(self.language, title, {})
        self.page.get_by_role("option", name=wanted, exact=True).click()

    def choose_example(self, name: str) -> None:
        self.choose("example", EXAMPLES[name].title)

    def open_popover(self, name: str) -> None:
        self._click_at_rest(self.key(name).locator("button").first)

    def _click_at_rest(self, opener: Locator) -> None:
        """Click what opens a list, which would close again with the scrolling that led to it."""
        opener.scroll_into_view_if_needed()
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        opener.click()

    def set_number(self, name: str, value: int) -> None:
        field = self.key(name).locator("input")
        field.fill(str(value))
        field.press("Enter")

    def open_tab(self, index: int) -> None:
        self.key("tab").get_by_role("tab").nth(index).click()

    # --- What is on the screen -------------------------------------------------------------------

    def address(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.page.url).query, keep_blank_values=True))

    def in_address(self) -> StepView | None:
        """The view in the address, if there is one that can be read."""
        query = {name: text for name, text in self.address().items() if name in QUERY_NAMES}
        try:
            return StepView.from_query(query)
        except InputError:
            return None

    def expect_at(self, place: Place) -> None:
        marks = {"time": place.time + 1, "part": place.part, "unit": place.unit + 1}
        for name, mark in marks.items():
            expect(self.stage).to_have_attribute(f"data-{name}", str(mark))
        expect(self.stage.locator("section.gl-open")).to_have_attribute("data-part", place.part)

    def expect_shows(self, view: StepView) -> None:
        """Place, diagram, worked equation, written-out unit, grids and address are all those of
        `view`, whose numbers NumPy computes here once more."""
        time, part, unit = view.place.time, view.place.part, view.place.unit
        step = view.setup.unroll().step(time)
        result = shown(getattr(step, part), view.digits)
        brief = min(view.digits, DIAGRAM_DIGITS)
        wanted = {
            "place": [str(time + 1), part, str(unit + 1)],
            "diagram": {name: shown(getattr(step, name), brief) for name in CHIPS},
            "open": [part],
            "result": result,
            "answer": result[unit],
        }
        self._expect(ON_STAGE, wanted)
        self.expect_grids(view)
        self.expect_address(view)

    def expect_address(self, view: StepView) -> None:
        try:
            self.page.wait_for_url(lambda _: self.in_address() == view, wait_until="commit")
        except Error:
            fail_on_difference(self.address(), view.to_query())
            raise

    def expect_grids(self, view: StepView) -> None:
        """The grids hold the numbers of `view`, apart from cells that cannot be read."""
        wanted = {
            f"{name}.{row}.{column}": value
            for name in grids(view)
            for row, values in enumerate(grid_of(view.setup, name).tolist())
            for column, value in enumerate(values)
        }
        self._expect(IN_GRIDS, wanted)

    def _expect(self, read: str, wanted: dict[str, Any]) -> None:
        """Wait until the page's function `read` gives `wanted`."""
        try:
            self.page.wait_for_function(
                f"wanted => {{ {SAME} return same(({read})(wanted), wanted); }}",
                arg=wanted,
                polling=100,  # in every frame, as is the default, it would be most of the work
            )
        except Error:
            fail_on_difference(self.page.evaluate(read, wanted), wanted)
            raise

    def expect_focus(self, at: str) -> None:
        expect(self.cell(at)).to_be_focused()

    def expect_nothing_sideways(self, what: Any) -> None:
        assert set(self.page.evaluate(SIDEWAYS)) == {0}, what

    def expect_nothing_sideways_in_any_part(self, what: Any) -> None:
        """As each sub-step is opened in turn; the stage draws at once. Ends where it began."""
        begin = self.stage.get_attribute("data-part")
        open_each = f"""part => {{
          document.querySelector(`section[data-part="${{part}}"] button`).click();
          return ({SIDEWAYS})();
        }}"""
        for part in (*PARTS, begin):
            assert set(self.page.evaluate(open_each, part)) == {0}, (what, part)
            assert self.stage.get_attribute("data-part") == part


def grids(view: StepView) -> list[str]:
    """The names of the grids that the page offers."""
    names = ["x", "h0", *(f"{kind}_{gate}" for gate in "rzn" for kind in "WUb"), "c_n"]
    return names if view.setup.convention.reset == "after" else names[:-1]


def fail_on_difference(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    names = [name for name in {**wanted, **found} if found.get(name) != wanted.get(name)]
    differences = [f"{name}: {found.get(name)!r}, not {wanted.get(name)!r}" for name in names]
    assert not names, "the page shows " + "; ".join(differences)


def shown(array: Array, digits: int) -> list[str]:
    return [format_number(value, digits) for value in array.tolist()]
