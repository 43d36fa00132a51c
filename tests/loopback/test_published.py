"""The generated data sets have the columns, types and label names of the real ones, as far as a sample of those is at hand."""

import io

import pyarrow.parquet as pq
import pytest

from adaptstilts.data.files.records import read_parquet
from tests.loopback import published
from tests.loopback.schemas import SCHEMAS


def shape(file):
    """Column -> type, spelt without the names that writers give to the elements of lists."""
    schema = pq.read_schema(file)
    return {f.name: str(f.type).replace("<element: ", "<item: ").replace("large_", "") for f in schema}


@pytest.mark.parametrize(("id", "prefix"), SCHEMAS)
def test_schemas_are_the_published_ones(hub, tmp_path, id, prefix):
    real = sorted((hub / "datasets" / id).rglob("*.parquet"))
    real = [path for path in real if not prefix or f"/{prefix}" in str(path.relative_to(hub))]
    if not real:
        pytest.skip(f"no sample of {id}")
    made = tmp_path / "made.parquet"
    made.write_bytes(published.parquet(published.schema(id, prefix), prefix, "train"))
    assert shape(made) == shape(real[0])
    assert read_parquet([made]).names == read_parquet([real[0]]).names


def test_an_unknown_id_says_where_to_add_it():
    with pytest.raises(KeyError, match=r"schemas\.py"):
        published.schema("x/y", "default")
    assert io.BytesIO(published.parquet(published.schema("facebook/xnli", "sw"), "sw", "test")).read(4) == b"PAR1"
