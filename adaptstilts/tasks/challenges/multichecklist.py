"""MultiCheckList: six tests of what reading models understand, from templates in fifty languages."""

from adaptstilts.tasks.challenges._multichecklist import VERSION, read
from adaptstilts.tasks.task import Task

_LANGUAGES = """
en af ar az bg bn de el es et eu fa fi fr gu ha he hi ht hu id it ja jv ka kk ko lt ml mr ms my nl pa pl pt qu ru sw ta te
th tl tr uk ur vi wo yo zh
"""

task = Task(
    name="multichecklist",
    kind="span",
    role="challenge",
    of=("xquad", "mlqa", "tydiqa", "squad", "squad2"),
    summary="six tests of understanding, 200 cases each, in 50 languages",
    metric="pass_rate",
    files={"test": "multichecklist/checklist_templates.tsv"},
    read=read,
    languages=tuple(_LANGUAGES.split()),
    family=("multichecklist",),
    licence="Apache-2.0",
    citation="Ruder et al. 2021, arXiv 2104.07412; Ribeiro et al. 2020, arXiv 2005.04118",
    version=VERSION,
    obtain=(
        "The templates are multichecklist/checklist_templates.tsv of github.com/google-research/xtreme. Put the file in a"
        " folder `multichecklist` below the --data folder."
    ),
    notes="Cases are drawn anew from the templates, so error rates compare with published ones up to sampling and names.",
)
