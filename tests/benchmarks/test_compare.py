from benchmarks.compare import METHODS, PLAIN, SEEDS, lines


def test_the_ratios_are_of_what_was_taken() -> None:
    taken = {f"{name} 1": 2.0 for name in METHODS} | {f"{name} {SEEDS}": 5.0 for name in METHODS}
    taken[f"{PLAIN} {SEEDS}"] = 2.5
    rows = lines(taken)
    assert rows[0] == "| plain GRU | 2.5 | 1.00 | 4.0 |"
    assert rows[1] == "| layer_norm | 5.0 | 2.00 | 2.0 |"
    assert rows[-1] == "| all six | 27.5 | – | 2.2 |"
