"""Mistakes in the worked example of article 003."""

from gru_core.data.exhibits import numbers, tries
from gru_core.data.exhibits.exhibit import Exhibit, Place
from gru_core.errors import N_

EXHIBITS = (
    Exhibit(
        "r_impossible",
        "numbers",
        N_("A reset gate of [0.3, 0.4]"),
        (Place("003", "74"),),
        (
            N_("Yes: a gate may have any value"),
            N_("No: σ of a positive sum is above ½"),
            N_("No: a gate is 0 or 1"),
        ),
        right=1,
        demonstrate=numbers.sigma_of_the_sum,
        sources=(),
        tries=tries.PRINTED,
    ),
    Exhibit(
        "h1_two_values",
        "numbers",
        N_("Two values for one state"),
        (
            Place("003", "68"),
            Place("003", "83"),
        ),
        (
            N_("Neither of them"),
            N_("That of the table, [0.3, 0.4]"),
            N_("That of the calculation, [0.4, 0.5]"),
        ),
        right=0,
        demonstrate=numbers.state_of_the_table,
        sources=(),
        tries=tries.REPAIRED,
    ),
    Exhibit(
        "blend_wrong",
        "numbers",
        N_("The mixture of its own gates"),
        (Place("003", "83"),),
        (
            N_("[0.4, 0.5], as it says"),
            "[0.48, 0.63]",
            "[0.52, 0.69]",
            "[0.36, 0.41]",
        ),
        right=2,
        demonstrate=numbers.state_of_the_table,
        sources=(),
        tries=tries.PRINTED,
    ),
    Exhibit(
        "candidate_no_r",
        "numbers",
        N_("The candidate without its gate"),
        (Place("003", "80"),),
        (
            N_("The reset gate"),
            N_("The update gate"),
            N_("The input"),
            N_("Nothing is missing"),
        ),
        right=0,
        demonstrate=numbers.candidate_without_r,
        sources=(),
        tries=tries.PRINTED,
    ),
    Exhibit(
        "x_of_t0",
        "numbers",
        N_("Step 1 reads the input of t = 0"),
        (
            Place("003", "67"),
            Place("003", "74"),
        ),
        (
            N_("No, any input will do"),
            N_("Yes: by the table it would be [3, 4]"),
            N_("Yes: there is no input at t = 0 at all"),
        ),
        right=1,
        demonstrate=numbers.which_input,
        sources=(),
        tries=tries.REPAIRED,
    ),
    Exhibit(
        "one_row",
        "numbers",
        N_("A row where a matrix should be"),
        (
            Place("003", "74"),
            Place("003", "77"),
            Place("003", "80"),
        ),
        (
            "[0.1, 0.4]",
            "0.5",
            N_("It cannot be told"),
        ),
        right=2,
        demonstrate=numbers.one_row_for_all,
        sources=(),
        tries=tries.REPAIRED,
    ),
    Exhibit(
        "whole_example",
        "numbers",
        N_("The whole worked example"),
        (Place("003", "65–85"),),
        (
            N_("None of them agree"),
            N_("One"),
            N_("Six"),
            N_("All eight"),
        ),
        right=1,
        demonstrate=numbers.whole_step,
        sources=(),
        tries=tries.PRINTED,
    ),
)
