"""A tokenizer with a memory against the one without, asked the same in any order."""

from adaptstilts.data.encoding.tokenizer import BareTokenizer, KeptTokens
from adaptstilts.kinds.segments import template
from adaptstilts.models.door.open import open_backbone, open_tokenizer
from adaptstilts.settings import BackboneSettings


def test_ids_are_those_of_the_rules_whatever_was_asked_before(monkeypatch):
    monkeypatch.setattr(KeptTokens, "KEPT", 100)
    tokenizer = open_backbone(BackboneSettings("pocket")).tokenizer
    bare, kept = BareTokenizer.of(tokenizer), KeptTokens.of(tokenizer)
    words = [f"{a}{b}" for a in ("ka", "Ti", "é", "") for b in range(40)]
    assert template(kept) == template(bare)
    for asked in (words[:3], [], words[:60], words[50:], ["ka1", "ka1"], words):
        options = {"add_special_tokens": False, "return_attention_mask": False}
        assert kept(asked, **options)["input_ids"] == bare(asked, **options)["input_ids"]
        assert len(kept._ids) <= max(100, len(set(asked)))
    whole = kept(words[:2], return_offsets_mapping=True)
    assert whole["offset_mapping"] == bare(words[:2], return_offsets_mapping=True)["offset_mapping"]
    assert whole["input_ids"] == bare(words[:2])["input_ids"]


def test_a_known_text_is_not_tokenised_again(monkeypatch):
    kept = KeptTokens.of(open_tokenizer(BackboneSettings("pocket")))
    seen, rules = [], kept._rules

    class Listening:
        def encode(self, inputs, *, specials):
            seen.extend(inputs)
            return rules.encode(inputs, specials=specials)

    monkeypatch.setattr(kept, "_rules", Listening())
    asked = [kept(["a", "bb", "a"], add_special_tokens=False)["input_ids"] for _ in range(2)]
    assert asked[0] == asked[1] and asked[0][0] == asked[0][2] != asked[0][1]
    assert seen == ["a", "bb"]
