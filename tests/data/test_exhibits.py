"""The demonstrations: each number against a statement that does not come from its code."""

import numpy as np
import pytest

from gru_core.data.backward_setup import BackwardSetup
from gru_core.data.exhibits import code, equations, history, numbers, tries
from gru_core.data.exhibits.exhibit import ARTICLES, KINDS, Try
from gru_core.data.exhibits.registry import EXHIBITS
from gru_core.data.exhibits.shown import Bars, Lines, Shown, Table
from gru_core.data.exhibits.sources import SOURCES
from gru_core.data.gradient_view import GradientView
from gru_core.data.sequence_view import SequenceView
from gru_core.data.series import SERIES
from gru_core.data.step_view import StepView
from gru_core.maths.gru import sigmoid


def line(shown: Shown, place: int) -> np.ndarray:
    assert isinstance(shown.picture, Lines)
    return shown.picture.lines[place].y


def rows(shown: Shown) -> tuple:
    assert isinstance(shown.picture, Table)
    return shown.picture.rows


def bars(shown: Shown) -> tuple[float, ...]:
    assert isinstance(shown.picture, Bars)
    return shown.picture.values


# --- The registry --------------------------------------------------------------------------------


@pytest.mark.parametrize("exhibit", EXHIBITS.values(), ids=list(EXHIBITS))
def test_every_mistake_is_complete(exhibit):
    assert 2 <= len(exhibit.options) <= 4
    assert len({*exhibit.options}) == len(exhibit.options)
    assert 0 <= exhibit.right < len(exhibit.options)
    assert exhibit.kind in KINDS
    assert exhibit.places
    assert exhibit.articles <= {*ARTICLES}
    assert {*exhibit.sources} <= {*SOURCES}
    shown = exhibit.demonstrate()
    assert shown.sentence.format(**shown.values)  # every number that it speaks of is there
    assert len(shown.picture.frame()) > 1


def test_a_demonstration_gives_the_same_each_time():
    for exhibit in EXHIBITS.values():
        if exhibit.kind == "code":
            first, second = exhibit.demonstrate(), exhibit.demonstrate()
            assert first.values == second.values
            assert first.picture.frame().equals(second.picture.frame())


def test_every_kind_and_every_article_has_some():
    assert {exhibit.kind for exhibit in EXHIBITS.values()} == {*KINDS}
    assert frozenset.union(*(exhibit.articles for exhibit in EXHIBITS.values())) == {*ARTICLES}
    # The list of mistakes that the page was made from has 55.
    assert len(EXHIBITS) == 55


def test_what_stands_in_000_stands_in_002_too():
    for exhibit in EXHIBITS.values():
        assert ("000" in exhibit.articles) == ("002" in exhibit.articles), exhibit.key


def test_what_can_be_tried_is_an_address_of_its_page():
    links = [exhibit.tries for exhibit in EXHIBITS.values() if exhibit.tries]
    for each in vars(tries).values():
        assert not isinstance(each, Try) or each in links
    for page, query in links:
        match page:
            case "gates":
                assert StepView.from_query(query).to_query() == query
            case "sequence":
                assert SequenceView.from_query(query).to_query() == query
            case "gradients":
                view, walk = GradientView.from_query(query), BackwardSetup.from_query(query)
                assert view.to_query() | walk.to_query() == query


# --- Equations -----------------------------------------------------------------------------------


def test_one_tanh_more_leaves_the_square_root_law():
    kept, squashed, _ = (line(equations.extra_tanh(), place) for place in range(3))
    assert (kept == 1).all()
    assert squashed[100] == pytest.approx(0.121, abs=5e-4)
    assert squashed[100] == pytest.approx(np.sqrt(3 / 200), rel=0.02)


def test_without_its_term_the_reset_gates_gradient_is_exactly_zero():
    by_name = {row[0]: row[1:] for row in rows(equations.dead_reset())}
    for part in ("W_r", "U_r", "b_r"):
        full, printed = by_name[part]
        assert full > 0.01
        assert printed == 0.0
    assert all(by_name[part][1] > 0 for part in ("W_z", "U_z", "b_z"))


