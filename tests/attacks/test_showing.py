"""What `show` prints: the edit marked, and nothing else changed."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptstilts.attacks.showing import marked

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
    assert (old, new) == (before, after)
