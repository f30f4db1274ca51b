"""Tasks on real data: the data are the ones named, cut in time, and the marks are measured."""

import hashlib
from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from gru_core.data.series import FOLDER, SERIES
from gru_core.data.tasks import TASKS, prepare
from gru_core.data.tasks.characters import RARE, SANZIJING, SONNETS, Passage
from gru_core.data.tasks.digits import COUNT, digits
from gru_core.data.tasks.sunspots import (
    TEST_FROM,
    VALIDATION_FROM,
    autoregression,
    rmse_on_test,
    split,
)

# Sunspots -----------------------------------------------------------------------------------------

SUNSPOTS = SERIES["sunspots"].values


def test_windows_are_followed_by_their_year_and_cut_in_time() -> None:
    train, validation, test, scale = TASKS["sunspots"].parts(20, 0)
    assert train is not None
    assert scale is not None
    assert (len(train) + 20, len(validation), len(test)) == (185, 62, 62)
    answers = np.concatenate([part.targets[0, :, 0] for part in (train, validation, test)])
    np.testing.assert_allclose(scale.inverse(answers), SUNSPOTS[20:], rtol=0, atol=1e-9)
    windows = np.concatenate([part.inputs[..., 0] for part in (train, validation, test)], axis=1)
    for i in range(windows.shape[1]):
        window = scale.inverse(windows[:, i])
        np.testing.assert_allclose(window, SUNSPOTS[i : i + 20], rtol=0, atol=1e-9)


def test_scaling_is_fitted_on_the_training_part_alone() -> None:
    later = SUNSPOTS.copy()
    later[VALIDATION_FROM:] = 1e4
    one, other = split(SUNSPOTS, 15), split(later, 15)
    assert one.scale is not None
    assert other.scale is not None
    assert one.scale.shift == other.scale.shift == SUNSPOTS[:185].mean()
    assert one.scale.scale == other.scale.scale == SUNSPOTS[:185].std()
    assert one.train is not None
    assert other.train is not None
    assert one.train.inputs.tobytes() == other.train.inputs.tobytes()
    assert one.train.targets.tobytes() == other.train.targets.tobytes()


def lags(order: int) -> pd.DataFrame:
    series = pd.Series(SUNSPOTS)
    return pd.DataFrame({"one": 1.0} | {f"lag {k}": series.shift(k) for k in range(1, order + 1)})


def by_pandas(fitted: int) -> pd.Series:
    """AR(9) by the normal equations on labelled columns."""
    table = lags(9)
    known = table.iloc[9:fitted]
    coefficients = np.linalg.solve(known.T @ known, known.T @ SUNSPOTS[9:fitted])
    return table @ coefficients


def test_autoregression_is_least_squares() -> None:
    found = autoregression(SUNSPOTS, 9, TEST_FROM)
    np.testing.assert_allclose(found, by_pandas(TEST_FROM).iloc[9:], rtol=0, atol=1e-5)
    # An AR(2) without noise is found exactly.
    made = [1.0, 2.0]
    for _ in range(60):
        made.append(3.0 + 1.2 * made[-1] - 0.7 * made[-2])
    np.testing.assert_allclose(autoregression(np.array(made), 2, 30), made[2:], atol=1e-9)


def test_errors_on_the_last_fifth_are_the_published_ones() -> None:
    errors = rmse_on_test()
    assert errors["persistence"] == pytest.approx(33.3, abs=0.05)
    assert errors["AR(9)"] == pytest.approx(19.4, abs=0.05)
    truth = SUNSPOTS[-62:]
    measured = np.sqrt(((by_pandas(309 - 62).iloc[-62:] - truth) ** 2).mean())
    assert errors["AR(9)"] == pytest.approx(measured, abs=1e-6)


def test_sunspot_marks_on_the_validation_years() -> None:
    task, deviation = TASKS["sunspots"], SUNSPOTS[:185].std()
    marks = {(mark.title, mark.loss): mark.value for mark in task.marks(20)}
    years = slice(VALIDATION_FROM, TEST_FROM)
    for title, forecast in (
        ("persistence", pd.Series(SUNSPOTS).shift(1)),
        ("AR(9)", by_pandas(VALIDATION_FROM)),
    ):
        error = ((forecast - SUNSPOTS)[years] / deviation).to_numpy()
        assert marks[title, "mse"] == pytest.approx((error**2).mean(), rel=1e-6)
        assert marks[title, "mae"] == pytest.approx(np.abs(error).mean(), rel=1e-6)
    validation = prepare("sunspots", 20).validation
    # The training mean is nearly 0 once scaled; only windows with 20 years before them count.
    constant = prepare("sunspots", 20).train.targets.mean()
    guess = ((validation.targets - constant) ** 2).mean()
    assert task.guess(20, "mse") == pytest.approx(guess)
    assert marks["AR(9)", "mse"] < marks["persistence", "mse"] < guess
    assert {mark.value for mark in task.marks(5)} == set(marks.values())


# Digits -------------------------------------------------------------------------------------------


