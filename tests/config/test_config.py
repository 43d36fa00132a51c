"""Configs: every shipped one loads, every problem is told at once, settings reach where they are sent."""

import pytest

from adaptstilts.config.load import available, load_config
from adaptstilts.config.typed import outdone
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
        load_config("pocket", ["transfer.recipe={steps: 3, epochs: 3}"])


@pytest.mark.parametrize(
    ("settings", "steps", "epochs"),
    [
        (["transfer.recipe.epochs=3"], None, 3.0),
        (["transfer.recipe.steps=null", "transfer.recipe.epochs=3"], None, 3.0),
        (["transfer.recipe.epochs=3", "transfer.recipe.steps=null"], None, 3.0),
        (["transfer.recipe.epochs=3", "transfer.recipe.steps=5"], 5, None),
        (["transfer.tasks.xnli.epochs=3"], None, 3.0),
    ],
)
def test_the_one_of_steps_and_epochs_that_is_set_clears_the_other(settings, steps, epochs):
    recipe = load_config("pocket", settings).transfer.recipe_for("xnli")
    assert (recipe.steps, recipe.epochs) == (steps, epochs)


def test_a_config_wins_over_what_the_one_that_it_extends_says_of_single_tasks(tmp_path):
    """The pocket lab's own `transfer.tasks` give pawsx 160 steps; the other's tasks stay where nothing is said of them."""
    file = tmp_path / "mine.yaml"
    file.write_text(
        "extends: pocket\nname: mine\nsummary: s\ntransfer: {recipe: {steps: 60}, tasks: {udpos: {steps: 7}}}\n"
    )
    mine, lab = load_config(str(file)).transfer, load_config("pocket").transfer
    assert lab.recipe_for("pawsx").steps == 160
    assert [mine.recipe_for(task).steps for task in ("pawsx", "udpos", "xnli")] == [60, 7, 60]
    assert mine.recipe_for("pawsx").rate == lab.recipe_for("pawsx").rate


@pytest.mark.parametrize(
    ("settings", "xnli", "pawsx"),
    [
        (["transfer.recipe.steps=5"], 5, 5),
        (["transfer.recipe={steps: 5}"], 5, 5),
        (["transfer.tasks.xnli.steps=7", "transfer.recipe.steps=5"], 5, 5),
        (["transfer.tasks={xnli: {steps: 7}}", "transfer.recipe.steps=5"], 5, 5),
        (["transfer.recipe.steps=5", "transfer.tasks.xnli.steps=7"], 7, 5),
        (["transfer.recipe.steps=5", "transfer.recipe.steps=6"], 6, 6),
        (["transfer.recipe.batch=5"], 1500, 160),
        (["intermediate.recipe.steps=5"], 1500, 160),
    ],
)
def test_the_value_typed_last_wins_over_what_the_config_says_of_single_tasks(settings, xnli, pawsx):
    training = load_config("pocket", settings).transfer
    assert (training.recipe_for("xnli").steps, training.recipe_for("pawsx").steps) == (xnli, pawsx)


def test_what_nobody_typed_stays_as_the_config_has_it():
    training = load_config("pocket", ["transfer.recipe.steps=5"]).transfer
    assert (training.recipe_for("pawsx").rate, training.recipe_for("xnli").rate) == (4e-3, 2e-3)


def test_what_full_fine_tuning_does_not_follow_is_told():
    settings = ["transfer.recipe.rate=0.5", "transfer.recipe.steps=5", "evaluation.budget=9"]
    (line,) = outdone(load_config("pocket", settings), settings)
    assert line.startswith("transfer.recipe.rate: ") and "full.rate, 0.001, which stands above it" in line


def test_a_limit_that_is_typed_holds_for_every_task():
    values = {"transfer.rows": 40}
    for settings in (["transfer.tasks.xnli.rows=9"], ["transfer.tasks={xnli: {rows: 9}}"]):
        assert load_config("pocket", settings, values).transfer.rows_for("xnli") == 40


def test_a_file_that_counts_in_epochs_extends_one_that_counts_in_steps(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(
        "extends: pocket\nname: mine\nsummary: x\ntransfer: {recipe: {epochs: 2}, tasks: {xnli: {epochs: 1}}}\n"
    )
    training = load_config(str(file)).transfer
    assert (training.recipe.steps, training.recipe.epochs, training.recipe.rate) == (None, 2.0, 2e-3)
    assert (training.recipe_for("xnli").epochs, training.recipe_for("pawsx").epochs) == (1.0, 2.0)
    assert training.recipe_for("pawsx").steps is None


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
