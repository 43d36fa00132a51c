"""An epoch over texts of real length: `AdapterTrainer` padding to the maximum, padding each batch, and our loop.

    python benchmarks/epoch.py                              # MNLI's lengths, one adapter, two layers of XLM-R Base's width, CPU
    python benchmarks/epoch.py --dtype held                 # ours in bfloat16 as a CPU runs it, theirs in float32
    python benchmarks/epoch.py --task squad --arrange fuse  # SQuAD's, AdapterFusion over nine under a target adapter
    python benchmarks/epoch.py --device cuda --size large --dtype bf16 --examples 8000 --batch 32

Same random encoder, same examples, same batch, AdamW and schedule in all arms. "default" is `AdapterTrainer` as the examples of
`adapters` run it: every input padded to the maximum (128 tokens, 384 for questions); "grouped" pads to the longest of a batch and
sets `group_by_length`; both with the fusion of `adapters`. Lengths are those of training rows in the Hub's layout under `--data`
(default: `shared/hub` beside the checkout) with XLM-R's tokenizer; without them lengths are drawn from the deciles of these.

`group_by_length` sorts within 50 batches, but within a quarter of the data where that is less: with fewer than 200 batches it pads
more than in a real epoch, and the ratio to it would flatter ours. Hence the small batch on a CPU.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import measuring
import torch
from adapters import AdapterTrainer
from measuring import LABEL, REPOSITORY, Setting, assembly, backbone, fusion_over, goal, interleaved, ratio, uninstall
from transformers import PrinterCallback, TrainingArguments
from transformers.models.xlm_roberta.modeling_xlm_roberta import XLMRobertaPooler

from adaptstilts.kinds.kind import Encoding, Head
from adaptstilts.models.assembly import Assembly
from adaptstilts.models.backbone import Backbone
from adaptstilts.settings import Recipe
from adaptstilts.training.loop import train

LONGEST = {"mnli": 128, "squad": 384}
"""The maximum lengths of the examples' text classification and question answering."""

STRIDE = 128

DECILES = {
    "mnli": (8, 22, 27, 32, 38, 43, 48, 55, 61, 71, 128),
    "squad": (100, 125, 145, 156, 170, 184, 197, 212, 245, 289, 384),
}
"""Lengths of inputs in tokens of XLM-R, in steps of a tenth of all inputs, on 1,000 training rows of the sample."""

SPAN = Head("token", 2, "span")
TOKENIZER = Path("models/FacebookAI/xlm-roberta-large/tokenizer.json")


