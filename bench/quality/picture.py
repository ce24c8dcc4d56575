"""The factors as a picture: how much each weighs, and how well it tells customers from other companies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from winnow_contracts.similarity import Factor
from winnow_scoring.similarity.factors import DEFAULT_WEIGHTS, FACTORS, NAMES

INK, QUIET, LINE = "#1f2933", "#616e7c", "#d9dee4"
WEIGHT, SEPARATION = "#2f6f9f", "#c8743a"
FONT = "font-family='Helvetica, Arial, sans-serif'"

ROW, TOP, LABELS = 34, 84, 150
PANEL, GAP = 270, 46
BAR = 16
NO_DIFFERENCE = 0.5


@dataclass(frozen=True, slots=True)
class Panel:
    """A column of bars from `least` to `most`."""

    title: str
    about: str
    colour: str
    left: int
    least: float
    most: float

    def x(self, value: float) -> float:
        """Where a value is."""
        share = (min(max(value, self.least), self.most) - self.least) / (self.most - self.least)
        return round(self.left + share * PANEL, 1)


def picture(weights: Mapping[Factor, float], separations: Mapping[Factor, float], *, caption: str) -> str:
    """An SVG of the factors that weigh anything, the weightiest first."""
    shown = sorted((factor for factor in FACTORS if weights[factor] > 0), key=lambda factor: -weights[factor])
    highest = max([*weights.values(), *DEFAULT_WEIGHTS.values()])
    panels = (
        Panel("Weight", "mark: before fitting", WEIGHT, LABELS, 0.0, _rounded_up(highest)),
        Panel("Separation", ".5 says nothing, 1 everything", SEPARATION, LABELS + PANEL + GAP, NO_DIFFERENCE, 1.0),
    )
    width, height = LABELS + 2 * PANEL + GAP + 50, TOP + ROW * len(shown) + 30
    size = f"viewBox='0 0 {width} {height}' width='{width}' height='{height}'"
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' {size} role='img' aria-label='Weight and separation by factor'>",
        f"<rect width='{width}' height='{height}' fill='#ffffff'/>",
        _text(16, 26, caption, size=13, colour=QUIET),
    ]
    for panel in panels:
        parts += _frame(panel, rows=len(shown))
    for row, factor in enumerate(shown):
        y = TOP + ROW * row
        parts.append(_text(LABELS - 14, y + 21, NAMES[factor].capitalize(), anchor="end"))
        mark = panels[0].x(_default(factor, shown))
        parts += _bar(panels[0], y, weights[factor], clear_of=mark)
        parts += _bar(panels[1], y, separations[factor])
        parts.append(f"<path d='M{mark} {y + 5}V{y + 29}' stroke='{INK}' stroke-width='2'/>")
    return "\n".join([*parts, "</svg>", ""])


def _default(factor: Factor, shown: Sequence[Factor]) -> float:
    """The default weight among the factors that customers have."""
    return DEFAULT_WEIGHTS[factor] / sum(DEFAULT_WEIGHTS[each] for each in shown)


def _frame(panel: Panel, *, rows: int) -> list[str]:
    bottom = TOP + ROW * rows
    parts = [
        _text(panel.left, 56, panel.title, weight="bold"),
        _text(panel.left + PANEL, 56, panel.about, size=12, colour=QUIET, anchor="end"),
    ]
    for step in range(round(10 * (panel.most - panel.least)) + 1):
        value = panel.least + step / 10
        x = panel.x(value)
        parts.append(f"<path d='M{x} {TOP - 8}V{bottom}' stroke='{LINE}'/>")
        parts.append(_text(x, bottom + 18, f"{value:.2g}", size=11, colour=QUIET, anchor="middle"))
    return parts


def _bar(panel: Panel, y: int, value: float, *, clear_of: float = 0) -> list[str]:
    """A bar with its value behind it, and behind a mark that would stand in the way."""
    end = panel.x(value)
    behind = max(end, clear_of) + 5
    top = y + (ROW - BAR) / 2
    length = max(1, round(end - panel.left, 1))
    return [
        f"<rect x='{panel.left}' y='{top}' width='{length}' height='{BAR}' rx='2' fill='{panel.colour}'/>",
        f"<rect x='{behind}' y='{top}' width='32' height='{BAR}' fill='#ffffff' opacity='.85'/>",
        _text(behind + 3, y + 21, f"{value:.2f}", size=12, colour=QUIET),
    ]


def _text(
    x: float, y: float, text: str, *, size: int = 14, colour: str = INK, anchor: str = "start", weight: str = "normal"
) -> str:
    return (
        f"<text x='{x}' y='{y}' {FONT} font-size='{size}' font-weight='{weight}' fill='{colour}' "
        f"text-anchor='{anchor}'>{text}</text>"
    )


def _rounded_up(value: float) -> float:
    """To the next tenth."""
    return (int(value * 10) + 1) / 10
