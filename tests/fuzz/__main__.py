"""Fuzz a reader, guided by coverage: `python -m tests.fuzz json --seconds 60`. It needs the extra `fuzz`.

The seeds are in tests/fuzz/corpus/TARGET. New inputs go to build/fuzz/TARGET, where the next run continues. An input
that fails is stored there as crash-...; add it to the corpus together with the fix.
"""

import argparse
import sys
from pathlib import Path

import atheris

READERS = [f"hostsdb.{name}" for name in ("errors", "formats", "names", "url")]
with atheris.instrument_imports(include=READERS):
    from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60, help="duration of the run")
    given = parser.parse_args()
    found = Path("build", "fuzz", given.target)
    found.mkdir(parents=True, exist_ok=True)
    limits = [f"-max_total_time={given.seconds}", "-timeout=10", "-rss_limit_mb=1024", "-max_len=4096"]
    options = [*limits, f"-artifact_prefix={found}/", "-print_final_stats=1", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *options, str(found), str(CORPUS / given.target)], TARGETS[given.target])
    atheris.Fuzz()


main()
