"""How `peft_lora.json` was made: what PEFT (0.21) saves of LoRAs on a tiny encoder, and what the encoder says with each.

Run it where PEFT is installed: `python -m tests.models.peft_lora > tests/models/peft_lora.json`.
"""

import json
import sys
import tempfile
from pathlib import Path

import torch
from transformers import XLMRobertaConfig

CONFIG = XLMRobertaConfig(
    vocab_size=40, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, max_position_embeddings=32,
    type_vocab_size=1, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
)  # fmt: skip
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
}


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
    from transformers import XLMRobertaModel

    found = []
    for name, settings in CASES.items():
        model = XLMRobertaModel(CONFIG, add_pooling_layer=False).eval()
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