def test_the_digits() -> None:
    images, labels = digits()
    assert images.shape == (COUNT, 8, 8)
    assert (images.min(), images.max()) == (0.0, 1.0)
    np.testing.assert_array_equal(
        np.bincount(labels), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    )
    pixels = (16 * images).astype(np.uint8)
    np.testing.assert_array_equal(16 * images, pixels)
    assert hashlib.sha256(pixels.tobytes() + labels.astype(np.uint8).tobytes()).hexdigest() == (
        "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"
    )
    assert pixels[0, 0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
    assert (FOLDER / "digits.npz").stat().st_size < 60_000


@pytest.mark.parametrize("seed", [0, 1])
def test_digits_are_split_by_the_seed(seed: int) -> None:
    parts = TASKS["digit_rows"].parts(8, seed)[:3]
    assert [len(part) for part in parts if part] == [COUNT - 720, 360, 360]
    keys = [
        part.inputs[:, b].tobytes() + bytes([part.targets[0, b]])
        for part in parts
        if part
        for b in range(len(part))
    ]
    images, labels = digits()
    expected = [image.tobytes() + bytes([label]) for image, label in zip(images, labels, strict=1)]
    assert sorted(keys) == sorted(expected)
    assert keys != expected


def test_seeds_split_digits_otherwise() -> None:
    zero, one = (TASKS["digit_rows"].parts(8, seed).test for seed in (0, 1))
    assert zero.targets.tobytes() != one.targets.tobytes()


def test_rows_and_pixels_are_the_same_images() -> None:
    rows, pixels = (
        TASKS[name].parts(T, 3).test for name, T in (("digit_rows", 8), ("digit_pixels", 64))
    )
    np.testing.assert_array_equal(
        rows.inputs.swapaxes(0, 1).reshape(360, 64), pixels.inputs[..., 0].T
    )
    np.testing.assert_array_equal(rows.targets, pixels.targets)


def test_guessing_digits() -> None:
    assert TASKS["digit_rows"].guess(8, "cross_entropy") == pytest.approx(np.log(10), abs=0.01)


# Characters ---------------------------------------------------------------------------------------

PASSAGES = {"characters_en": SONNETS, "characters_zh": SANZIJING}
passages = pytest.mark.parametrize(
    ("name", "passage"), PASSAGES.items(), ids=["characters_en", "characters_zh"]
)


def test_the_sonnets() -> None:
    poems = SONNETS.text.rstrip("\n").split("\n\n")
    assert len(poems) == 18
    assert all(len(poem.splitlines()) == 14 for poem in poems)
    assert poems[0].startswith("From fairest creatures we desire increase,")
    assert poems[-1].endswith("So long lives this, and this gives life to thee.")
    assert SONNETS.text.isascii()


def test_the_sanzijing() -> None:
    lines = SANZIJING.text.splitlines()
    assert lines[0] == "人之初，性本善，性相近，习相远。"
    assert lines[-1] == "勤有功，戏无益，戒之哉，宜勉力。"
    for line in lines:
        verses = line.replace("？", "，").replace("。", "，").split("，")
        assert verses.pop() == ""
        assert len(verses) in (2, 4)
        assert all(len(verse) == 3 for verse in verses), line
    assert len(SANZIJING.text.replace("\n", "")) == 1520


@passages
def test_the_alphabet_is_that_of_the_training_part(name: str, passage: Passage) -> None:
    assert "\r" not in passage.text
    counts = Counter(passage.text[: int(0.7 * len(passage.text))])
    frequent = {c for c, count in counts.items() if count >= passage.least}
    assert set(passage.alphabet) == frequent | {RARE}
    assert TASKS[name].labels == passage.alphabet
    assert len(passage.alphabet) <= 90


@passages
def test_parts_are_the_text_in_its_order(name: str, passage: Passage) -> None:
    symbols = np.concatenate(passage.parts)
    read = "".join(passage.alphabet[symbol] for symbol in symbols)
    assert len(read) == len(passage.text)
    assert all(a in (b, RARE) for a, b in zip(read, passage.text, strict=True))
    sizes = np.array([len(part) for part in passage.parts]) / len(read)
    np.testing.assert_allclose(sizes, [0.7, 0.15, 0.15], atol=0.001)


@passages
@pytest.mark.parametrize("length", [2, 7, 40, 200])
def test_windows_of_text(name: str, passage: Passage, length: int) -> None:
    parts = TASKS[name].parts(length, 0)
    for part, symbols, stride in zip(
        parts[:3], passage.parts, (length // 2, length, length), strict=True
    ):
        assert part is not None
        said = part.inputs.argmax(axis=-1)
        for b in range(len(part)):
            start = b * stride
            np.testing.assert_array_equal(said[:, b], symbols[start : start + length])
            np.testing.assert_array_equal(
                part.targets[:, b], symbols[start + 1 : start + length + 1]
            )
        assert len(symbols) - stride <= (len(part) - 1) * stride + length + 1 <= len(symbols)


@passages
def test_unigram_and_bigram(name: str, passage: Passage) -> None:
    train = passage.parts[0].tolist()
    size = len(passage.alphabet)
    single, pairs = Counter(train), Counter(pairwise(train))
    starts = Counter(train[:-1])
    p = {s: (single[s] + 1) / (len(train) + size) for s in range(size)}
    validation = TASKS[name].parts(40, 0).validation
    said = validation.inputs.argmax(axis=-1).ravel().tolist()
    next_ones = validation.targets.ravel().tolist()
    unigram = -np.mean([np.log(p[s]) for s in next_ones])
    bigram = -np.mean(
        [
            np.log((pairs[a, b] + size * p[b]) / (starts[a] + size))
            for a, b in zip(said, next_ones, strict=True)
        ]
    )
    assert TASKS[name].guess(40, "cross_entropy") == pytest.approx(unigram)
    (mark,) = TASKS[name].marks(40)
    assert mark.title == "bigram"
    assert mark.value == pytest.approx(bigram)
    assert TASKS[name].goal < bigram < unigram
