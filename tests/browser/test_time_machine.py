"""The time machine in a real browser, over a network that trains: it needs no server to replay."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from benchmarks.browser import serving
from gru_core.training.experiment import Experiment
from gru_core.training.network import Output
from gru_core.training.trainer import advance, answers, data_of, snapshot_steps, start
from tests.browser.gates import SIDEWAYS

OpenPage = Callable[..., Page]
Wait = Callable[[Page], None]
MOMENTS = [step for step in snapshot_steps(200) if step <= 40]
SENDS = "traffic.sends"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of the page with nothing but the time machine."""
    script = Path(__file__).with_name("time_machine_app.py")
    with serving(tmp_path_factory.mktemp("machine") / "server.log", script) as url:
        yield url


@pytest.fixture
def open_machine(open_page: OpenPage, machine: str) -> OpenPage:
    return lambda path="/", **options: open_page(path, base_url=machine, **options)


@pytest.fixture(scope="module")
def looks() -> dict[int, Output]:
    """What the network of the page says to its probe, after each snapshot."""
    e = Experiment.of({"task": "adding", "hidden": 8, "steps": 200, "batch": 16})
    _, record = advance(start(e), 40)
    return {s.step: answers(e, s.weights, data_of(e).probe) for s in record.snapshots}


def timeline(page: Page) -> Locator:
    return page.locator(".st-key-probe .gl-timeline")


def past(page: Page) -> Locator:
    return timeline(page).locator(".gl-past")


def reading(page: Page) -> dict[str, float]:
    texts = timeline(page).locator(".gl-value").all_inner_texts()
    return {text[0]: float(text[1:].replace("−", "-")) for text in texts}


def picture(page: Page) -> str:
    """The pixels of the maps."""
    return str(timeline(page).locator(".gl-base").evaluate("(canvas) => canvas.toDataURL()"))


def train_on(page: Page, wait_until_idle: Wait, updates: int) -> None:
    page.get_by_role("button", name="More").click()
    expect(page.get_by_text(f"drawn after {updates}")).to_be_visible()
    wait_until_idle(page)


def test_the_second_slider_goes_back_without_the_server(
    open_machine: OpenPage, looks: dict[int, Output]
) -> None:
    page = open_machine()
    expect(timeline(page).locator(".gl-after")).to_have_text("now, after update 40")
    expect(past(page)).to_have_attribute("max", str(len(MOMENTS)))
    timeline(page).locator(".gl-slider").fill("6")
    pictures = {picture(page)}
    sends = page.evaluate(SENDS)
    for place, step in enumerate(MOMENTS):
        past(page).fill(str(place))
        said = f"after update {step}" if step else "before any update"
        expect(timeline(page).locator(".gl-after")).to_have_text(said)
        expect(past(page)).to_have_attribute("aria-valuetext", said)
        layer = looks[step].layers[0]
        truth = {**layer.gates, "n": layer.n, "h": layer.h}
        assert reading(page) == pytest.approx(
            {name: float(tensor[0, 6, 0, 0]) for name, tensor in truth.items()}, abs=5.5e-4
        )
        pictures.add(picture(page))
    assert len(pictures) == 1 + len(MOMENTS)
    page.wait_for_timeout(500)  # longer than a place waits to be reported
    assert page.evaluate(SENDS) == sends


def test_the_keyboard_goes_back_too(open_machine: OpenPage) -> None:
    page = open_machine()
    past(page).focus()
    page.keyboard.press("Home")
    expect(timeline(page)).to_have_attribute("data-moment", "0")
    page.keyboard.press("ArrowRight")
    expect(timeline(page)).to_have_attribute("data-moment", "1")
    page.keyboard.press("End")
    expect(timeline(page)).to_have_attribute("data-moment", "now")
    slider = page.get_by_role("slider", name="Time machine: after how many updates")
    expect(slider).to_be_visible()


def test_new_data_is_shown_now_and_pulls_nobody_back(
    open_machine: OpenPage, wait_until_idle: Wait
) -> None:
    page = open_machine()
    at_first = picture(page)
    train_on(page, wait_until_idle, 50)
    expect(timeline(page).locator(".gl-after")).to_have_text("now, after update 50")
    assert picture(page) != at_first
    place = MOMENTS.index(4)
    past(page).fill(str(place))
    expect(timeline(page)).to_have_attribute("data-moment", "4")
    back = picture(page)
    for updates in (60, 70):
        train_on(page, wait_until_idle, updates)
        expect(timeline(page)).to_have_attribute("data-moment", "4")
        expect(past(page)).to_have_value(str(place))
        assert picture(page) == back
    more = [step for step in snapshot_steps(200) if step <= 70]
    expect(past(page)).to_have_attribute("max", str(len(more)))
    past(page).fill(str(len(more)))
    expect(timeline(page).locator(".gl-after")).to_have_text("now, after update 70")


