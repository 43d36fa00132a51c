"""Configs: every shipped one loads, every problem is told at once, settings reach where they are sent."""

import pytest

from adaptstilts.config.load import available, load_config
from adaptstilts.errors import ConfigError, InputError, UnknownName


@pytest.mark.parametrize("name", sorted(available()))
def test_shipped_configs_load(name):
    config = load_config(name)
    assert config.name == name and config.summary


def test_all_problems_at_once():
    settings = ["adapter.reducton=3", "transfer.recipe.rate=fast", "evaluation.severity=2", "evaluation.budget=0"]
    with pytest.raises(ConfigError) as caught:
        load_config("pocket", settings)
    assert len(caught.value.problems) == 4
    assert caught.value.exit_code == 2
    for told in ("did you mean 'reduction'", "transfer.recipe.rate", "evaluation.severity", "evaluation.budget"):
        assert told in str(caught.value)


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
    assert config.intermediate.recipe_for("udpos") == config.intermediate.recipe
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


@pytest.mark.parametrize(
    "setting", ["evaluation.rows=0", "transfer.rows=-1", "intermediate.tasks.squadd={}", "limits.stride=100"]
)
def test_values_that_make_no_sense(setting):
    with pytest.raises(ConfigError, match=setting.split("=")[0]):
        load_config("pocket", [setting])


def test_a_setting_that_is_not_yaml():
    with pytest.raises(ConfigError, match="not YAML"):
        load_config("pocket", ["evaluation.rows=[1"])


def test_values_are_taken_as_they_are():
    config = load_config("pocket", values={"data.source": "/a folder #1", "evaluation.languages": ("no",)})
    assert config.data.source == "/a folder #1" and config.evaluation.languages == ("no",)


def test_a_task_may_count_steps_where_others_count_epochs():
    config = load_config("xlmr-base", ["transfer.tasks.pawsx.steps=10"])
    assert (config.transfer.recipe_for("pawsx").steps, config.transfer.recipe_for("pawsx").epochs) == (10, None)
    assert config.transfer.recipe_for("udpos").epochs == 10


def test_files_that_extend_each_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for one, other in (("a", "b"), ("b", "a")):
        (tmp_path / f"{one}.yaml").write_text(f"extends: {other}.yaml\nname: {one}\nsummary: x\n")
    with pytest.raises(ConfigError, match="comes back"):
        load_config("a.yaml")
