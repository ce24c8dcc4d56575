"""Who finds companies of the customers' kind: our similarity, TF-IDF neighbours, one-hot cosine, Gower's distance.

Of a public directory of start-ups, 50 companies of one subindustry are the customers, all others are ranked, and those
of the same subindustry are to come first; what says the industry is taken away before. All methods see the same rows
and fields. Ours is built as in production, with the other companies as reference population, and knows no more than
that; each of the others is run with 1, 5, 15 and 50 neighbours, and in each column given the best of them, which nobody
could choose beforehand. What is compared is the precision of the first ten and the area under the ROC curve, averaged
over the subindustries, with the standard error of that mean.

    python -m bench.bench_quality [--seeds 3] [--subindustries 100] [--by score] [--picture factors.svg]
"""

import argparse
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from winnow_contracts.similarity import Factor
from winnow_scoring.similarity.factors import FACTORS

from bench.quality import methods, startups
from bench.quality.picture import picture
from bench.quality.startups import Question

FIRST = 10
OURS = "Winnow"
CHANCE = "chance"

Measure = tuple[float, float]
"""Precision of the first ten, and area under the ROC curve."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one question."""

    question: Question
    measures: Mapping[tuple[str, int], Measure]
    """By method and number of neighbours."""
    factors: Mapping[Factor, tuple[float, float]]
    """Weight and separation in our model."""
    first: tuple[str, ...]
    """The subindustries of our first ten."""


def ask(question: Question, *, population: int, by: str) -> Result:
    """One question, answered by all methods."""
    directory = startups.read()
    candidates = question.candidates(directory)
    relevant = np.array([directory.kinds[place] == question.kind for place in candidates])
    model = methods.our_model(directory, question, population=population)
    rank = methods.scores if by == "score" else methods.raw_similarities
    found = rank(model, [directory.rows[place] for place in candidates])
    measures = {(OURS, 0): measured(found, relevant), (CHANCE, 0): (float(relevant.mean()), 0.5)}
    for name, likeness in methods.others().items():
        for count, values in methods.by_neighbours(likeness, candidates, question.customers).items():
            measures[name, count] = measured(values, relevant)
    first = tuple(directory.kinds[candidates[place]] for place in np.argsort(-found, kind="stable")[:FIRST])
    return Result(question, measures, methods.facts(model), first)


def measured(values: NDArray[np.float64], relevant: NDArray[np.bool_]) -> Measure:
    """Precision of the first ten and area under the ROC curve, where ties count half."""
    first = np.argsort(-values, kind="stable")[:FIRST]
    of, others = int(relevant.sum()), int((~relevant).sum())
    area = (rankdata(values)[relevant].sum() - of * (of + 1) / 2) / (of * others)
    return float(relevant[first].mean()), float(area)


def by_subindustry(results: Sequence[Result]) -> dict[tuple[str, int], NDArray[np.float64]]:
    """By method and number of neighbours: a row for each subindustry, the mean of its samples in each measure."""
    grouped: defaultdict[str, list[Result]] = defaultdict(list)
    for result in results:
        grouped[result.question.kind].append(result)
    return {
        key: np.array([np.mean([each.measures[key] for each in group], axis=0) for group in grouped.values()])
        for key in results[0].measures
    }


def standing(results: Sequence[Result]) -> dict[str, NDArray[np.float64]]:
    """By method, a row for each subindustry; in each measure with the number of neighbours that is best for it."""
    measures = by_subindustry(results)
    best: dict[str, NDArray[np.float64]] = {}
    for name in dict.fromkeys(name for name, _ in measures):
        runs = [table for (each, _), table in measures.items() if each == name]
        best[name] = np.stack(
            [max(runs, key=lambda run: run[:, column].mean())[:, column] for column in range(2)], axis=1
        )
    return best


def show_table(best: Mapping[str, NDArray[np.float64]]) -> None:
    print(f"| method | precision@{FIRST} | AUC |\n| --- | --- | --- |")
    for name, table in sorted(best.items(), key=lambda each: -each[1][:, 0].mean()):
        cells = [_with_error(table[:, column]) for column in range(2)]
        print(f"| {name} | {cells[0]} | {cells[1]} |")


def _with_error(values: NDArray[np.float64]) -> str:
    if len(values) < 2:
        return f"{values.mean():.3f}"
    return f"{values.mean():.3f} ± {values.std(ddof=1) / np.sqrt(len(values)):.3f}"


