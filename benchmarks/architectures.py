"""Every architecture at equal size: training and inference of ours, of `adapters` on the same parameters, and of plain `transformers`.

    python benchmarks/architectures.py                            # two layers of 768, 8 rows of 64 tokens, nine fused adapters, CPU
    python benchmarks/architectures.py --only modernbert,xmod
    python benchmarks/architectures.py --device cuda --layers 12  # in bf16

Plain is `transformers`' own encoder, frozen, with one linear layer on its first token: a training step learns that layer alone. Ours and
`adapters` fuse k adapters under a target adapter and train fusion, target adapter and head; `k=0` is the target adapter alone, so that what
fusion adds is the difference. All encoders have the same width, depth and parameters in a layer, as nearly as their shapes let them.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import measuring
import torch
import transformers
from measuring import Pass, Setting, Step, assembly, fusion_over, goal, interleaved, ratio, uninstall
from torch.nn import functional as F

from adaptstilts.models.architectures import ARCHITECTURES
from adaptstilts.models.architectures.build import flex_model
from adaptstilts.models.assembly import Assembly
from adaptstilts.models.backbone import Backbone
from adaptstilts.models.door.config import ModelConfig

COUNT = 9
LANGUAGES = ("en_XX", "de_DE", "sw_KE")
OWN: Mapping[str, dict[str, Any]] = {
    "deberta-v2": {
        "relative_attention": True, "position_buckets": 256, "norm_rel_ebd": "layer_norm", "share_att_key": True,
        "pos_att_type": "p2c|c2p", "position_biased_input": False, "type_vocab_size": 0,
    },
    "xmod": {"languages": list(LANGUAGES), "ln_before_adapter": True, "adapter_reuse_layer_norm": True},
    "modernbert": {"bos_token_id": 2, "eos_token_id": 3},
}  # fmt: skip
"""What published configs set beside sizes."""


def config_of(name: str, how: Setting) -> ModelConfig:
    """An architecture at the setting's size; ModernBERT's third map takes from the width of the other two."""
    size = measuring.SIZES[how.size]
    known = ARCHITECTURES.get(name)
    inner = size.feedforward if name != "modernbert" else size.feedforward * 2 // 3
    names = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
    if name == "distilbert":
        names = ("vocab_size", "dim", "n_layers", "n_heads", "hidden_dim")
    tokens = 100 if how.size == "tiny" else 20_000
    fields = dict(zip(names, (tokens, size.hidden, how.layers, size.heads, inner), strict=True))
    fields |= {
        "max_position_embeddings": 514,
        "pad_token_id": 1 if known.positions_after_pad else 0,
        **OWN.get(name, {}),
    }
    if name == "electra":
        fields["embedding_size"] = size.hidden
    return ModelConfig(name, fields)


def backbone(config: ModelConfig, how: Setting) -> Backbone:
    """A random encoder, frozen."""
    torch.manual_seed(0)
    model = flex_model(config)
    getattr(model, config.architecture.encoder).pooler = None
    model.requires_grad_(False).eval().to(how.device)
    pad: Any = SimpleNamespace(pad_token_id=config.fields["pad_token_id"])
    shape = config.shape
    return Backbone(
        model, pad, {}, shape.width, shape.layers, config.model_type, 512, "random", languages=config.languages
    )


def made_for(bare: Backbone, how: Setting, k: int) -> Assembly:
    made = assembly(bare, how, fusion_over(k))
    if bare.languages:
        made.speak("en")
    return made


class Plain:
    """`transformers`' encoder with a linear layer on the first token."""

    def __init__(self, config: ModelConfig, how: Setting, like: Assembly) -> None:
        torch.manual_seed(0)
        described = getattr(transformers, config.architecture.config)(**config.fields)
        described.reference_compile = False
        self.encoder = transformers.AutoModel.from_config(described).requires_grad_(False).eval().to(how.device)
        self.head = torch.nn.Linear(config.shape.width, measuring.LABEL.outputs).to(how.device)
        self.how, self.batch = how, measuring.batch_of(like, how.rows, how.length)
        self.adamw = torch.optim.AdamW(self.head.parameters())

    def outputs(self) -> torch.Tensor:
        more = {} if self.batch.spoken is None else {"lang_ids": self.batch.spoken}
        with torch.autocast(self.how.device, torch.bfloat16, enabled=self.how.dtype == "bf16"):
            found = self.encoder(self.batch.ids, attention_mask=self.batch.mask.long(), **more).last_hidden_state
            return self.head(found[:, 0])

    def predict(self) -> None:
        with torch.inference_mode():
            self.outputs()

    def learn(self) -> None:
        loss = F.cross_entropy(self.outputs().float(), self.batch.targets)
        self.adamw.zero_grad(set_to_none=True)
        loss.backward()
        self.adamw.step()


