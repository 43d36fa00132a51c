#!/bin/sh
# adapters 1.3.0, transformers 4.57.6: prefix tuning on DistilBERT gives an input another output when an input beside it is padded. With the default
# attention (sdpa) the mask is a number that is added to scores, and there is none where nothing is padded; the prefix gets ones of a 0/1 mask all the
# same, that is, one more on each of its scores. With attn_implementation="eager" it is right. Seen: alone and beside a longer input differ; eager does not.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet 'adapters==1.3.0' 'torch==2.13.0'
HF_HUB_OFFLINE=1 "$folder/env/bin/python" - <<'PYTHON'
import sys

import adapters
import torch
from transformers import DistilBertConfig, DistilBertModel


def apart(attention):
    torch.manual_seed(0)
    config = DistilBertConfig(vocab_size=65, dim=32, n_layers=2, n_heads=2, hidden_dim=48, initializer_range=0.3)
    config._attn_implementation = attention
    model = DistilBertModel(config).eval()
    adapters.init(model)
    model.add_adapter("prefix", config="prefix_tuning")
    model.set_active_adapters("prefix")
    short, long = torch.arange(5, 10)[None], torch.arange(20, 30)[None]
    both = torch.cat([torch.nn.functional.pad(short, (0, 5)), long])
    mask = torch.tensor([[1] * 5 + [0] * 5, [1] * 10])
    with torch.no_grad():
        alone = model(short, attention_mask=torch.ones_like(short)).last_hidden_state[0]
        beside = model(both, attention_mask=mask).last_hidden_state[0, :5]
    return (alone - beside).abs().max().item()


found = {attention: apart(attention) for attention in ("sdpa", "eager")}
print(f"adapters {adapters.__version__}: largest difference {found}")
sys.exit(0 if found["sdpa"] > 1e-3 > 1e-5 > found["eager"] else "no longer so: a difference with sdpa and none with eager was expected")
PYTHON