def show_subindustries(results: Sequence[Result]) -> None:
    best = standing(results)
    names = [name for name in best if name not in {OURS, CHANCE}]
    strongest = max(names, key=lambda name: float(best[name][:, 0].mean()))
    print(f"\nprecision@{FIRST} by subindustry: {OURS}, {strongest}, chance")
    for row, kind in enumerate(dict.fromkeys(result.question.kind for result in results)):
        print(f"  {kind}: {best[OURS][row, 0]:.2f}, {best[strongest][row, 0]:.2f}, {best[CHANCE][row, 0]:.3f}")


def show_confusion(results: Sequence[Result]) -> None:
    """Where our first ten are from, in per cent: by the kind of the customers, the first part of the subindustry."""
    shares: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    kinds = sorted({_kind(kind) for kind in startups.read().kinds if _kind(kind)})
    for result in results:
        row = shares[_kind(result.question.kind)]
        same = [kind == result.question.kind for kind in result.first]
        row["the same"].append(sum(same))
        for kind in kinds:
            row[kind].append(sum(_kind(each) == kind and not hit for each, hit in zip(result.first, same, strict=True)))
    print(f"\nOf the first {FIRST}, in per cent: the customers' subindustry, and other companies by industry\n")
    print(f"| customers | the same subindustry | {' | '.join(f'other {kind}' for kind in kinds)} |")
    print("| --- " * (len(kinds) + 2) + "|")
    for kind, row in shares.items():
        cells = [f"{100 * fmean(row[name]) / FIRST:.0f}" for name in ("the same", *kinds)]
        print(f"| {kind} | {' | '.join(cell if cell != '0' else '' for cell in cells)} |")


def _kind(subindustry: str) -> str:
    return subindustry.partition(" -> ")[0].removesuffix("Unspecified")


def show_factors(results: Sequence[Result], *, to: Path | None) -> None:
    weights = {factor: fmean(result.factors[factor][0] for result in results) for factor in FACTORS}
    separations = {factor: fmean(result.factors[factor][1] for result in results) for factor in FACTORS}
    print("\nfactors, mean weight and separation:")
    for factor in FACTORS:
        print(f"  {factor}: {weights[factor]:.3f}, {separations[factor]:.3f}")
    if to is not None:
        samples = len({result.question.kind for result in results})
        caption = f"Fitted to {startups.CUSTOMERS} customers of one subindustry, mean over {samples} subindustries"
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(picture(weights, separations, caption=caption), encoding="utf-8")


def main() -> None:
    """Ask all questions, print the tables, and how far ahead we are last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=3, help="samples of customers of each subindustry")
    parser.add_argument("--subindustries", type=int, default=100, help="at most, the first by name")
    parser.add_argument("--population", type=int, default=4_000, help="companies of the reference population, at most")
    parser.add_argument("--by", choices=["similarity", "score"], default="similarity", help="rank by raw or by score")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--picture", type=Path, help="write the picture of the factors here")
    arguments = parser.parse_args()
    questions = list(startups.read().questions(seeds=arguments.seeds))
    chosen = list(dict.fromkeys(question.kind for question in questions))[: arguments.subindustries]
    questions = [question for question in questions if question.kind in chosen]
    with ProcessPoolExecutor(arguments.processes) as pool:
        asked = partial(ask, population=arguments.population, by=arguments.by)
        results = list(pool.map(asked, questions))
    print(
        f"{len(startups.read().rows):,} companies, {len(chosen)} subindustries, {arguments.seeds} samples of "
        f"{startups.CUSTOMERS} customers each\n"
    )
    best = standing(results)
    show_table(best)
    show_subindustries(results)
    show_confusion(results)
    show_factors(results, to=arguments.picture)
    ours = best.pop(OURS)
    first, second = (max(best.values(), key=lambda table: float(table[:, column].mean())) for column in range(2))
    ahead = _with_error(ours[:, 0] - first[:, 0]), _with_error(ours[:, 1] - second[:, 1])
    print(f"\nahead of the best other, subindustry by subindustry: precision {ahead[0]}, AUC {ahead[1]}")
    means = ours[:, 0].mean(), first[:, 0].mean(), ours[:, 1].mean(), second[:, 1].mean()
    print(
        f"precision@{FIRST} {means[0]:.3f} against {means[1]:.3f}, {means[0] / means[1]:.2f} times "
        f"(goal: ahead of each, at least .30); AUC {means[2]:.3f} against {means[3]:.3f}"
    )


if __name__ == "__main__":
    main()