def test_two_open_gates_add_up():
    tied, untied = (line(equations.untied_gates(), place) for place in range(2))
    # The sum of a geometric series: f (1 − f⁵⁰) / (1 − f), and 1 − f⁵⁰ with i = 1 − f.
    assert untied[-1] == pytest.approx(0.99 * (1 - 0.99**50) / 0.01)
    assert f"{untied[-1]:.1f}" == "39.1"
    assert tied[-1] == pytest.approx(1 - 0.99**50)


def test_only_sigmoid_gates_and_tanh_bound_the_state():
    shown = equations.gate_functions()
    right, *wrong = (line(shown, place).max() for place in range(4))
    assert right <= 1
    assert all(largest > 1.5 for largest in wrong)


def test_f_means_the_opposite_in_the_two_cells():
    assert rows(equations.names_of_gates()) == ((0.0, 0.8, 0.0), (1.0, -0.5, 0.8))


def test_the_update_gate_does_not_touch_the_candidate():
    of_r, of_z = bars(equations.candidate_moves())
    assert of_r > 0.01
    assert of_z == 0.0


def test_gates_do_not_add_up_to_one():
    gates, softmax = (line(equations.not_probability(), place) for place in range(2))
    assert (gates > 2).all()
    assert round(gates.mean()) == 4  # as the right option says
    assert softmax == pytest.approx(1)


def test_the_gradient_of_u_is_an_outer_product():
    for _, ours, measured, _printed in rows(equations.gradient_of_u()):
        assert ours == pytest.approx(measured, abs=1e-8)
    assert max(abs(row[3] - row[2]) for row in rows(equations.gradient_of_u())) > 0.1


def test_one_step_is_all_of_it_only_where_there_is_one():
    whole, alone = (line(equations.one_step_only(), place) for place in range(2))
    assert whole[0] == pytest.approx(alone[0])
    assert whole[-1] > 3 * alone[-1]


def test_a_keep_bias_sets_the_half_life():
    shown = equations.keep_biases()
    assert line(shown, 0)[:3] == pytest.approx([0.5, 0.25, 0.125])
    assert [shown.values[name] for name in ("none", "one", "two", "four")] == [
        "1.0",
        "2.2",
        "5.5",
        "38",
    ]


def test_a_shut_reset_gate_leaves_the_state():
    shown = equations.reset_only()
    assert line(shown, 1) == pytest.approx(0.8, abs=1e-12)
    assert np.abs(line(shown, 2) - line(shown, 3)).max() > 0.5


# --- The worked example --------------------------------------------------------------------------


def test_the_worked_example_by_its_own_formulas():
    computed = [row[2] for row in rows(numbers.whole_step())]
    # Worked out apart from this code, with the article's weights.
    assert computed == pytest.approx(
        [0.623634, 0.625041, 0.626446, 0.627849, 0.484889, 0.487750, 0.341112, 0.380663], abs=1e-6
    )
    assert numbers.whole_step().values["agree"] == "1"


def test_its_own_gates_give_another_state():
    blend = rows(numbers.state_of_the_table())[2][1:]
    assert blend == pytest.approx([0.4 * 0.1 + 0.6 * 0.8, 0.3 * 0.2 + 0.7 * 0.9])
    assert blend == pytest.approx([0.52, 0.69])


def test_the_sums_that_the_printed_r_would_need_are_negative():
    values = numbers.sigma_of_the_sum().values
    assert float(values["c"]) < 0
    assert float(values["d"]) < 0
    assert sigmoid(np.array(float(values["c"]))) == pytest.approx(0.3, abs=0.005)


def test_the_candidate_is_wrong_with_r_and_without():
    _, without, right = rows(numbers.candidate_without_r())
    assert without[1] == pytest.approx(np.tanh(0.5 + 0.15 * 0.1 + 0.16 * 0.2))
    assert right[1] < without[1] < 0.6


def test_the_input_of_the_other_row_gives_other_states():
    rows_ = rows(numbers.which_input())
    assert rows_[2][1:3] == pytest.approx((0.919963, 0.924491), abs=1e-6)
    assert rows_[0][3] - rows_[0][1] > 0.2


