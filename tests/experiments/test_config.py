"""Configs: every shipped one loads, every problem is told at once, settings reach where they are sent."""

import pytest

from adaptstilts.errors import ConfigError, InputError, UnknownName
from adaptstilts.experiments.config import available, load_config


@pytest.mark.parametrize("name", sorted(available()))
def test_shipped_configs_load(name):
    config = load_config(name)
    assert config.name == name and config.summary


def test_all_problems_at_once():
    settings = ["adapter.reducton=3", "transfer.recipe.rate=fast", "evaluation.severity=2", "evaluation.budget=0"]
    with pytest.raises(ConfigError) as caught:
        load_config("pocket", settings[:2])
    assert len(caught.value.problems) == 2
    assert "did you mean 'reduction'" in str(caught.value)
    assert "transfer.recipe.rate" in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        load_config("pocket", settings[2:])
    assert len(caught.value.problems) == 2
    assert caught.value.exit_code == 2


def test_steps_and_epochs_exclude_each_other():
    with pytest.raises(ConfigError, match="exactly one of steps and epochs"):
        load_config("pocket", ["transfer.recipe.epochs=3"])


def test_settings_reach_where_they_are_sent():
    config = load_config("pocket", ["backbone=some/dir", "transfer.recipe.steps=7", "evaluation.languages=[en, qaa]"])
    assert config.backbone.name == "some/dir"
    assert config.transfer.recipe.steps == 7
    assert config.evaluation.languages == ("en", "qaa")


def test_task_differences_lie_over_the_recipe():
    config = load_config("pocket", ["intermediate.tasks.squad.rate=0.5", "intermediate.tasks.squad.rows=9"])
    assert config.intermediate.recipe_for("squad").rate == 0.5
    assert config.intermediate.recipe_for("mnli") == config.intermediate.recipe
    with pytest.raises(ConfigError, match=r"intermediate\.tasks\.squad\.ratio"):
        load_config("pocket", ["intermediate.tasks.squad.ratio=0.5"])


def test_unknown_config_and_missing_file():
    with pytest.raises(UnknownName, match="did you mean pocket"):
        load_config("poket")
    with pytest.raises(InputError, match="no such config file"):
        load_config("missing.yaml")


def test_a_file_may_extend_a_shipped_config(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("extends: pocket\nname: mine\nsummary: x\nevaluation: {budget: 9}\n")
    config = load_config(str(file))
    assert config.evaluation.budget == 9
    assert config.evaluation.attacks == load_config("pocket").evaluation.attacks


def test_a_file_that_is_not_yaml(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("a: [1,\n")
    with pytest.raises(ConfigError, match="not YAML"):
        load_config(str(file))


def test_malformed_setting():
    with pytest.raises(ConfigError, match="not key=value"):
        load_config("pocket", ["steps"])
