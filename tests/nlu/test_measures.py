"""The statistics of an evaluation, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from nlu.report.measures import (
    Bin,
    Interval,
    Point,
    auroc,
    calibration,
    calibration_error,
    harmonic,
    interval,
    mcnemar,
    percentile,
    roc,
    share,
)


@pytest.mark.parametrize(
    ("positives", "negatives", "area"),
    [
        ([0.9, 0.8], [0.2, 0.1], 1.0),
        ([0.1, 0.2], [0.8, 0.9], 0.0),
        ([0.5], [0.5], 0.5),
        ([0.9, 0.3], [0.5, 0.3], 0.625),
        ([], [0.5], None),
        ([0.5], [], None),
    ],
)
def test_auroc_is_the_chance_of_the_right_order(positives, negatives, area):
    scores = np.array([*positives, *negatives])
    truth = np.array([True] * len(positives) + [False] * len(negatives))
    assert auroc(scores, truth) == area


def test_equal_scores_are_one_threshold_of_the_roc():
    scores, truth = np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False])

    points = roc(scores, truth)

    assert points == (Point(0, 0), Point(0, 0.5), Point(0.5, 1), Point(1, 1))


def test_the_area_below_the_roc_is_auroc():
    chance = np.random.default_rng(1)
    scores, truth = chance.integers(0, 20, 200) / 20, chance.random(200) < 0.4
    points = roc(scores, truth)

    x, y = [each.false_alarms for each in points], [each.found for each in points]

    assert auroc(scores, truth) == pytest.approx(float(np.trapezoid(y, x)))


def test_calibration_is_counted_in_bins_that_hold_something():
    bins = calibration([0.95, 1.0, 0.05, 0.1], [True, False, False, True])

    assert bins == (
        Bin(1, 0.05, 0.0),
        Bin(1, 0.1, 1.0),
        Bin(2, 0.975, 0.5),
    )
    assert calibration_error(bins) == pytest.approx((0.05 + 0.9 + 2 * 0.475) / 4)


@pytest.mark.parametrize(
    ("one_way", "other_way", "p_value"),
    [
        (0, 0, 1.0),
        (1, 1, 1.0),
        (1, 0, 1.0),
        (5, 0, 2 / 32),
        (0, 6, 2 / 64),
        (8, 1, 2 * 10 / 512),
    ],
)
def test_mcnemar_is_the_exact_binomial_test(one_way, other_way, p_value):
    assert mcnemar(one_way, other_way) == pytest.approx(p_value)


def test_an_interval_is_the_same_every_time_and_wider_for_less():
    def coin(at):
        return float((at % 2).mean())

    few, many = interval(coin, 20), interval(coin, 2_000)

    assert few == interval(coin, 20)
    assert few.high - few.low > 5 * (many.high - many.low)
    assert interval(lambda _: None, 5) is None
    assert interval(lambda _: 1.0, 5) == Interval(1.0, 1.0)


def test_small_ones():
    assert share([]) == 1.0
    assert share([True, False]) == 0.5
    assert harmonic(0.0, 0.0) == 0.0
    assert harmonic(1.0, 0.5) == pytest.approx(2 / 3)
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([3.0, 1.0, 2.0], 1.0) == 3.0
