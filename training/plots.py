"""Plots of a scored model, written as PNG files: what a figure in a table does not show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from training.metrics import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_POINTS, MOST_BARS = 6_000, 20
INK, ACCENT, FAINT = "#1f3a5f", "#c8553d", "#9aa5b1"


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, dpi=120, metadata={"Software": None})


def predicted_against_actual(
    path: Path, label: Floats, predicted: Floats, groups: Sequence[str], unit: str
) -> None:
    """Scatter of prediction against label, coloured by group, with the line of equality."""
    figure, axes = _figure(6.5, 6)
    shown = _thin(len(label))
    _scatter(axes, label[shown], predicted[shown], np.asarray(groups)[shown])
    ends = [0.0, float(max(label.max(), predicted.max()))]
    axes.plot(ends, ends, color="black", linewidth=0.8, label="predicted = actual")
    axes.set(
        xlabel=f"actual, {unit}",
        ylabel=f"predicted, {unit}",
        title="Predicted against actual, test rows",
    )
    _legend(axes)
    _save(figure, path)


def residuals(
    path: Path, label: Floats, predicted: Floats, groups: Sequence[str], unit: str
) -> None:
    """Relative residual against prediction: bias and spread at every level."""
    figure, axes = _figure(8, 5)
    shown = _thin(len(label))
    relative = label / predicted - 1.0
    _scatter(axes, predicted[shown], relative[shown], np.asarray(groups)[shown])
    axes.axhline(0.0, color="black", linewidth=0.8)
    reach = float(np.quantile(np.abs(relative), 0.995)) * 1.2 + 1e-6
    axes.set_ylim(-reach, reach)
    axes.set(
        xlabel=f"predicted, {unit}",
        ylabel="actual / predicted - 1",
        title="Residuals of the test rows (0.5 % beyond the frame)",
    )
    _legend(axes)
    _save(figure, path)


def over_time(path: Path, times: Sequence[Any], label: Floats, predicted: Floats) -> None:
    """Bias and absolute error by month of the entity time: does the model age?"""
    figure, axes = _figure(8, 4.5)
    months = np.asarray(times, dtype="datetime64[M]")
    names = np.unique(months)
    relative = label / predicted - 1.0
    spread = [np.abs(relative[months == month]).mean() for month in names]
    bias = [relative[months == month].mean() for month in names]
    places = np.arange(len(names))
    axes.bar(places, spread, color=FAINT, label="mean |residual|")
    axes.plot(places, bias, color=ACCENT, marker=".", label="mean residual")
    axes.axhline(0.0, color=INK, linewidth=0.8)
    step = max(1, len(names) // 12)
    axes.set_xticks(places[::step], [str(name) for name in names[::step]], rotation=45)
    axes.set(
        xlabel="month of the request",
        ylabel="residual, share of the prediction",
        title="Residuals of the test rows by month",
    )
    _legend(axes)
    _save(figure, path)


def bars(path: Path, values: Mapping[str, float], title: str, label: str) -> None:
    """Horizontal bars, the greatest on top."""
    shown = sorted(values.items(), key=lambda item: item[1])[-MOST_BARS:]
    figure, axes = _figure(8, 1.2 + 0.28 * len(shown))
    axes.barh([name for name, _ in shown], [value for _, value in shown], color=INK)
    axes.set(xlabel=label, title=title)
    _save(figure, path)


def compare(path: Path, errors: Mapping[str, Mapping[str, float]], error: str) -> None:
    """Error of each estimator on each kind of rows, side by side.

    Args:
        path: where the file goes.
        errors: by estimator, by kind of rows.
        error: what it is, with its unit.
    """
    kinds = list(dict.fromkeys(kind for found in errors.values() for kind in found))
    figure, axes = _figure(1.5 + 2.2 * len(kinds), 4.5)
    width = 0.8 / max(1, len(errors))
    for number, (name, found) in enumerate(errors.items()):
        places = np.arange(len(kinds)) + number * width
        heights = [found.get(kind, np.nan) for kind in kinds]
        drawn = axes.bar(
            places, heights, width=width, label=name, color=(INK, ACCENT, FAINT)[number % 3]
        )
        axes.bar_label(drawn, fmt=lambda height: f"{height:.3g}", fontsize=8)
    axes.set_xticks(np.arange(len(kinds)) + 0.4 - width / 2, kinds)
    axes.set(ylabel=error, title="Error by kind of rows")
    _legend(axes)
    _save(figure, path)


def curves(path: Path, curves: Mapping[str, Sequence[float]], x: str, y: str) -> None:
    """Lines over 1, 2, 3, …, one an estimator."""
    figure, axes = _figure(7.5, 5)
    colours = (INK, ACCENT, "#3a8f6b", "#d9a441", "#7a5c9e", FAINT)
    for number, (name, values) in enumerate(curves.items()):
        steps = np.arange(1, len(values) + 1)
        axes.plot(steps, values, marker=".", label=name, color=colours[number % len(colours)])
    axes.set(xlabel=x, ylabel=y, title="Test rows", ylim=(0, None))
    _legend(axes)
    _save(figure, path)


def forecasts(path: Path, shown: Sequence[tuple[str, Floats, Floats]], x: str, unit: str) -> None:
    """Panels of a forecast's middle and interval beside what came.

    Args:
        path: the file.
        shown: title, label [steps] and quantiles [steps, 3] of each panel.
        x: what a step is.
        unit: of label and quantiles.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 2.6 * -(-len(shown) // 2)), layout="constrained")
    for number, (title, label, quantiles) in enumerate(shown, 1):
        axes = figure.add_subplot(-(-len(shown) // 2), 2, number)
        axes.spines[["top", "right"]].set_visible(False)
        steps = np.arange(1, len(label) + 1)
        low, middle, high = quantiles.T
        axes.fill_between(steps, low, high, color=ACCENT, alpha=0.2, label="P10 to P90")
        axes.plot(steps, middle, color=ACCENT, label="P50")
        axes.plot(steps, label, color=INK, marker=".", linestyle="none", label="actual")
        axes.set(title=title, xlabel=x, ylabel=unit, ylim=(0, None))
    if shown:
        _legend(figure.axes[0])
    _save(figure, path)


def _legend(axes: Axes) -> None:
    legend = axes.legend(frameon=False, markerscale=4)
    for handle in legend.legend_handles:
        # The points are faint because there are many; their key need not be.
        if handle is not None:
            handle.set_alpha(1.0)


def _thin(rows: int) -> Any:
    if rows <= MOST_POINTS:
        return slice(None)
    return np.random.default_rng(0).choice(rows, size=MOST_POINTS, replace=False)


def _scatter(axes: Axes, x: Floats, y: Floats, groups: Any) -> None:
    colours = (INK, ACCENT, "#3a8f6b", "#d9a441", "#7a5c9e", FAINT)
    for number, name in enumerate(np.unique(groups)):
        mine = groups == name
        colour = colours[number % len(colours)]
        axes.scatter(x[mine], y[mine], s=5, alpha=0.5, color=colour, linewidths=0, label=str(name))


def confusion(path: Path, label: Floats, answered: Floats, classes: Sequence[str]) -> None:
    """What was answered for the rows of each class, as shares of the class."""
    size = len(classes)
    counts = np.bincount((label * size + answered).astype(np.int64), minlength=size * size).reshape(
        size, size
    )
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = _figure(1.6 + 1.3 * size, 1.4 + 1.1 * size)
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    for row in range(size):
        for column in range(size):
            ink = "white" if shares[row, column] > 0.5 else "black"
            text = f"{shares[row, column]:.0%}\n{counts[row, column]:,}"
            axes.text(column, row, text, ha="center", va="center", color=ink)
    axes.set_xticks(range(size), classes)
    axes.set_yticks(range(size), classes)
    axes.set(xlabel="answered", ylabel="actual", title="Answers by class, test rows")
    _save(figure, path)


def reliability(path: Path, chance: Floats, right: NDArray[np.bool_], bins: int) -> None:
    """Share of right answers against the chance stated, by bins of equal width."""
    at = np.minimum((chance * bins).astype(np.int64), bins - 1)
    sizes = np.bincount(at, minlength=bins)
    some = sizes > 0
    stated = np.bincount(at, weights=chance, minlength=bins)[some] / sizes[some]
    found = np.bincount(at, weights=right, minlength=bins)[some] / sizes[some]
    figure, axes = _figure(6, 5.5)
    axes.plot([0, 1], [0, 1], color="black", linewidth=0.8, label="as stated")
    axes.plot(stated, found, marker="o", color=ACCENT, label="found")
    for x, y, rows in zip(stated, found, sizes[some], strict=True):
        axes.annotate(f"{rows:,}", (x, y), textcoords="offset points", xytext=(6, -10), fontsize=8)
    axes.set(
        xlabel="chance stated for the class answered",
        ylabel="share of right answers",
        title="Calibration, test rows",
        xlim=(0, 1),
        ylim=(0, 1),
    )
    _legend(axes)
    _save(figure, path)
