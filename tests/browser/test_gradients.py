"""The page "Gradients over time" in a browser: what it exists for, driven by a reader."""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np
from playwright.sync_api import Locator, Page, expect

from gru_core.data.gradient_study import study
from gru_core.data.gradient_view import GradientView
from pages.ui.words import LANGUAGES, sections
from tests.browser.gates import SIDEWAYS

OpenPage = Callable[..., Page]
Wait = Callable[[Page], None]
TELEPHONE = (390, 844)
# The numbers that Plotly has drawn: the medians, by their place in the legend.
DRAWN = """() => [...document.querySelectorAll('.st-key-gradients_curves .js-plotly-plot')]
  .flatMap((plot) => plot.data.filter((line) => line.showlegend !== false)
    .map((line) => Array.from(line.y._inputArray ?? line.y)))"""
MARK = """() => {
  const mark = document.querySelector('.st-key-gradients_map .js-plotly-plot')?.data.at(-1);
  return mark && [Array.from(mark.y)[0], Array.from(mark.x)[0]];
}"""


def link(view: GradientView, **more: str) -> str:
    return f"/gradients?{urlencode(view.to_query() | more)}"


def address(page: Page) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(page.url).query))


def control(page: Page, name: str) -> Locator:
    """The control of a parameter, whose key goes on with a number after the name."""
    return page.locator(f'[class*="st-key-gradients_{name}_"]:not([class*="{name}_bias_"])')


def words(page: Page) -> Locator:
    return page.locator(".st-key-gradients_words")


def expect_curves(page: Page, view: GradientView) -> None:
    """Wait for the address of `view`; then the curves are those that NumPy computes once more."""
    page.wait_for_url(
        lambda url: (
            {k: v for k, v in parse_qsl(urlsplit(url).query) if k != "lang"} == view.to_query()
        ),
        wait_until="commit",
    )
    expect(page.locator(".st-key-gradients_curves .js-plotly-plot .main-svg").first).to_be_visible()
    medians = [np.median(norms, axis=0) for norms in study(view).norms.values()]
    expected = [norms[norms > 0].tolist() for norms in medians]
    # The address is written before the last of the figures is drawn.
    page.wait_for_function(
        f"""expected => {{
          const drawn = ({DRAWN})();
          return drawn.length === expected.length && drawn.every((line, i) =>
            line.length === expected[i].length
            && line.every((y, t) => Math.abs(y / expected[i][t] - 1) < 1e-12));
        }}""",
        arg=expected,
        polling=100,
    )


def click_on_map(page: Page, t: int, s: int) -> None:
    """In a map of 40 steps: point at the cell, read its numbers, click."""
    panel = page.locator(".st-key-gradients_map .nsewdrag").first
    panel.scroll_into_view_if_needed()
    box = panel.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * (s - 0.5) / 40, box["y"] + box["height"] * (40.5 - t) / 40
    page.mouse.move(x, y)
    label = page.locator(".st-key-gradients_map .hoverlayer")
    expect(label).to_contain_text(f"t = {t}, s = {s}:")
    page.mouse.click(x, y)


def test_moving_the_keep_bias_moves_the_curve_and_the_sentence(
    open_page: OpenPage, wait_until_idle: Wait
) -> None:
    page = open_page("/gradients")
    expect_curves(page, GradientView())
    default = words(page).inner_text()
    assert "10¹⁹" in default
    control(page, "keep").locator("button").nth(1).click()
    wait_until_idle(page)
    expect_curves(page, GradientView(keep="bias"))
    slider = control(page, "keep_bias").locator("input")
    slider.focus()
    for _ in range(4):
        slider.press("ArrowRight")
    view = GradientView(keep="bias", keep_bias=4.0)
    expect_curves(page, view)
    wait_until_idle(page)
    kept = words(page).inner_text()
    assert kept != default
    # With this bias the first of 100 inputs still matters to the GRU, and to the RNN it does not.
    gru, rnn = kept.splitlines()[0], next(line for line in kept.splitlines() if "RNN" in line)
    assert study(view).reach("gru").earliest == 1
    assert "even the first input still matters" in gru
    assert rnn in default


def test_quick_changes_all_arrive(open_page: OpenPage, wait_until_idle: Wait) -> None:
    """Each change runs the server, and what it answers must not undo what was done meanwhile."""
    page = open_page(link(GradientView(H=8, T=40)))
    page.locator(".st-key-gradients_size button").first.click()
    for name, times in (("T", 4), ("D", 1), ("seeds", 2)):
        more = control(page, name).get_by_test_id("stNumberInputStepUp")
        expect(more).to_be_visible()
        for _ in range(times):
            more.click()
    page.keyboard.press("Escape")
    control(page, "keep").locator("button").nth(2).click()
    expect_curves(page, GradientView(H=8, T=44, D=5, seeds=5, keep="chrono"))
    page.locator(".st-key-gradients_size button").first.click()
    for name, value in (("T", "44"), ("D", "5"), ("seeds", "5")):
        expect(control(page, name).locator("input")).to_have_value(value)


