"""How `peft_merges.json` was made: PEFT's own functions (peft 0.21) on random task vectors.

Run it where PEFT is installed: `python peft_merges.py > peft_merges.json`. Whole vectors are given to PEFT as one tensor each,
so that its trimming is over the whole vector, as in the paper.
"""

import json
import sys

import torch
from peft.utils.merge_utils import dare_linear, task_arithmetic, ties

cases = []
for k in (1, 2, 3, 9):
    torch.manual_seed(k)
    vectors = torch.randn(k, 60).round(decimals=4)
    ones = torch.ones(k)
    found = {
        "arithmetic": task_arithmetic(list(vectors), 0.4 * ones),
        "ties": ties(list(vectors), ones, density=0.2),
    }
    torch.manual_seed(100 + k)
    found["dare"] = dare_linear(list(vectors), ones / k, density=0.5)
    torch.manual_seed(100 + k)
    kept = torch.stack([torch.bernoulli(torch.full_like(vector, 0.5)) for vector in vectors])
    for name, merged in found.items():
        case = {"name": f"{name}-{k}", "vectors": vectors.tolist(), "merged": merged.tolist()}
        cases.append({**case, "kept": kept.int().tolist()} if name == "dare" else case)
rounded = json.loads(json.dumps(cases), parse_float=lambda text: round(float(text), 7))
sys.stdout.write(json.dumps(rounded, separators=(",", ":")) + "\n")
