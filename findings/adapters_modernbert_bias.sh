#!/bin/sh
# adapters 1.3.0, transformers 4.57.6: `adapters.init` on a ModernBERT changes what it computes before any adapter is added. Its matrix for queries, keys
# and values has no bias (attention_bias=False, as in ModernBERT and mmBERT); `LoRAMergedLinear.wrap` makes a new module with one and keeps that at its
# random start, so that it differs from process to process. Also: the norm that adapters after attention are given is the last layer's in every
# layer (`ln_1_get_fn` in `init_bottleneck` closes over the loop's variable). Seen: a bias of shape [96], another hidden state, one norm for both layers.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet 'adapters==1.3.0' 'torch==2.13.0'
HF_HUB_OFFLINE=1 "$folder/env/bin/python" - <<'PYTHON'
import sys

import adapters
import torch
from transformers import ModernBertConfig, ModernBertModel

torch.manual_seed(0)
config = ModernBertConfig(
    vocab_size=65, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48, pad_token_id=0, bos_token_id=1,
    eos_token_id=2, reference_compile=False,
)
model = ModernBertModel(config).eval()
ids = torch.arange(5, 15)[None]
with torch.no_grad():
    before = model(ids).last_hidden_state
    had = model.layers[0].attn.Wqkv.bias
    adapters.init(model)
    after = model(ids).last_hidden_state
    has = model.layers[0].attn.Wqkv.bias
(hook,) = [hook for hook in model.layers[0].attn.Wo._forward_hooks.values()]
norms = hook.args[1]()
seen = (had is None, has is not None and list(has.shape), bool((after - before).abs().max() > 1e-3), norms is model.layers[1].mlp_norm)
print(f"adapters {adapters.__version__}, torch {torch.__version__}: no bias before, bias after, changed, last layer's norm in the first: {seen}")
expected = (True, [96], True, True)
sys.exit(0 if seen == expected else f"no longer so: {expected} was expected")
PYTHON
