"""What `show` prints: the edit marked, and nothing else changed."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptstilts.attacks import ATTACKS
from adaptstilts.attacks.preview import marked, perturbed
from adaptstilts.errors import NotApplicable

SENTENCES = json.loads((Path(__file__).parent / "sentences.json").read_text("utf-8"))
TEXTS = [text for texts in SENTENCES.values() for text in texts]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("The quick fox", "The qiuck fox", "The [quick→qiuck] fox"),
        ("प्रकाशित रिपोर्ट", "प्रकात रिपोर्ट", "[प्रकाशित→प्रकात] रिपोर्ट"),
        ("东京是首都", "东京首是都", "东京[是首→首是]都"),
        ("东京是首都", "东京首都", "东京[-是]首都"),
        ("It rained.", "It rained. @abc", "It rained.[+ @abc]"),
        ("same", "same", "same"),
    ],
)
def test_marked(before, after, expected):
    assert marked(before, after) == expected


@given(st.sampled_from(TEXTS), st.sampled_from(TEXTS))
@settings(max_examples=60, deadline=None)
def test_both_texts_can_be_read_back(before, after):
    shown = marked(before, after)
    old = re.sub(r"\[(?:\+[^\]]*|-([^\]]*)|([^\]→]*)→[^\]]*)\]", lambda m: m[1] or m[2] or "", shown)
    new = re.sub(r"\[(?:\+([^\]]*)|-[^\]]*|[^\]→]*→([^\]]*))\]", lambda m: m[1] or m[2] or "", shown)
    new = re.sub("⟨U\\+([0-9A-F]+)⟩", lambda m: chr(int(m[1], 16)), new)
    assert (old, new) == (before, after)


@pytest.mark.parametrize("name", [attack.name for attack in ATTACKS if attack.family == "static"])
def test_every_static_attack_is_shown_or_says_why_not(name):
    text = "Niemand sah Jürgens Museum öffnen."
    for seed in range(6):
        try:
            after = perturbed(ATTACKS.get(name), text, "de", severity=0.3, seed=seed)
        except NotApplicable as reason:
            assert name in ("mix_fields", "codemix", "entity_swap") and name in str(reason)
            return
        if after != text:
            shown = marked(text, after)
            assert "[" in shown and not re.search(r"[\u00ad\u034f\u2060-\u2064\ufe00-\ufe0f\ufeff]", shown)
            assert name != "nfd" or "⟨U+0308⟩" in shown
            return
    raise AssertionError(f"{name} never changed the text")


def test_a_lexicon_is_shown_at_work():
    assert (
        perturbed(ATTACKS.get("codemix"), "a museum", "en", severity=1.0, seed=0, lexicon={"museum": ("Museo",)})
        == "a Museo"
    )


def test_what_the_tokenizer_knows_is_shown_of_the_known_variants():
    """Of a config whose encoder is here; the pocket lab's knows few letters that nobody sees."""
    from click.testing import CliRunner

    from adaptstilts.cli.show_verb import command
    from adaptstilts.config.load import load_config
    from adaptstilts.models.door.tokenizer import tokenizer_at_hand

    words = ("--text", "a perfectly ordinary sentence", "--severity", "0.5", "--json")
    after = {
        name: json.loads(CliRunner().invoke(command, [name, *words]).stdout)["after"]
        for name in ("homoglyph", "homoglyph_known")
    }
    tokens, _ = tokenizer_at_hand(load_config("pocket").backbone)
    unknown = {name: tokens.unk_token_id in tokens([text])["input_ids"][0] for name, text in after.items()}
    assert unknown == {"homoglyph": True, "homoglyph_known": False}
