"""What a page's banner says of where numbers come from: the rows and the encoder are two things, and each is told as it is."""

import pytest

from adaptstilts.report.caveats import caveats
from tests.store.filled import record

OWN, LAB = {"folder": "0" * 16}, {"pocket": 1}


def told(encoder, data):
    backbone = {"name": encoder, "init": "pretrained"}
    transfer = record("transfer", provenance={"backbone": backbone})
    return " ".join(f"{heading} {text}" for heading, text in caveats(transfer, record("score", spec={"data": data})))


@pytest.mark.parametrize(
    ("encoder", "data", "says", "says_not"),
    [
        ("pocket", LAB, "generated languages, a tiny encoder", "whatever the rows are"),
        ("pocket", OWN, "whatever the rows are", "Generated languages"),
        ("e5-small", LAB, "the rows are the pocket lab's", "tiny"),
    ],
)
def test_a_banner_tells_whose_the_rows_and_the_encoder_are(encoder, data, says, says_not):
    assert says in told(encoder, data) and says_not not in told(encoder, data)


def test_human_rows_on_an_encoder_of_human_languages_need_no_banner():
    assert told("e5-small", OWN) == ""