def test_replaying_reaches_now_without_the_server(open_machine: OpenPage) -> None:
    page = open_machine()
    page.evaluate(
        """() => {
          window.seen = [];
          const note = () => seen.push(document.querySelector('.gl-timeline').dataset.moment);
          new MutationObserver(note).observe(
            document.querySelector('.gl-timeline'), {attributeFilter: ['data-moment']});
        }"""
    )
    sends = page.evaluate(SENDS)
    again = page.get_by_role("button", name="Replay how the gates came to be")
    again.click()
    expect(again).to_have_text("⏸")
    expect(again).to_have_text("↺")
    expect(timeline(page)).to_have_attribute("data-moment", "now")
    seen = page.evaluate("seen")
    assert [each for each, before in zip(seen, [None, *seen], strict=False) if each != before] == [
        *map(str, MOMENTS),
        "now",
    ]
    assert page.evaluate(SENDS) == sends


def test_moments_travel_only_when_they_are_new(
    open_machine: OpenPage, wait_until_idle: Wait
) -> None:
    """They are most of the bytes, and the live view is sent several times a second."""
    page = open_machine("/?hidden=32&length=100")
    received: list[int] = []
    client = page.context.new_cdp_session(page)
    client.on(
        "Network.webSocketFrameReceived",
        lambda frame: received.append(len(frame["response"]["payloadData"])),
    )
    client.send("Network.enable")
    sent = {}
    for updates in (50, 60, 70):
        received.clear()
        train_on(page, wait_until_idle, updates)
        sent[updates] = sum(received)
    moments = page.evaluate("JSON.stringify(gruLabMoments.get('probe')).length")
    assert not set(range(61, 71)) & set(snapshot_steps(200))
    assert sent[60] > moments
    assert 0 < sent[70] < moments / 4


@pytest.mark.parametrize(
    ("choices", "names"),
    [
        ("task=order&cell=lstm&layers=2&layer=1", "ifoh"),
        ("cell=rnn&candidate=relu&scheme=gaussian", "h"),
        ("hidden=128&length=100", "rznh"),
    ],
)
def test_other_cells_show_their_own_maps(open_machine: OpenPage, choices: str, names: str) -> None:
    page = open_machine(f"/?{choices}&updates=2&compact=1&width=520")
    assert "".join(reading(page)) == names
    box = timeline(page).bounding_box()
    assert box
    assert box["height"] <= 490
    assert timeline(page).locator(".gl-open").is_hidden()
    ramp = timeline(page).locator(".gl-ramp-share")
    expect(ramp).to_be_visible(visible=len(names) > 1)
    timeline(page).locator(".gl-over").focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowDown")
    last = timeline(page).get_attribute("data-time") or "0"
    assert int(last) > 1
    expect(timeline(page).locator(".gl-readout b")).to_have_text(f"t = {last}")


def test_only_every_few_units_are_named_where_there_are_many(open_machine: OpenPage) -> None:
    page = open_machine("/?hidden=128&length=200&updates=2&compact=1&width=520")
    timeline(page).locator(".gl-over").focus()
    page.keyboard.press("ArrowDown")
    expect(timeline(page)).to_have_attribute("data-unit", "4")
    expect(timeline(page).locator(".gl-readout")).to_contain_text("Unit 4")


def test_without_moments_there_is_no_second_slider(open_machine: OpenPage) -> None:
    page = open_machine("/?updates=2&bare=1")
    expect(timeline(page).locator(".gl-readout b")).to_be_visible()
    expect(past(page)).to_be_hidden()


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_it_fits_a_telephone(open_machine: OpenPage, locale: str) -> None:
    page = open_machine("/?updates=2&compact=1", locale=locale, viewport=(390, 844))
    assert max(page.evaluate(SIDEWAYS)) <= 0
    box = timeline(page).bounding_box()
    assert box
    assert box["width"] > 340
