"""Every composition arranges its members, says what it trains, and is spelt in JSON and read back."""

import json
from dataclasses import replace

import pytest

from adaptstilts import ids
from adaptstilts.compositions import COMPOSITIONS, TARGET, Averaged, Composition, Fused, Gated, Merged, Stacked
from adaptstilts.compositions.blocks import names_in, opened_by, read, spell, walk
from adaptstilts.compositions.limits import FAMILIES, reason, widened
from adaptstilts.errors import UnknownName
from adaptstilts.settings import AdapterSettings, Limits, Recipe
from adaptstilts.steps.spec import spec

NAMES = ("mnli", "squad", "hellaswag")


def members(composition):
    return NAMES[: 3 if composition.most is None else max(composition.most, 1)]


def test_no_declaration_is_broken():
    assert {"none", "single", "stack", "fuse", "average", "merge", "parallel"} <= set(COMPOSITIONS.names())
    assert COMPOSITIONS.broken == {}
    assert {"random", "copies", "wide"} <= set(COMPOSITIONS.names())


def test_a_declaration_that_names_ingredients_is_told_what_to_name():
    with pytest.raises(TypeError, match=r"`members`, not `ingredients`.*'Add a control'"):
        Composition("x", "x", ordered=False, least=1, most=1, arrange=Fused, ingredients="copies")
    single = COMPOSITIONS.get("single")
    assert replace(single, name="other").members is single.members


@pytest.mark.parametrize("composition", list(COMPOSITIONS), ids=lambda c: c.name)
def test_every_composition_keeps_the_contract(composition):
    assert composition.summary and composition.citation
    assert composition.least <= (composition.least if composition.most is None else composition.most)
    for method in composition.methods or ("",):
        below = composition.below(members(composition), method)
        block = composition.block(members(composition), target_adapter=True, method=method)
        assert set(names_in(below)) <= set(members(composition))
        assert names_in(block) == (*names_in(below), TARGET)
        assert read(json.loads(json.dumps(spell(block)))) == block
        trains = composition.trains(target_adapter=True, method=method)
        assert trains[-2:] == ("target_adapter", "head")
        assert set(opened_by(block)) == set(trains) - {"target_adapter", "head", "backbone"}
        assert ("backbone" in trains) == composition.whole
        assert reason(composition, AdapterSettings(), method=method) == ""
    assert composition.block(members(composition), target_adapter=False) == composition.below(members(composition))


def test_methods_are_named():
    merge = COMPOSITIONS.get("merge")
    assert merge.below(NAMES) == Merged(NAMES, "linear") == merge.below(NAMES, "linear")
    assert merge.opens("learned") == ("merge",) and not merge.opens()
    with pytest.raises(UnknownName, match="did you mean ties"):
        merge.below(NAMES, "tie")
    with pytest.raises(UnknownName, match="method of fuse"):
        COMPOSITIONS.get("fuse").below(NAMES, "linear")


def test_blocks_are_walked_in_order():
    block = Stacked(("a", Averaged(("b", "c")), Stacked((Gated(("d",)), Fused(("e",)))), TARGET))
    assert names_in(block) == ("a", "b", "c", "d", "e", TARGET)
    assert next(walk(block)) is block
    assert opened_by(block) == ("fusion", "gate")
    assert read(spell(block)) == block
    assert read(spell(None)) is None
    with pytest.raises(KeyError):
        read({"what": ["a"]})


def test_families_that_do_not_compose_are_refused_by_name():
    for family in ("lora", "ia3", "prefix_tuning"):
        for name in ("fuse", "parallel", "random", "copies"):
            told = reason(COMPOSITIONS.get(name), AdapterSettings(family))
            assert repr(name) in told and repr(family) in told
        assert not reason(COMPOSITIONS.get("stack"), AdapterSettings(family))
    assert "seq_bm" in reason(COMPOSITIONS.get("single"), AdapterSettings("seq_bm"))
    pair = Composition("pair", "two", True, 2, 2, lambda tasks: Stacked((tasks[0], Fused(tasks[1:]))), citation="-")
    assert not reason(pair, AdapterSettings()) and reason(pair, AdapterSettings("lora"))


def test_widened_shapes_change_the_size_that_a_family_goes_by():
    sizes = {family: widened(AdapterSettings(family), 4) for family in FAMILIES}
    assert sizes["seq_bn"].times == sizes["par_bn"].times == 4
    assert sizes["seq_bn"].reduction == AdapterSettings("seq_bn").reduction
    assert (sizes["lora"].rank, sizes["lora"].alpha) == (32, 32)
    assert sizes["prefix_tuning"].prefix_length == 120
    assert reason(COMPOSITIONS.get("wide"), AdapterSettings("ia3"))


def test_new_settings_at_their_defaults_are_in_no_key():
    from adaptstilts.steps.step import TrainAdapter

    step = TrainAdapter("mnli", 1, "{}", "en", "{}", AdapterSettings("seq_bn", 4.0), Recipe(steps=1), Limits())
    assert spec(step)["shape"] == {"reduction": 4.0}
    assert ids.digest(spec(step)) == step.key