def times(name: str, how: Setting) -> dict[str, Any]:
    """Seconds of a training step and of a pass without learning, by arm, all in turn."""
    config = config_of(name, how)
    bare = backbone(config, how)
    arms = {
        "k=0": made_for(bare, how, 0),
        "ours": made_for(bare, how, COUNT),
        "adapters": uninstall(made_for(bare, how, COUNT)),
    }
    plain = Plain(config, how, arms["k=0"])
    passes: dict[str, Callable[[], None]] = {arm: Pass(made, how) for arm, made in arms.items()}
    steps: dict[str, Callable[[], None]] = {arm: Step(made, how) for arm, made in arms.items()}
    found = {
        "inference": interleaved({"plain": plain.predict, **passes}, how),
        "train": interleaved({"plain": plain.learn, **steps}, how),
    }
    return {"parameters": config.shape.parameters, **found}


def fusion_alone(seconds: Mapping[str, list[float]]) -> float:
    """What fusion adds to the target adapter alone, `adapters`' against ours."""
    added = [[a - b for a, b in zip(seconds[arm], seconds["k=0"], strict=True)] for arm in ("adapters", "ours")]
    return statistics.median(added[0]) / max(1e-9, statistics.median(added[1]))


def show(name: str, found: Mapping[str, Any]) -> None:
    """Two lines an architecture: milliseconds of every arm, and ratios."""
    for what in ("train", "inference"):
        seconds = found[what]
        cells = " ".join(
            f"{1e3 * statistics.median(seconds[arm]):9.1f}" for arm in ("plain", "k=0", "ours", "adapters")
        )
        ratios = (
            ratio(seconds["adapters"], seconds["ours"]),
            fusion_alone(seconds),
            ratio(seconds["ours"], seconds["plain"]),
        )
        told = " ".join(f"{one:9.2f}" for one in ratios)
        print(f"{name:12} {what:10} {cells} {told}")


def goals(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Three times as fast as `adapters`: what nine fused adapters add to a training step, and to a pass."""
    return [
        goal(f"{name}: fusion of {COUNT} in {what}, times faster than adapters", fusion_alone(one[what]), least=3.0)
        for name, one in found.items()
        for what in ("train", "inference")
    ]


def main() -> None:
    parser = measuring.parser(__doc__, rows=8, length=64)
    parser.set_defaults(size="base", repeats=3)
    parser.add_argument("--only", default=",".join(ARCHITECTURES.names()), help="architectures, commas between them")
    given = parser.parse_args()
    how = measuring.setting(given)
    about = measuring.facts(how)
    print(
        f"{'encoder':12} {'':10} {'plain ms':>9} {'k=0 ms':>9} {'ours ms':>9} {'adapters':>9} {'times':>9} {'fusion':>9} {'of plain':>9}"
    )
    found = {}
    for name in given.only.split(","):
        found[name] = times(name, how)
        show(name, found[name])
    seconds = {
        f"{name}, {what}, {arm}": times
        for name, one in found.items()
        for what in ("train", "inference")
        for arm, times in one[what].items()
    }
    sizes = {name: one["parameters"] for name, one in found.items()}
    measuring.finish("architectures", given, about, {"seconds": seconds, "parameters": sizes, "goals": goals(found)})


if __name__ == "__main__":
    main()
