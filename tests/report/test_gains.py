"""Gains, gaps and success on common rows, worked out again from the same records and rows."""

import numpy as np
import pytest

from adaptstilts.report.frame import read_frame
from adaptstilts.report.verdict.gains import clean_means, common_success
from adaptstilts.statistics.slopes import gain_table
from tests.report.stores import World, make_store

WORLD = World(
    orderings=2,
    heads=("pawsx", "panx"),
    ks=(0, 1, 2),
    references=0,
    controls=("random",),
    n=120,
    rows=True,
    clean_slope=0.2,
)


@pytest.fixture(scope="module")
def frame(tmp_path_factory):
    return read_frame(make_store(tmp_path_factory.mktemp("gains"), WORLD))


def test_gains_are_over_none_of_the_same_ordering_without_the_source_language(frame):
    means = clean_means(frame)
    assert len(means) == len(frame.transfers)
    one = means[(means.role == "k") & (means.k == 2) & (means.ordering == 1) & (means.target == "panx")].iloc[0]
    own = frame.clean[frame.clean.transfer == one.transfer].set_index("language").value
    abroad = own.drop("en").mean()
    none = frame.clean[(frame.clean.k == 0) & (frame.clean.ordering == 1) & (frame.clean.target == "panx")]
    assert one.abroad == pytest.approx(abroad) and one.source == own["en"]
    assert one.zero_shot_gap == pytest.approx(own["en"] - abroad)
    assert one.gain == pytest.approx(abroad - none[none.language != "en"].value.mean())
    table = gain_table(means, "k", "fuse")
    assert table.shape == (2, 2) and np.isfinite(table).all() and gain_table(means, "control", "random").shape == (1, 2)
    assert gain_table(means, "k", "stack").size == 0


def test_success_has_the_same_rows_below_the_line_at_every_k(frame):
    told = common_success(frame, "swap")
    assert len(told) == 2 * 2 * 4 * 3 and set(told.k) == {0, 1, 2}
    place = told[(told.ordering == 0) & (told.target == "pawsx") & (told.language == "qab")]
    assert place.common.nunique() == 1 and 0 < place.common.iloc[0] < 120
    rows = frame.rows(attack="swap").query("role == 'k' and ordering == 0 and target == 'pawsx' and language == 'qab'")
    right = {k: set(group[group.s_clean >= 0.5].id) for k, group in rows.groupby("k")}
    common = right[0] & right[1] & right[2]
    assert place.common.iloc[0] == len(common)
    at_two = rows[(rows.k == 2) & rows.id.isin(common)]
    assert place.set_index("k").common_success_rate[2] == pytest.approx((at_two.s_adv < 0.5).mean())
    own = rows[(rows.k == 2) & rows.id.isin(right[2])]
    assert place.set_index("k").success_rate[2] == pytest.approx((own.s_adv < 0.5).mean())
