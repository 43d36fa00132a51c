"""Tests run offline: any connection that would leave this machine fails, here and in the processes the tests start."""

import importlib.util
import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

REPOSITORY = Path(__file__).resolve().parent.parent
HUB = REPOSITORY.parent / "shared" / "hub"
OFFLINE = Path(__file__).parent / "offline"

os.environ.update(
    HF_HUB_OFFLINE="1", HF_UPDATE_DOWNLOAD_COUNTS="0", HF_HUB_DISABLE_TELEMETRY="1", TOKENIZERS_PARALLELISM="false"
)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(OFFLINE), str(REPOSITORY), os.environ.get("PYTHONPATH")]))

for asked, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(asked) is signal.SIG_IGN:
        signal.signal(
            asked, usual
        )  # a run in the background is started without them, and so would be all that tests start

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")  # a busy machine is no failure

if str(REPOSITORY) not in sys.path:
    sys.path.insert(0, str(REPOSITORY))  # for `tests.loopback`

_spec = importlib.util.spec_from_file_location("offline_here", OFFLINE / "sitecustomize.py")
_spec.loader.exec_module(importlib.util.module_from_spec(_spec))


@pytest.fixture(scope="session")
def hub() -> Path:
    """Real rows in the Hub's layout, and XLM-R's tokenizer; they are not part of the project."""
    if not HUB.is_dir():
        pytest.skip(f"no sample of Hub data at {HUB}")
    return HUB
