"""The number grids: they type like a spreadsheet, and nothing that was typed is lost."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from gru_core.data.step_view import DEFAULT_EXAMPLE, Place, StepView
from gru_core.data.typed import MAX_CHARACTERS
from tests.browser.gates import Gates, with_numbers

OpenPage = Callable[..., Page]
WELCOME = StepView.of_example(DEFAULT_EXAMPLE)


def test_a_typed_number_changes_h_to_what_numpy_gives(open_page: OpenPage) -> None:
    gates = Gates(open_page("/gates?part=h"))
    start = StepView(WELCOME.setup, WELCOME.example, place=Place(part="h"))
    gates.expect_shows(start)
    gates.type("x.0.0", "-1.25")
    gates.expect_shows(with_numbers(start, ("x", 0, 0, -1.25)))
    gates.type("c_n.1.0", "1/3")
    gates.type("U_z.0.1", "0,5")
    changes = (("x", 0, 0, -1.25), ("c_n", 1, 0, 1 / 3), ("U_z", 0, 1, 0.5))
    gates.expect_shows(with_numbers(start, *changes))
    expect(gates.key("example").locator("input")).to_have_value("")
    assert gates.errors.count() == 0


def test_the_keys_are_those_of_a_spreadsheet(open_page: OpenPage) -> None:
    gates = Gates(open_page("/gates"))
    keyboard = gates.page.keyboard
    gates.cell("x.1.0").click()
    for key, at in (
        ("ArrowDown", "x.2.0"),
        ("ArrowRight", "x.2.1"),
        ("ArrowRight", "x.2.1"),  # the border
        ("ArrowUp", "x.1.1"),
        ("ArrowLeft", "x.1.0"),
        ("Enter", "x.2.0"),
        ("Shift+Enter", "x.1.0"),
        ("Tab", "x.1.1"),
        ("Tab", "x.2.0"),
        ("Shift+Tab", "x.1.1"),
    ):
        keyboard.press(key)
        gates.expect_focus(at)
    # Nothing was typed, so nothing changed; and the arrows did not move the stage.
    gates.expect_shows(WELCOME)
    # Typing replaces; Escape takes back what was typed.
    cell = gates.cell("x.0.0")
    cell.click()
    expect(cell).to_have_value("0.3")
    keyboard.type("7")
    expect(cell).to_have_value("7")
    keyboard.press("Escape")
    expect(cell).to_have_value("0.3")
    keyboard.press("Enter")
    gates.expect_shows(WELCOME)
    cell.click()
    cell.click(delay=20)  # a second click leaves the number selected
    keyboard.type("9")
    expect(cell).to_have_value("9")
    keyboard.press("Escape")
    # F2 edits what is there, and the arrows then move inside the cell.
    keyboard.press("F2")
    keyboard.press("ArrowLeft")
    keyboard.type("4")
    expect(cell).to_have_value("0.43")
    keyboard.press("Tab")
    one = with_numbers(WELCOME, ("x", 0, 0, 0.43))
    gates.expect_shows(one)
    keyboard.type("2")
    keyboard.press("ArrowDown")
    gates.expect_focus("x.1.1")
    two = with_numbers(one, ("x", 0, 1, 2.0))
    gates.expect_shows(two)
    keyboard.press("ControlOrMeta+z")
    gates.expect_shows(one)
    gates.expect_focus("x.1.1")
    keyboard.press("ControlOrMeta+z")
    gates.expect_grids(WELCOME)


PASTES = (
    "1.5\t-2\r\n3\t0.25",
    "1,5\t-2\r\n3\t0,25",
    "[[1.5, -2], [3, 0.25]]",
    "[[ 1.5  -2.  ]\n [ 3.    0.25]]",
    "1.5 -2; 3 0.25",
)


def test_a_pasted_block_fills_from_its_cell_on(open_page: OpenPage) -> None:
    gates = Gates(open_page("/gates"))
    block = (("x", 2, 0, 1.5), ("x", 2, 1, -2.0), ("x", 3, 0, 3.0), ("x", 3, 1, 0.25))
    for text in PASTES:
        gates.paste("x.2.0", text)
        gates.expect_shows(with_numbers(WELCOME, *block))
        gates.expect_focus("x.2.0")
        gates.page.keyboard.press("ControlOrMeta+z")
        gates.expect_grids(WELCOME)
    gates.paste("b_z.0.0", "0.5 -0.5")  # a row goes down a vector
    gates.expect_grids(with_numbers(WELCOME, ("b_z", 0, 0, 0.5), ("b_z", 1, 0, -0.5)))
    gates.paste("W_r.0.0", "0.125")  # one number is typed, in the cell alone
    gates.page.keyboard.press("Enter")
    changes = (("b_z", 0, 0, 0.5), ("b_z", 1, 0, -0.5), ("W_r", 0, 0, 0.125))
    gates.expect_shows(with_numbers(WELCOME, *changes))


def test_a_broken_paste_is_marked_in_place_and_nothing_else_is_lost(open_page: OpenPage) -> None:
    gates = Gates(open_page("/gates"))
    keyboard = gates.page.keyboard
    gates.type("x.5.1", "0.75")
    gates.paste("U_n.0.0", "1 2; 3")
    broken = gates.cell("U_n.0.0")
    expect(broken).to_have_attribute("aria-invalid", "true")
    expect(broken).to_have_value("1 2; 3")
    expect(gates.errors).to_have_count(1)
    expect(gates.errors).to_contain_text("U_n")
    mine = with_numbers(WELCOME, ("x", 5, 1, 0.75))
    gates.expect_shows(mine)
    # It waits while other numbers change, and while the reader walks.
    gates.type("x.0.1", "0.5")
    mine = with_numbers(mine, ("x", 0, 1, 0.5))
    gates.expect_shows(mine)
    expect(broken).to_have_value("1 2; 3")
    # The sentence leads to its cell; Escape gives the cell its last number back.
    gates.errors.click()
    gates.expect_focus("U_n.0.0")
    keyboard.press("Escape")
    expect(gates.errors).to_have_count(0)
    expect(broken).not_to_have_attribute("aria-invalid", "true")
    gates.expect_shows(mine)
    # Far too much text is told, and is overwritten like any other.
    gates.paste("h0.0.0", "1 " * (MAX_CHARACTERS // 2) + "1")
    expect(gates.errors).to_have_count(1)
    expect(gates.errors).to_contain_text(str(MAX_CHARACTERS + 1))
    expect(gates.cell("h0.0.0")).to_have_attribute("aria-invalid", "true")
    gates.expect_shows(mine)
    gates.type("W_r.0.0", "abc")
    expect(gates.errors).to_have_count(2)
    gates.type("h0.0.0", "0.5")
    expect(gates.errors).to_have_count(1)
    gates.type("W_r.0.0", "0.25")
    expect(gates.errors).to_have_count(0)
    gates.expect_shows(with_numbers(mine, ("h0", 0, 0, 0.5), ("W_r", 0, 0, 0.25)))


def test_quick_typing_loses_nothing_and_keeps_the_focus(open_page: OpenPage) -> None:
    gates = Gates(open_page("/gates"))
    gates.cell("x.0.0").click()
    typed = [(row, column, 1.5 + row - 0.25 * column) for row in range(6) for column in range(2)]
    # Faster than the server answers; the last number stays under the cursor, uncommitted.
    for position, (_, _, value) in enumerate(typed):
        if position:
            gates.page.keyboard.press("Tab")
        gates.page.keyboard.type(str(value))
    gates.expect_focus("x.5.1")
    *rest, last = (("x", *cell) for cell in typed)
    almost = with_numbers(WELCOME, *rest)
    gates.expect_address(almost)
    gates.expect_focus("x.5.1")
    expect(gates.cell("x.5.1")).to_have_value(str(last[3]))
    gates.page.keyboard.type("5")
    expect(gates.cell("x.5.1")).to_have_value(f"{last[3]}5")
    gates.page.keyboard.press("Enter")
    gates.expect_shows(with_numbers(almost, ("x", 5, 1, float(f"{last[3]}5"))))
