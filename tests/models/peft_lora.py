"""How `peft_lora.json` was made: what PEFT (0.21) saves of LoRAs on a tiny encoder, and what the encoder says with each.

Run it where PEFT is installed: `python -m tests.models.peft_lora > tests/models/peft_lora.json`. What is in the file already stays;
cases that are new are added.
"""

import json
import sys
import tempfile
from pathlib import Path

import torch
from transformers import DebertaV2Config, DistilBertConfig, ModernBertConfig, XLMRobertaConfig

CONFIG = XLMRobertaConfig(
    vocab_size=40, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, max_position_embeddings=32,
    type_vocab_size=1, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
)  # fmt: skip
SIZES = {
    "vocab_size": 40,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "pad_token_id": 1,
}
CONFIGS = {
    "xlm-roberta": CONFIG,
    "distilbert": DistilBertConfig(
        vocab_size=40, dim=16, n_layers=2, n_heads=2, hidden_dim=24, max_position_embeddings=32, pad_token_id=1
    ),
    "modernbert": ModernBertConfig(**SIZES, local_attention=4, attention_bias=True, reference_compile=False),
    "deberta-v2": DebertaV2Config(
        **SIZES, max_position_embeddings=32, relative_attention=True, pos_att_type="p2c|c2p", share_att_key=True, position_buckets=4
    ),
}  # fmt: skip
IDS = torch.tensor([[0, 5, 9, 31, 7, 2], [0, 11, 12, 2, 1, 1]])
CASES = {
    "query and value": {"r": 2, "lora_alpha": 6, "target_modules": ["query", "value"]},
    "all that can be": {
        "r": 3,
        "lora_alpha": 4,
        "target_modules": r".*(query|key|value|intermediate\.dense|\d\.output\.dense)",
    },
    "rank-stabilised, one layer": {
        "r": 4,
        "lora_alpha": 2,
        "use_rslora": True,
        "target_modules": ["key", "value"],
        "layers_to_transform": [1],
    },
    "distilbert, queries and values": {"r": 2, "lora_alpha": 6, "target_modules": ["q_lin", "v_lin"]},
    "distilbert, all that can be": {
        "r": 2,
        "lora_alpha": 3,
        "target_modules": ["q_lin", "k_lin", "v_lin", "lin1", "lin2"],
    },
    "modernbert, one matrix of attention": {"r": 2, "lora_alpha": 6, "target_modules": ["Wqkv"]},
    "modernbert, all that can be": {"r": 2, "lora_alpha": 3, "target_modules": r".*(Wqkv|Wi|mlp\.Wo)"},
    "deberta-v2, queries and values": {"r": 2, "lora_alpha": 6, "target_modules": ["query_proj", "value_proj"]},
}
"""By name; an encoder's before a comma, XLM-R where there is none."""


def encoder_of(case):
    return case.partition(",")[0] if case.partition(",")[0] in CONFIGS else "xlm-roberta"


def fill(model):
    """Weights that are a function of their names alone."""
    for name, parameter in sorted(model.named_parameters()):
        if "lora" not in name:
            steps = torch.arange(parameter.numel(), dtype=torch.float64) * (1 + len(name) % 7)
            with torch.no_grad():
                parameter.copy_((0.4 * torch.sin(steps)).reshape(parameter.shape))


def main():
    from peft import LoraConfig, get_peft_model
    from safetensors.torch import load_file
    from transformers import AutoModel

    found = json.loads(Path(__file__).with_suffix(".json").read_text())
    for name, settings in CASES.items():
        if any(case["name"] == name for case in found):
            continue
        model = AutoModel.from_config(CONFIGS[encoder_of(name)]).eval()
        model.pooler = None
        fill(model)
        tuned = get_peft_model(model, LoraConfig(**settings))
        torch.manual_seed(7)
        for key, parameter in tuned.named_parameters():
            if "lora_" in key:
                parameter.data = torch.randn_like(parameter).mul(0.3).mul(1000).round().div(1000)
        with tempfile.TemporaryDirectory() as folder, torch.no_grad():
            tuned.save_pretrained(folder)
            config = json.loads((Path(folder) / "adapter_config.json").read_text())
            tensors = {
                key: value.tolist() for key, value in load_file(Path(folder) / "adapter_model.safetensors").items()
            }
            said = tuned(IDS, attention_mask=(IDS != 1).long()).last_hidden_state
        found.append({"name": name, "config": config, "tensors": tensors, "said": said.tolist()})
    rounded = json.loads(json.dumps(found), parse_float=lambda text: round(float(text), 6))
    sys.stdout.write(json.dumps(rounded, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
