"""Values that a config may have and seldom has: what is taken computes what `transformers` computes, the rest is refused by name."""

import json
from types import SimpleNamespace

import pytest
import torch
import transformers

from adaptstilts.errors import Refused
from adaptstilts.kinds.kind import Encoding
from adaptstilts.models.architectures import ARCHITECTURES
from adaptstilts.models.assembly import assemble
from adaptstilts.models.door.config import read_config
from adaptstilts.models.door.open import open_backbone
from adaptstilts.models.heads import masked_head
from adaptstilts.settings import AdapterSettings, BackboneSettings
from tests.models.architectures import config_of, make
from tests.models.test_architectures import asked

BERT = [
    {"hidden_act": "relu"}, {"hidden_act": "gelu_new"}, {"layer_norm_eps": 0.1}, {"vocab_size": 100}, {"type_vocab_size": 1},
    {"type_vocab_size": 3}, {"num_attention_heads": 32}, {"intermediate_size": 7}, {"pad_token_id": 7}, {"hidden_dropout_prob": 0.9},
    {"output_hidden_states": True, "return_dict": False},
]  # fmt: skip
ROBERTA = [
    {"hidden_act": "tanh"},
    {"layer_norm_eps": 0.1},
    {"type_vocab_size": 2},
    {"pad_token_id": 0},
    {"pad_token_id": 3, "max_position_embeddings": 30},
]
TAKEN = {
    "bert": BERT,
    "roberta": ROBERTA,
    "xlm-roberta": ROBERTA,
    "electra": [*BERT, {"embedding_size": 32}, {"embedding_size": 8, "hidden_act": "relu"}],
    "distilbert": [
        {"activation": "relu"}, {"activation": "silu"}, {"sinusoidal_pos_embds": True}, {"n_heads": 32}, {"vocab_size": 100},
    ],
    "deberta-v2": [
        {"relative_attention": False, "position_biased_input": True, "pos_att_type": None}, {"pos_att_type": "c2p"},
        {"pos_att_type": ["p2c"]}, {"share_att_key": False}, {"position_buckets": -1}, {"position_buckets": 5},
        {"position_buckets": -1, "max_relative_positions": 3, "share_att_key": False}, {"norm_rel_ebd": "none"},
        {"position_biased_input": True}, {"type_vocab_size": 2}, {"type_vocab_size": 1}, {"hidden_act": "relu"},
        {"layer_norm_eps": 0.1}, {"attention_head_size": 16, "embedding_size": 32},
    ],
    "xmod": [
        *ROBERTA, {"pre_norm": True}, {"adapter_layer_norm": True}, {"adapter_reuse_layer_norm": False}, {"ln_before_adapter": False},
        {"ln_before_adapter": False, "pre_norm": True, "adapter_reuse_layer_norm": False}, {"adapter_reduction_factor": 3},
        {"adapter_layer_norm": True, "ln_before_adapter": False, "layer_norm_eps": 0.1}, {"default_language": "de_DE"},
    ],
    "modernbert": [
        {"global_attn_every_n_layers": 1}, {"global_attn_every_n_layers": 2}, {"local_attention": 1}, {"local_attention": 3},
        {"local_attention": 128}, {"local_rope_theta": None}, {"local_rope_theta": 7.0, "global_rope_theta": 11.0},
        {"attention_bias": True, "mlp_bias": True, "norm_bias": True}, {"classifier_bias": True}, {"norm_eps": 0.1},
        {"hidden_activation": "relu"}, {"classifier_activation": "relu"}, {"vocab_size": 100}, {"pad_token_id": None},
        {"num_hidden_layers": 1},
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_taken_computes_what_transformers_computes(name, tmp_path):
    """Hidden states and, with the checkpoint's own head, tokens; sizes are those of the encoder."""
    for number, changes in enumerate(TAKEN[name]):
        folder = make(tmp_path / str(number), name, **changes)
        backbone = open_backbone(BackboneSettings(str(folder)))
        counted = sum(parameter.numel() for parameter in backbone.model.base_model.parameters())
        assert read_config(folder).shape.parameters == counted, changes
        plain = transformers.AutoModelForMaskedLM.from_pretrained(folder).eval()
        plain.config.return_dict = True
        made = masked(backbone)
        batch = made.collate(encodings(backbone), targets=True)
        with torch.inference_mode():
            states = getattr(plain, plain.base_model_prefix)(**asked(batch)).last_hidden_state
            torch.testing.assert_close(
                made._encode(batch, backbone.layers)[batch.mask],
                states[batch.mask],
                atol=2e-5,
                rtol=1e-5,
                msg=str(changes),
            )
            said = plain(**asked(batch)).logits[batch.mask]
            torch.testing.assert_close(made(batch), said, atol=2e-5, rtol=1e-5, msg=str(changes))


@pytest.mark.parametrize("name", ["roberta", "xlm-roberta", "xmod", "bert", "electra"])
def test_second_segments_are_told_where_the_tokenizers_of_the_kind_tell_them(name, tmp_path):
    """By `transformers`' own tokenizers: RoBERTa's give zeros for pairs, so that a second type of theirs never learnt anything."""
    backbone = open_backbone(BackboneSettings(str(make(tmp_path, name, type_vocab_size=2))))
    batch = masked(backbone).collate(encodings(backbone))
    if name in ("bert", "electra"):
        assert batch.types is not None and batch.types.max() == 1
        return
    kind = transformers.RobertaTokenizerFast if name == "roberta" else transformers.XLMRobertaTokenizerFast
    specials = SimpleNamespace(cls_token_id=0, sep_token_id=2)
    assert batch.types is None and set(kind.create_token_type_ids_from_sequences(specials, [5, 6], [7, 8])) == {0}


def masked(backbone):
    """The encoder under a head for masked words."""
    head = masked_head(backbone.model.config.vocab_size)
    options = {"block": None, "adapters": {}, "trains": (), "shape": AdapterSettings(), "seed": 1}
    made = assemble(backbone, head=head, head_name="mlm", **options)
    if backbone.languages:
        made.speak("en")
    return made


def encodings(backbone):
    first, last = (2, 3) if ARCHITECTURES.get(backbone.architecture).specials["cls_token"] == "[CLS]" else (0, 2)
    found = []
    for i in range(4):
        ids = (first, *(8 + (7 * i + 5 * place) % 57 for place in range(3 + 4 * i)), last)
        spoken = ("en", "sw")[i % 2] if backbone.languages else ""
        found.append(Encoding(i, ids, ids, second=len(ids) // 2 if i % 2 else 0, language=spoken))
    return found


@pytest.mark.parametrize("name", [name for name in TAKEN if name != "xlm-roberta"])
def test_a_head_with_a_projection_of_its_own_is_none_here(name, tmp_path):
    """`tie_word_embeddings` false: the head for masked words here ends in the matrix of embeddings, so theirs is another one."""
    backbone = open_backbone(BackboneSettings(str(make(tmp_path, name, tie_word_embeddings=False))))
    assert not backbone.language_head
    made = masked(backbone)
    assert made.model.heads["mlm"].get_output_embeddings().weight is made.model.get_input_embeddings().weight


@pytest.mark.parametrize(
    ("name", "changes", "why"),
    [
        *((name, {"position_embedding_type": "relative_key"}, "'position_embedding_type' has the value 'relative_key'")
          for name in ("bert", "electra", "roberta", "xlm-roberta", "xmod")),
        ("bert", {"is_decoder": True}, "'is_decoder' has the value True"),
        ("bert", {"hidden_act": "mish"}, "'hidden_act' has the value 'mish'"),
        ("deberta-v2", {"attention_head_size": 8}, "attention_head_size is not hidden_size by num_attention_heads"),
        ("deberta-v2", {"attention_head_size": {}}, "attention_head_size is not"),
        ("deberta-v2", {"embedding_size": 16}, "embedding_size is not hidden_size"),
        ("deberta-v2", {"pos_att_type": []}, "relative_attention is set without pos_att_type"),
        ("modernbert", {"hidden_size": 30}, "is odd, and rotary positions are of pairs"),
    ],
)  # fmt: skip
def test_what_is_not_taken_is_refused_by_name(name, changes, why, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({**config_of(name).to_dict(), **changes}))
    with pytest.raises(Refused, match=why):
        read_config(tmp_path)