def test_a_row_can_be_read_in_two_ways():
    dot, each = rows(numbers.one_row_for_all())
    assert dot[1:3] == pytest.approx((0.5, 0.5))
    assert each[1:3] == pytest.approx((0.1, 0.4))


# --- Code ----------------------------------------------------------------------------------------


def test_one_matrix_makes_one_gate():
    shown = code.same_weights()
    assert (line(shown, 0) == line(shown, 1)).all()
    assert np.abs(line(shown, 2) - line(shown, 3)).max() > 0.05


def test_the_update_gate_is_computed_and_dropped():
    article, ours = bars(code.update_gate_unused())
    assert article == 0.0
    assert ours > 1


def test_the_reset_gate_is_turned_round():
    right, printed = (line(code.turned_round(), place) for place in range(2))
    assert right + printed == pytest.approx(1)


def test_without_a_loop_nothing_is_handed_on():
    ours, article = (line(code.no_loop(), place) for place in range(2))
    assert article[0] > 0
    assert (article[1:] == 0).all()
    assert (ours > 0).all()


@pytest.mark.parametrize(
    ("demonstrate", "came"),
    [
        (code.no_states, ["ValueError", "runs"]),
        (code.without_u, ["ValueError", "runs"]),
        (code.ellipsis, ["TypeError", "runs"]),
        (code.shape_of_x, ["runs", "runs", "IndexError"]),
        (code.shape_of_y, ["runs", "IndexError", "runs"]),
    ],
)
def test_what_stops_and_what_runs(demonstrate, came):
    assert [row[1] for row in rows(demonstrate())] == came


def test_what_the_flags_return():
    x, h = np.zeros((5, 3)), np.zeros((5, 8))
    for state in (False, True):
        back = code.Layer000(3, 8, return_sequences=True, return_state=state)(x, h)
        assert len(back) == 2
        assert back[0].shape == (5, 8)
    assert len(code.Layer000(3, 8, return_state=True)(x, h)) == 3
    assert code.what_returns().values["alike"] == "2"


def test_options_are_not_read():
    assert {row[1] for row in rows(code.ignored_options())} == {0.0}


def test_a_scaler_that_saw_the_test_data_ends_at_one():
    values = code.leaking_scaler().values
    assert values["leaky"] == "1"
    co2 = SERIES["co2"].values
    before = co2[: round(0.8 * len(co2))]
    low = np.nanmin(before)
    honest = (np.nanmax(co2) - low) / (np.nanmax(before) - low)
    assert float(values["honest"]) == pytest.approx(honest, abs=0.01)


def test_a_shuffled_split_flatters_a_copier():
    shuffled, last = bars(code.shuffled_split())
    assert last > 10 * shuffled
    times, values = np.arange(6), np.array([1.0, 2, 3, 4, 5, 6])
    end = np.array([False, False, False, False, True, True])
    assert code.nearest_week(times, values, end) == pytest.approx(np.sqrt((1 + 4) / 2))


def test_adam_cannot_carry_an_output_to_twenty():
    raw, scaled, mean = (line(code.unscaled_target(), place) for place in range(3))
    assert raw[0] == pytest.approx(np.sqrt((100 + 400 + 900) / 3))
    assert scaled[-1] < mean[-1] < raw[-1]
    assert mean[-1] == pytest.approx(8.165, abs=1e-3)  # the options say 8 and 21
    assert round(raw[-1]) == 21


def test_r_times_both_is_wrong_or_stops():
    one, *more = rows(code.reset_times_both())
    assert float(one[1]) != pytest.approx(float(one[2]), abs=0.1)
    assert {row[1] for row in more} == {"ValueError"}


def test_normalising_the_state_erases_it():
    shown = code.normalised_state()
    assert (line(shown, 1) == 0).all()
    assert line(shown, 2) == pytest.approx(-line(shown, 3))
    assert np.abs(line(shown, 2)[3:]) == pytest.approx(1, abs=0.05)