def lengths(task: str, count: int, data: Path, longest: int) -> tuple[list[int], str]:
    """Lengths of so many training inputs, and where they are from."""
    if not (data / TOKENIZER).is_file():
        draw = random.Random(0)
        steps = DECILES[task]
        drawn = [draw.randrange(10) for _ in range(count)]
        return [min(longest, draw.randint(steps[i], steps[i + 1])) for i in drawn], "drawn from deciles"
    from transformers import PreTrainedTokenizerFast

    from adaptstilts.data.load import load
    from adaptstilts.data.sources import facts_for, source_of
    from adaptstilts.kinds import kind_of
    from adaptstilts.kinds.kind import Limits
    from adaptstilts.tasks import TASKS

    where = source_of(str(data))
    facts = facts_for(TASKS.get(task), where)
    rows = load(facts, "train", "en", where, count).rows
    specials = {"cls_token": "<s>", "sep_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    tokenizer: Any = PreTrainedTokenizerFast(tokenizer_file=str(data / TOKENIZER), **specials)
    found = kind_of(facts.kind).encode(rows, facts, tokenizer, Limits(longest, min(STRIDE, longest // 3)))
    return [len(encoding.ids) for encoding in found[:count]], "training rows"


def examples(task: str, sizes: Sequence[int], vocabulary: int) -> list[Encoding]:
    """Inputs of these lengths with random tokens and answers: what they say takes no time."""
    draw = random.Random(1)
    made = []
    for i, size in enumerate(sizes):
        ids = (0, *(draw.randrange(5, vocabulary) for _ in range(size - 2)), 2)
        target: Any = draw.randrange(LABEL.outputs)
        if task == "squad":
            start = draw.randrange(size)
            target = (start, min(size - 1, start + 3))
        made.append(Encoding(i, ids, target))
    return made


class Collator:
    """Examples as the tensors that `transformers` asks for, padded to `longest`, or to the longest of the batch."""

    def __init__(self, task: str, longest: int | None) -> None:
        self.task, self.longest = task, longest

    def __call__(self, chosen: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        width = self.longest or max(len(one["input_ids"]) for one in chosen)
        ids = torch.ones(len(chosen), width, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for i, one in enumerate(chosen):
            ids[i, : len(one["input_ids"])] = torch.tensor(one["input_ids"])
            mask[i, : len(one["input_ids"])] = 1
        targets = torch.tensor([one["target"] for one in chosen])
        if self.task == "squad":
            named = {"start_positions": targets[:, 0], "end_positions": targets[:, 1]}
        else:
            named = {"labels": targets}
        return {"input_ids": ids, "attention_mask": mask, **named}


def theirs(
    made: Assembly, task: str, found: list[Encoding], how: Setting, batch: int, longest: int | None
) -> Callable[[], None]:
    """One epoch of `AdapterTrainer`, grouped by length unless padded to `longest`."""
    rows: Any = [{"input_ids": list(one.ids), "target": one.target} for one in found]
    made.model.active_head = made.head_name
    made.model.base_model.pooler = XLMRobertaPooler(made.model.config).to(how.device).requires_grad_(False)
    made.model.base_model.model_frozen = True  # it is; the trainer asks for the mark that `train_adapter` leaves

    def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            told = TrainingArguments(
                output_dir=folder,
                per_device_train_batch_size=batch,
                num_train_epochs=1,
                learning_rate=1e-4,
                warmup_ratio=0.06,
                optim="adamw_torch_fused",
                group_by_length=longest is None,
                bf16=how.dtype == "bf16",
                use_cpu=how.device == "cpu",
                save_strategy="no",
                report_to=[],
                disable_tqdm=True,
                remove_unused_columns=False,
                dataloader_pin_memory=how.device == "cuda",
            )
            trainer = AdapterTrainer(made.model, told, Collator(task, longest), train_dataset=rows)
            trainer.remove_callback(PrinterCallback)
            trainer.train()

    return run


def ours(made: Assembly, found: list[Encoding], how: Setting, batch: int) -> Callable[[], None]:
    """One epoch of `adaptstilts.training.loop.train`."""
    recipe = Recipe(epochs=1, rate=1e-4, fusion_rate=1e-4, batch=batch)

    def run() -> None:
        with measuring.autocast(how):
            train(made, found, recipe, seed=0)

    return run


def main() -> None:
    parser = measuring.parser(__doc__, rows=0, length=0)
    parser.set_defaults(size="base", repeats=3)
    parser.add_argument("--task", choices=tuple(LONGEST), default="mnli")
    parser.add_argument("--arrange", choices=("single", "fuse"), default="single")
    parser.add_argument("--k", type=int, default=9, help="adapters under `--arrange fuse`")
    parser.add_argument("--examples", type=int, default=800)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "hub")
    given = parser.parse_args()
    longest = given.length or LONGEST[given.task]
    if given.tiny:
        given.examples, given.batch, given.k = 12, 4, 2
    given.rows, given.length = given.batch, longest
    how = measuring.setting(given)
    sizes, source = lengths(given.task, given.examples, given.data, longest)
    about = {**measuring.facts(how), "rows": given.batch, "length": longest, "task": given.task}
    about |= {"arrange": given.arrange, "k": given.k if given.arrange == "fuse" else 0}
    about |= {"examples": len(sizes), "tokens": sum(sizes), "lengths": source}

    mine = backbone(how, ours=True)
    bare = backbone(how) if how.dtype == "held" else mine
    found = examples(given.task, sizes, bare.model.config.vocab_size)  # type: ignore[union-attr, arg-type]
    block = fusion_over(given.k if given.arrange == "fuse" else 0)
    head = SPAN if given.task == "squad" else LABEL

    def made(encoder: Backbone = bare) -> Assembly:
        return assembly(encoder, how, block, head=head)

    def arms(chosen: list[Encoding]) -> dict[str, Callable[[], None]]:
        peers = {name: uninstall(made()) for name in ("default", "grouped")}
        return {
            "default": theirs(peers["default"], given.task, chosen, how, given.batch, longest),
            "grouped": theirs(peers["grouped"], given.task, chosen, how, given.batch, None),
            "ours": ours(made(mine), chosen, how, given.batch),
        }

    for call in arms(found[: 2 * given.batch]).values():
        call()
    seconds = interleaved(arms(found), how, warm=0)
    print(f"{'arm':10} {'seconds':>9} {'real tokens/s':>14} {'ours is faster':>15}")
    for arm, spent in seconds.items():
        middle = statistics.median(spent)
        print(f"{arm:10} {middle:9.2f} {sum(sizes) / middle:14,.0f} {ratio(spent, seconds['ours']):14.2f}x")
    least = {"default": 4.5, "grouped": 1.6} if how.dtype == "held" else {"default": 3.0, "grouped": 1.2}
    goals = [
        goal(
            "times faster than AdapterTrainer's default",
            ratio(seconds["default"], seconds["ours"]),
            least=least["default"],
        ),
        goal(
            "times faster than the same, grouped by length",
            ratio(seconds["grouped"], seconds["ours"]),
            least=least["grouped"],
        ),
    ]
    speed = sum(sizes) / statistics.median(seconds["ours"])
    hours = measuring.epochs(speed) if how.whole and how.size != "tiny" else None
    if hours:
        print(f"ours, hours an epoch: {', '.join(f'{task} {hour:.2f}' for task, hour in hours.items())}")
    name = f"epoch_{given.task}_{given.arrange}"
    measuring.finish(name, given, about, {"seconds": seconds, "epoch_hours": hours, "goals": goals})


if __name__ == "__main__":
    main()
