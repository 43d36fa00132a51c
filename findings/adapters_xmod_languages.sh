#!/bin/sh
# adapters 1.3.0, transformers 4.57.6: `adapters.init` on an X-MOD takes the bottlenecks of its languages out of every layer ("Delete original adapter
# modules" in XmodModelAdaptersMixin) without a word, so that the model computes another function, the same for all languages, until adapters with
# their weights are loaded from elsewhere; `lang_ids` is refused from then on. Seen: fewer parameters, another hidden state.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet 'adapters==1.3.0' 'torch==2.13.0'
HF_HUB_OFFLINE=1 "$folder/env/bin/python" - <<'PYTHON'
import sys

import adapters
import torch
from transformers import XmodConfig, XmodModel

torch.manual_seed(0)
config = XmodConfig(
    vocab_size=65, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48, max_position_embeddings=66,
    languages=["en_XX", "de_DE"], default_language="en_XX", initializer_range=0.3, ln_before_adapter=True, adapter_reuse_layer_norm=True,
)
model = XmodModel(config).eval()
ids, mask = torch.arange(5, 15)[None], torch.ones(1, 10, dtype=torch.long)
with torch.no_grad():
    before, size = model(ids, attention_mask=mask).last_hidden_state, sum(p.numel() for p in model.parameters())
    adapters.init(model)
    after, left = model(ids, attention_mask=mask).last_hidden_state, sum(p.numel() for p in model.parameters())
seen = (left < size, bool((after - before).abs().max() > 1e-3))
print(f"adapters {adapters.__version__}: fewer parameters ({size} and {left}), changed: {seen}")
sys.exit(0 if seen == (True, True) else "no longer so: (True, True) was expected")
PYTHON
