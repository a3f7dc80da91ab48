"""Solutions of notebook 10: model selection."""

# %% ex1
import numpy as np


def k_fold(n, k, seed):
    """A list of k pairs of arrays of numbers: (to train on, to validate on)."""
    if not 2 <= k <= n:
        raise ValueError(f"{n} samples are cut into 2 to {n} folds, not {k}")
    parts = np.array_split(np.random.default_rng(seed).permutation(n), k)
    return [(np.concatenate([*parts[:i], *parts[i + 1 :]]), part) for i, part in enumerate(parts)]


# %% ex2
import numpy as np


def bias_and_variance(predictions, truth):
    """(bias squared, variance), two floats."""
    mean = predictions.mean(0)
    return ((mean - truth) ** 2).mean(), ((predictions - mean) ** 2).mean()


# %% ex3
import numpy as np


def bootstrap_interval(values, statistic, rounds, seed):
    """(low, high) of `statistic(values)`, which takes an array `(N,)` and gives a number."""
    random = np.random.default_rng(seed)
    found = [statistic(values[random.integers(0, len(values), len(values))]) for _ in range(rounds)]
    low, high = np.percentile(found, [2.5, 97.5])
    return low, high


# %% ex4
import numpy as np


def adaboost_round(weights, wrong):
    """(alpha, new weights); `(N,) of floats, (N,) of bools`."""
    error = weights[wrong].sum() / weights.sum()
    if error >= 0.5:
        raise ValueError(f"a member must be better than a coin; its weighted error is {error:.3f}")
    alpha = np.log((1 - error) / error) / 2
    heavier = weights * np.exp(2 * alpha * wrong)
    return alpha, heavier / heavier.sum()


# %% ex5
def successive_halving(settings, score, least):
    """(the setting that is left, epochs spent)."""
    epochs, spent = least, 0
    while len(settings) > 1:
        scores = {setting: score(setting, epochs) for setting in settings}
        spent += epochs * len(settings)
        settings = sorted(settings, key=scores.get, reverse=True)[: max(1, len(settings) // 3)]
        epochs *= 3
    return settings[0], spent