def test_in_training_mode_the_answer_depends_on_the_company():
    live, stored = (line(code.training_always(), place) for place in range(2))
    assert np.ptp(live) > 1
    assert np.ptp(stored) == 0


def test_adding_the_old_state_nearly_doubles_it():
    plain, grown = (line(code.doubled_state(), place) for place in range(2))
    assert 1e27 < grown[-1] < 2.0**100  # |h'| ≤ |GRU(x, h)| + |h| ≤ 2 max(1, |h|)
    assert (plain <= 1).all()


def test_three_of_five_methods_are_not_shown():
    shown = code.left_out()
    assert shown.values == {"missing": "3", "all": "5"}
    train, evaluate = rows(shown)[4][2].split(" / ")
    assert float(train) == pytest.approx(float(evaluate), abs=0.004)


# --- History and wording -------------------------------------------------------------------------


def test_the_years_are_in_order():
    years = history.papers().picture.frame()["year"]
    assert years.is_monotonic_increasing
    assert history.papers().values == {"lstm": "16", "gru": "15"}


def test_by_default_every_cell_loses_the_gradient():
    for place in range(3):
        norms = line(history.how_far_back(), place)
        assert norms[40] < 1e-7 * norms[0]


def test_neither_cell_reaches_further_always():
    assert {row[3] for row in rows(history.neither_dominates())} == {"GRU", "LSTM"}


def test_the_parameters_of_the_three_cells():
    assert bars(history.parameter_counts()) == (1408, 4224, 5632)  # of nn.RNN, nn.GRU, nn.LSTM


def test_adam_does_not_see_the_size_of_a_steady_gradient():
    one, hundred, swing = (line(history.adam_steps(), place) for place in range(3))
    assert one == pytest.approx(0.001, rel=1e-5)
    assert hundred == pytest.approx(one, rel=1e-5)
    # m of a swing of ±1 settles at ±(1 − β₁) / (1 + β₁), v at 1.
    assert swing[-1] == pytest.approx(0.001 * 0.1 / 1.9, rel=1e-3)


def test_decay_takes_away_noise_and_speed():
    constant, late, early = (line(history.decay(), place) for place in range(3))
    # Of w' = (1 − η) w − η ξ: E w² = η / (2 − η), and L is half of that.
    assert constant[-50:].mean() == pytest.approx(0.2 / 1.8 / 2, rel=0.05)
    assert constant[99] < early[99]
    assert late[-1] < constant[-1] / 10


def test_full_batches_waste_what_they_see():
    one, batch, everything = (line(history.batch_sizes(), place) for place in range(3))
    assert max(one[-1], batch[-1]) < everything[-1] / 50
    assert len({*everything}) == 3  # two steps, in which the loss changes


def test_fillings_look_like_data_and_a_mask_does_not():
    values = history.filled_gaps().values
    assert values["missing"] == "48"
    assert float(values["interpolate"]) < float(values["mean"]) < float(values["forward"])


def test_an_lstms_input_and_forget_gate_act_on_its_cell():
    c, h = (line(history.lstm_gates(), place) for place in range(2))
    assert (np.diff(c) > 0).all()
    assert np.abs(h[:20]).max() < 1e-12
    assert h[20:] == pytest.approx(np.tanh(c[20:]))


def test_normalising_a_gate_takes_its_bias_away():
    plain, inside, outside = (line(history.bn_and_memory(), place)[-1] for place in range(3))
    assert inside < 1e-12 < 0.1 < plain
    assert outside == pytest.approx(sigmoid(np.array(4.0)) ** 50, rel=0.05)


def test_a_masked_z_keeps_or_erases():
    plain, r, new, old = (line(history.masked_gates(), place) for place in range(4))
    assert plain[-1] == pytest.approx(0.5**50)
    assert (r == plain).all()
    assert new[-1] == pytest.approx(0.5**35, rel=1)  # seven steps in ten are not masked
    assert old[-1] == 0.0


def test_reversed_orders_are_other_classes():
    for name, count, wrong in rows(history.reversed_labels()):
        assert wrong == (count if name in ("XY", "YX") else 0)