def test_a_copied_link_restores_everything(open_page: OpenPage, wait_until_idle: Wait) -> None:
    page = open_page(link(GradientView(H=8, T=40, scheme="orthogonal")))
    control(page, "keep").locator("button").nth(2).click()
    wait_until_idle(page)
    view = GradientView(H=8, T=40, scheme="orthogonal", keep="chrono")
    expect_curves(page, view)
    page.locator(".st-key-gradients_link button").click()
    page.wait_for_function("async () => (await navigator.clipboard.readText()).includes('chrono')")
    other = open_page(page.evaluate("navigator.clipboard.readText()"), locale="zh-CN")
    expect_curves(other, view)
    expect(other.locator('.stMain [data-testid="stAlert"]')).to_have_count(0)


def test_a_click_on_the_map_chooses_a_pair(open_page: OpenPage, wait_until_idle: Wait) -> None:
    page = open_page(link(GradientView(H=8, T=40)))
    click_on_map(page, t=30, s=12)
    page.wait_for_url("**t=30**", wait_until="commit")
    wait_until_idle(page)
    assert (address(page)["t"], address(page)["s"]) == ("30", "12")
    assert page.evaluate(MARK) == [30, 12]
    expect(control(page, "t").locator("input")).to_have_value("30")
    expect(page.locator(".st-key-gradients_pair .js-plotly-plot")).to_be_visible()
    # Again elsewhere, and then by typing.
    click_on_map(page, t=20, s=3)
    page.wait_for_url("**t=20**", wait_until="commit")
    wait_until_idle(page)
    assert page.evaluate(MARK) == [20, 3]
    control(page, "s").locator("input").fill("18")
    control(page, "s").locator("input").press("Enter")
    page.wait_for_url("**s=18**", wait_until="commit")
    wait_until_idle(page)
    assert page.evaluate(MARK) == [20, 18]


def test_the_table_is_run_and_a_row_put_on_the_page(
    open_page: OpenPage, wait_until_idle: Wait
) -> None:
    page = open_page(link(GradientView(H=8, T=40)))
    page.locator(".st-key-gradients_tab").get_by_role("tab").nth(3).click()
    wait_until_idle(page)
    page.locator(".st-key-gradients_run button").click()
    expect(page.locator(".st-key-gradients_tab").get_by_test_id("stDataFrame")).to_be_visible()
    wait_until_idle(page)
    page.locator(".st-key-gradients_put_gaussian_3 button").click()
    wait_until_idle(page)
    expect_curves(page, GradientView(H=8, T=40, scheme="gaussian", gain=3.0))


def test_a_mangled_link_gives_a_notice_and_the_first_view(
    open_page: OpenPage, wait_until_idle: Wait
) -> None:
    page = open_page("/gradients?T=12x&keep=%F0%9F%92%A3")
    notice = page.locator('.stMain [data-testid="stAlert"]').first
    expect(notice).to_be_visible()
    assert len(notice.inner_text()) > 20
    expect_curves(page, GradientView())
    control(page, "keep").locator("button").nth(2).click()
    wait_until_idle(page)
    expect(notice).to_have_count(0)
    expect_curves(page, GradientView(keep="chrono"))


def test_it_fits_a_telephone_in_both_languages(open_page: OpenPage, wait_until_idle: Wait) -> None:
    view = GradientView(keep="bias", T=200, scheme="gaussian", gain=3.0)
    page = open_page(link(view, lang="zh"), viewport=TELEPHONE)
    expect_curves(page, view)
    tabs = page.locator(".st-key-gradients_tab").get_by_role("tab")
    for place in range(tabs.count()):
        tabs.nth(place).click()
        wait_until_idle(page)
        assert set(page.evaluate(SIDEWAYS)) == {0}, place
    for code, title in (("zh", None), ("en", LANGUAGES["en"])):
        if title:
            page.get_by_text(title, exact=True).click()
        heading = sections(code, "gradients")["about"].splitlines()[0].lstrip("# ")
        expect(page.get_by_text(heading)).to_have_count(1)
        wait_until_idle(page)
        assert set(page.evaluate(SIDEWAYS)) == {0}, code


def test_the_figure_and_its_sentences_are_on_a_projectors_first_screen(open_page: OpenPage) -> None:
    page = open_page("/gradients?keep=bias", viewport=(1280, 720))
    bottom = words(page).bounding_box()
    assert bottom is not None
    assert bottom["y"] + bottom["height"] <= 720
