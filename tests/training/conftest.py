"""The tiny models of `tests/models` serve here too."""

import importlib.util
from pathlib import Path

_path = Path(__file__).resolve().parent.parent / "models" / "conftest.py"
_spec = importlib.util.spec_from_file_location("tiny_models", _path)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)

lab = _module.lab
