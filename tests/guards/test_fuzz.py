"""Files changed at random: no traceback, nothing outside, little memory and time.

ADAPTSTILTS_FUZZ says how many; 2,000 take some minutes.
"""

import json
import os
import subprocess
import sys

from tests.conftest import REPOSITORY


def test_whatever_is_changed_is_taken_or_refused():
    count = os.environ.get("ADAPTSTILTS_FUZZ", "150")
    done = subprocess.run(
        [sys.executable, "-m", "tests.guards.fuzz", count], capture_output=True, text=True, cwd=REPOSITORY, check=True
    )
    told = json.loads(done.stdout)
    assert told["faults"] == [] and told["cases"] == int(count)
    kinds = {name.split()[0] for name in told["counts"]}
    assert kinds == {"record", "archive", "card", "config", "data"} and told["peak_mb"] < 500
