"""Tiny XLM-R and BERT folders as `transformers` itself saves them, and encodings without a task."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import random
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import WordLevel
from transformers import BertConfig, BertForMaskedLM, XLMRobertaConfig, XLMRobertaForMaskedLM

from adaptstilts.kinds.kind import Encoding, Head
from adaptstilts.models.assembly import assemble
from adaptstilts.models.bundle import save_adapter
from adaptstilts.models.door.open import open_backbone
from adaptstilts.settings import AdapterSettings, BackboneSettings

torch.set_num_threads(1)

SHAPE = {
    "vocab_size": 65, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48,
    "max_position_embeddings": 66, "initializer_range": 0.3,
}  # fmt: skip
SPECIALS = {
    "xlm-roberta": ["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
    "bert": ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
}


def make_folder(folder: Path, model_type: str) -> Path:
    words = {word: i for i, word in enumerate(SPECIALS[model_type] + [f"w{i}" for i in range(60)])}
    tokenizer = Tokenizer(WordLevel(words, unk_token=SPECIALS[model_type][3 if model_type == "xlm-roberta" else 1]))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    torch.manual_seed(11)
    if model_type == "bert":
        model = BertForMaskedLM(BertConfig(**SHAPE, pad_token_id=0))
    else:
        model = XLMRobertaForMaskedLM(XLMRobertaConfig(**SHAPE, pad_token_id=1, type_vocab_size=1))
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


class Lab:
    """What most tests start from."""

    shape = AdapterSettings("seq_bn", 4)
    label = Head("sequence", 3, "label")

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folders = {name: make_folder(root / name, name) for name in SPECIALS}
        self.backbones = {name: open_backbone(BackboneSettings(str(path))) for name, path in self.folders.items()}
        self.zoo = {name: {t: self._adapter(name, t) for t in ("squad", "mnli", "swag")} for name in SPECIALS}

    def _adapter(self, model_type: str, task: str) -> Path:
        folder = self.root / f"{model_type}-{task}"
        made = self.assemble(model_type, task, adapters={}, trains=("target_adapter", "head"), head_name=task)
        generator = torch.Generator().manual_seed(len(task))
        for _, parameter in made.named_trainable():  # biases start at zero; a trained adapter's do not stay there
            with torch.no_grad():
                parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
        save_adapter(made, task, folder, head=True)
        return folder

    def assemble(self, model_type, block, *, trains=("fusion", "target_adapter", "head"), head=None, seed=5, **more):
        options = {
            "adapters": self.zoo[model_type] if hasattr(self, "zoo") else {},
            "head_name": "paws",
            "shape": self.shape,
        }
        options.update(more)
        return assemble(
            self.backbones[model_type], block=block, trains=trains, head=head or self.label, seed=seed, **options
        )

    def encodings(self, count, *, longest=20, seed=0, model_type="xlm-roberta", target=lambda i, ids: i % 3):
        """Random inputs of several lengths; for BERT every other one has a second segment."""
        rng = random.Random(seed)
        first, last = (2, 3) if model_type == "bert" else (0, 2)
        made = []
        for i in range(count):
            ids = (first, *(rng.randrange(5, 65) for _ in range(rng.randrange(3, longest))), last)
            second = len(ids) // 2 if model_type == "bert" and i % 2 else 0
            made.append(Encoding(i, ids, target(i, ids), second=second))
        return made


@pytest.fixture(scope="session")
def lab(tmp_path_factory) -> Lab:
    return Lab(tmp_path_factory.mktemp("lab"))
