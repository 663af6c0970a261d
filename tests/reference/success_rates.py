"""Writes the reference that `lore_core::stats` is held to: crates/lore_core/tests/fixtures/statistics.json.

    python tests/reference/success_rates.py        (numpy, scipy, statsmodels)
"""

import json
import pathlib

import numpy as np
from scipy import optimize, stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

OUT = pathlib.Path(__file__).resolve().parents[2] / "crates/lore_core/tests/fixtures/statistics.json"
RANDOM = np.random.default_rng(2025)


def wilson():
    cases = [(54, 61), (0, 10), (10, 10), (1, 3), (30, 60), (171, 180)]
    return [[[s, n], list(proportion_confint(s, n, method="wilson"))] for s, n in cases]


def newcombe():
    cases = [(56, 70, 48, 80), (9, 10, 3, 10), (10, 10, 0, 10), (5, 60, 4, 61), (54, 60, 41, 60)]
    return [
        [[a, n, b, m], list(confint_proportions_2indep(a, n, b, m, compare="diff", method="newcomb"))]
        for a, n, b, m in cases
    ]


def mcnemar():
    cases = [(10, 2), (5, 5), (0, 6), (1, 0), (40, 70), (0, 1)]
    return [[[b, c], stats.binomtest(min(b, c), b + c).pvalue] for b, c in cases]


def sign_flip():
    """SciPy's permutation test in its exact mode, on the sums of whole tasks."""
    cases = [[1, 1, -1, 1, 1, 1], [3, 2, -1, 1, 3, 0, 2], [-3, 3, 1], [2, 2, 2, -1, 3, 3, 1, -2, 3, 1]]
    answers = []
    for leads in cases:
        nonzero = np.array([lead for lead in leads if lead != 0], dtype=float)
        result = stats.permutation_test(
            (nonzero,), np.sum, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
        )
        signs = np.array(np.meshgrid(*[[-1, 1]] * len(nonzero))).reshape(len(nonzero), -1).T
        totals = signs @ nonzero
        enumerated = np.mean(np.abs(totals) >= abs(nonzero.sum()) - 1e-9)
        assert abs(result.pvalue - enumerated) < 1e-9, (leads, result.pvalue, enumerated)
        answers.append([leads, float(enumerated)])
    return answers


def holm():
    cases = [[0.01, 0.04, 0.03, 0.005], [0.2, 0.9], [0.001], [0.02, 0.02, 0.02], [1.0, 0.0, 0.5]]
    return [[p, multipletests(p, method="holm")[1].tolist()] for p in cases]


def pooled_case(clusters):
    """Wilson's interval at the number of plays over the design effect: the cluster-robust variance of the
    mean over that of independent plays."""
    outcomes = np.concatenate([[1.0] * s + [0.0] * (n - s) for s, n in clusters])
    groups = np.concatenate([[i] * n for i, (_, n) in enumerate(clusters)])
    model = OLS(outcomes, np.ones_like(outcomes))
    settings = {"groups": groups, "use_correction": False}
    clustered = model.fit(cov_type="cluster", cov_kwds=settings).cov_params()[0, 0]
    independent = model.fit(cov_type="HC0").cov_params()[0, 0]
    effective = len(outcomes) / max(1.0, clustered / independent)
    return list(proportion_confint(outcomes.mean() * effective, effective, method="wilson"))


def pooled():
    cases = [
        [[3, 3], [0, 3], [2, 3], [3, 3], [1, 3]],
        [[1, 1], [0, 1], [1, 1], [1, 1], [0, 1], [1, 1]],
        [[3, 3], [3, 3], [0, 3], [0, 2], [1, 2], [3, 3], [0, 3], [2, 3]],
        [[1, 3], [2, 3], [1, 3], [2, 3]],
    ]
    return [[case, pooled_case(case)] for case in cases]


def bootstrap_case(tasks):
    n, only_a, only_b = np.array(tasks, dtype=float).T

    def difference(lead, plays, axis=-1):
        return lead.sum(axis=axis) / plays.sum(axis=axis)

    result = stats.bootstrap(
        (only_b - only_a, n),
        difference,
        paired=True,
        n_resamples=200_000,
        method="percentile",
        batch=5_000,
        rng=RANDOM,
    )
    interval = result.confidence_interval
    return [float(difference(only_b - only_a, n)), float(interval.low), float(interval.high)]


def bootstrap():
    three_seeds = [[3, int(a), int(b)] for a, b in zip(RANDOM.integers(0, 2, 60), RANDOM.integers(0, 3, 60))]
    one_seed = [[1, 0, 1]] * 17 + [[1, 1, 0]] * 6 + [[1, 0, 0]] * 37
    uneven = [[2, 0, 2], [3, 1, 0], [1, 0, 1], [3, 0, 2], [2, 1, 1], [3, 0, 0]] * 8
    return [[case, bootstrap_case(case)] for case in (three_seeds, one_seed, uneven)]


def detectable_case(n, discordant):
    """The root of Miettinen's formula for power 0.8 at a two-sided 5 %."""
    alpha, power = stats.norm.ppf(0.975), stats.norm.ppf(0.8)

    def margin(d):
        return d * np.sqrt(n) - alpha * np.sqrt(discordant) - power * np.sqrt(max(0.0, discordant - d * d))

    if margin(discordant) < 0:
        return None
    return optimize.brentq(margin, 0.0, discordant, xtol=1e-14)


def detectable():
    cases = [(60, 0.2), (60, 0.5), (180, 0.3), (134, 0.1), (20, 0.1), (1000, 0.25)]
    return [[[n, d], detectable_case(n, d)] for n, d in cases]


def main():
    parts = [wilson, newcombe, mcnemar, sign_flip, holm, pooled, bootstrap, detectable]
    reference = {part.__name__: part() for part in parts}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(reference) + "\n")
    print(f"wrote {OUT.name}: {', '.join(f'{len(v)} {k}' for k, v in reference.items())}")


if __name__ == "__main__":
    main()
