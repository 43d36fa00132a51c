#!/usr/bin/env bash
# What one GPU does with the toolkit, in at most eight minutes, installation included: tables as they come, JSON files in OUT.
#
#     bash benchmarks/gpu.sh [OUT]           XLM-R Large with random weights in bf16; nothing but packages is downloaded
#     bash benchmarks/gpu.sh --tiny [OUT]    every part in miniature on a CPU, to see that it works
#
# Fusion, full fine-tuning against adapters, an epoch against AdapterTrainer, attacks (tokens and queries a second, memory, model FLOPs
# as a share of the GPU's peak, hours an epoch of the nine tasks), and one cell of a sweep: of config `small` where DATA names a folder in
# the Hub's layout, else of the pocket lab. PYTHON is an interpreter that has the package already; without it a virtual environment
# is made in OUT. A part that fails or runs too long is named at the end, and the others go on.
set -uo pipefail
cd "$(dirname "$0")/.."
tiny=""
if [ "${1:-}" = --tiny ]; then tiny=yes; shift; fi
out=${1:-runs/benchmarks/gpu}
mkdir -p "$out"
out=$(cd "$out" && pwd)
export TRANSFORMERS_VERBOSITY=error HF_HUB_OFFLINE=1
failed=()

part() { # NAME SECONDS COMMAND…
  local name=$1 most=$2 began=$SECONDS
  shift 2
  [ -z "$tiny" ] || most=$((5 * most)) # a CPU may be busy
  printf '\n== %s\n' "$name"
  timeout "$most" "$@" 2>&1 | tee "$out/$name.txt"
  local ended=${PIPESTATUS[0]}
  printf '== %s: %s s, exit code %s\n' "$name" "$((SECONDS - began))" "$ended"
  [ "$ended" = 0 ] || failed+=("$name")
}

if [ -z "${PYTHON:-}" ]; then
  part install 180 bash -c "python3 -m venv '$out/venv' && '$out/venv/bin/python' -m pip install --quiet --editable '.[small]'"
  PYTHON=$out/venv/bin/python
fi

if [ -n "$tiny" ]; then
  size=(--tiny) epoch=(--tiny --data nowhere) attacks=(--random tiny --rows 2)
  cell=(none --target pawsx --langs "en,qaa" --attacks swap --set "transfer.tasks={}" --set transfer.recipe.steps=2)
else
  size=(--device cuda) epoch=(--device cuda --size large --dtype bf16 --examples 1600 --batch 32 --repeats 1)
  attacks=(--random large --device cuda --rows 32)
  cell=(fuse --tasks "squad,mnli,hellaswag" --target pawsx)
  if [ -n "${DATA:-}" ]; then cell=(fuse --config small --tasks "small-squad,small-mnli,small-hellaswag" --target xnli --data "$DATA"); fi
fi

part fusion 90 "$PYTHON" benchmarks/fusion.py "${size[@]}" --counts 1,9 --repeats 3 --no-memory --out "$out"
part full_vs_adapter 80 "$PYTHON" benchmarks/full_vs_adapter.py "${size[@]}" --repeats 3 --out "$out"
part epoch 80 "$PYTHON" benchmarks/epoch.py "${epoch[@]}" --out "$out"
part attacks 60 "$PYTHON" benchmarks/attacks.py "${attacks[@]}" --skip-textattack
part cell 120 "$PYTHON" -m adaptstilts "${cell[@]}" --out "$out/cell" --quiet

if [ "${#failed[@]}" != 0 ]; then
  printf '\nfailed: %s\n' "${failed[*]}"
  exit 1
fi
printf '\nall parts worked, %s s; JSON files in %s\n' "$SECONDS" "$out"
