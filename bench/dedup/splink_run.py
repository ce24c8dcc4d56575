"""Splink on one file, in an environment of its own: reads rows, trains, predicts, clusters, and says what it took.

Set up as its documentation does for persons: comparisons of its library with term frequencies where values are of
different frequency, u by random sampling, m by expectation maximisation over two blocking rules, the probability that
two random rows match by deterministic rules. Texts are cleaned before (trimmed, in lower case, without accents, company
names without a legal form), as it advises. Only what the measured engine does, too, is timed: reading, training,
predicting and one clustering. Clusters at further thresholds, from which the best is chosen on the truth, are made
after the clock has stopped.

    python splink_run.py rows.parquet folder [small]
"""

import json
import sys
import time
from pathlib import Path

import duckdb
import splink.comparison_library as cl
from pyarrow import parquet
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

AT = 0.9
THRESHOLDS = [0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.99, 0.995, 0.999, 0.9999, 0.99999]

_CLEAN = "nullif(trim(regexp_replace(strip_accents(lower({0})), '[^a-z0-9@.+ -]', '', 'g')), '')"
_COMPANY = (
    "nullif(trim(regexp_replace("
    + _CLEAN
    + ", '( (inc|llc|ltd|gmbh|ag|corp|s.a|b.v|limited|group|co)[.]*)+$', '')), '')"
)

_DIGITS = "nullif(regexp_replace({0}, '[^0-9]', '', 'g'), '')"
_DATE = "regexp_replace({0}, '^([0-9]{{4}})([0-9]{{2}})([0-9]{{2}})$', '\\1-\\2-\\3')"
CLEANING = {"company": _COMPANY, "phone": _DIGITS, "date_of_birth": _DATE}

COMPARISONS = {
    "first_name": lambda: cl.NameComparison("first_name").configure(term_frequency_adjustments=True),
    "last_name": lambda: cl.NameComparison("last_name").configure(term_frequency_adjustments=True),
    "email": lambda: cl.EmailComparison("email").configure(term_frequency_adjustments=True),
    "phone": lambda: cl.DamerauLevenshteinAtThresholds("phone", [1, 2]).configure(term_frequency_adjustments=True),
    "company": lambda: cl.JaroWinklerAtThresholds("company", [0.92, 0.8]).configure(term_frequency_adjustments=True),
    "domain": lambda: cl.ExactMatch("domain").configure(term_frequency_adjustments=True),
    "linkedin": lambda: cl.ExactMatch("linkedin"),
    "date_of_birth": lambda: cl.DateOfBirthComparison("date_of_birth", input_is_string=True),
    "national_id": lambda: cl.DamerauLevenshteinAtThresholds("national_id", [1, 2]),
    "street": lambda: cl.JaroWinklerAtThresholds("street", [0.95, 0.88]).configure(term_frequency_adjustments=True),
    "city": lambda: cl.JaroWinklerAtThresholds("city", [0.92]).configure(term_frequency_adjustments=True),
    "postcode": lambda: cl.DamerauLevenshteinAtThresholds("postcode", [1]).configure(term_frequency_adjustments=True),
    "region": lambda: cl.ExactMatch("region").configure(term_frequency_adjustments=True),
}
BLOCKS = [
    ["email"],
    ["phone"],
    ["linkedin"],
    ["national_id"],
    ["first_name", "last_name"],
    ["last_name", "company"],
    ["last_name", "domain"],
    ["first_name", "domain"],
    ["last_name", "city"],
    ["last_name", "date_of_birth"],
    ["first_name", "date_of_birth"],
    ["last_name", "street"],
    ["first_name", "street"],
    ["date_of_birth", "postcode"],
]
SMALL_BLOCKS = [
    [name] for name in ("email", "phone", "national_id", "date_of_birth", "first_name", "last_name", "street")
]
SMALL_BLOCKS += [["company"], ["postcode"]]
"""Of a few thousand rows: everybody who shares anything of some weight."""
DETERMINISTIC = [
    ["email", "last_name"],
    ["national_id", "last_name"],
    ["phone", "first_name", "last_name"],
    ["first_name", "last_name", "date_of_birth"],
    ["linkedin"],
    ["first_name", "last_name", "domain"],
    ["phone", "company"],
]
DETERMINISTIC_OF_BUSINESSES = [["phone"], ["company", "city"]]
TRAINING = [["first_name", "last_name"], ["email"], ["date_of_birth"], ["phone"], ["company"], ["city"], ["street"]]


def main() -> None:
    source, folder, small = sys.argv[1], Path(sys.argv[2]), "small" in sys.argv[3:]
    started = time.perf_counter()
    connection = duckdb.connect()
    connection.execute("set threads = 2")
    filled = _cleaned(connection, source)
    rows = DuckDBAPI(connection)
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[COMPARISONS[name]() for name in COMPARISONS if name in filled],
        blocking_rules_to_generate_predictions=[
            block_on(*names) for names in (SMALL_BLOCKS if small else BLOCKS) if filled.issuperset(names)
        ],
        max_iterations=10,
    )
    linker = Linker(rows.register(connection.table("cleaned"), dataset_display_name="rows"), settings, log_level=None)
    _train(linker, filled)
    trained = time.perf_counter()
    found = linker.inference.predict(threshold_match_probability=THRESHOLDS[0])
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(found, AT)
    clusters.to_parquet(str(folder / f"clusters_{AT}.parquet"), overwrite=True)
    ended = time.perf_counter()
    peak = _peak()
    found.to_parquet(str(folder / "pairs.parquet"), overwrite=True)
    for threshold in THRESHOLDS:
        again = linker.clustering.cluster_pairwise_predictions_at_threshold(found, threshold)
        again.to_parquet(str(folder / f"clusters_{threshold}.parquet"), overwrite=True)
    print(json.dumps({"seconds": ended - started, "training": trained - started, "peak": peak}))


def _cleaned(connection: duckdb.DuckDBPyConnection, source: str) -> set[str]:
    """Makes the table of cleaned rows; the fields that have any value."""
    names = [name for name in parquet.read_schema(source).names if name in COMPARISONS]
    columns = ", ".join(f"{CLEANING.get(name, _CLEAN).format(name)} as {name}" for name in names)
    connection.execute(f"create table cleaned as select row as unique_id, {columns} from read_parquet('{source}')")  # noqa: S608
    select = f"select {', '.join(f'count({name})' for name in names)} from cleaned"  # noqa: S608
    (counts,) = connection.execute(select).fetchall()
    return {name for name, count in zip(names, counts, strict=True) if count}


def _train(linker: Linker, filled: set[str]) -> None:
    rules = DETERMINISTIC if "last_name" in filled else DETERMINISTIC_OF_BUSINESSES
    deterministic = [block_on(*names) for names in rules if filled.issuperset(names)]
    linker.training.estimate_probability_two_random_records_match(deterministic, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for names in [names for names in TRAINING if filled.issuperset(names)][:3]:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*names))


def _peak() -> int:
    """Bytes; what getrusage says of a program that was started includes what its parent had."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


if __name__ == "__main__":
    main()
