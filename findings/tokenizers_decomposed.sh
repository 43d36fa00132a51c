#!/bin/sh
# tokenizers 0.23.3 (and 0.22.2; issue 2116 of huggingface/tokenizers), sentencepiece 0.2.3: the normalizer Precompiled, which is to do what
# SentencePiece does with its table of characters (here nmt_nfkc, which XLM-R, mT5 and others have), does not compose letters that come
# decomposed. A small unigram model, trained here, is read by both, with the same table, pieces and scores: composed text has the same ids;
# decomposed Vietnamese and Korean have other ids by tokenizers, with unknown pieces, and the same by sentencepiece, which composes first.
# Seen: of 22 decomposed words sentencepiece gives 22 the ids of the composed ones, tokenizers 15 other ids, 14 with an unknown piece.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet 'tokenizers==0.23.3' 'sentencepiece==0.2.3'
"$folder/env/bin/python" - <<'PYTHON'
import io
import pathlib
import sys
import unicodedata

import sentencepiece
import tokenizers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

words = "một hai ba bốn năm sáu bảy tám chín mười tiếng Việt được nghỉ học 하나 둘 셋 넷 다섯 여섯 한국 사람 학교".split()
texts = [" ".join(words[i:] + words[:i]) for i in range(len(words))] * 4
model = io.BytesIO()
sentencepiece.SentencePieceTrainer.train(
    sentence_iterator=iter(texts), model_writer=model, model_type="unigram", vocab_size=120, hard_vocab_limit=False,
    character_coverage=1.0, normalization_rule_name="nmt_nfkc", num_threads=1, minloglevel=2,
)
slow = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
table = (pathlib.Path(sentencepiece.__file__).parent / "package_data" / "nmt_nfkc.bin").read_bytes()
fast = Tokenizer(models.Unigram([(slow.id_to_piece(i), slow.get_score(i)) for i in range(len(slow))], slow.unk_id()))
fast.normalizer = normalizers.Precompiled(table)
fast.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
composed = [unicodedata.normalize("NFC", word) for word in words]
apart = [unicodedata.normalize("NFD", word) for word in words]
assert [fast.encode(word).ids for word in composed] == [slow.encode(word) for word in composed], "composed words differ"
changed = [a for a, b in zip(apart, composed) if a != b]
same = sum(slow.encode(word) == slow.encode(unicodedata.normalize("NFC", word)) for word in changed)
other = sum(fast.encode(word).ids != slow.encode(word) for word in changed)
unknown = sum(slow.unk_id() in fast.encode(word).ids for word in changed)
print(f"tokenizers {tokenizers.__version__}, sentencepiece {sentencepiece.__version__}: of {len(changed)} decomposed words sentencepiece gives")
print(f"{same} the ids of the composed ones, tokenizers {other} others, {unknown} of them with an unknown piece")
sys.exit(0 if (len(changed), same, other, unknown) == (22, 22, 15, 14) else "no longer so")
PYTHON
