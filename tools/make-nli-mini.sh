#!/usr/bin/env bash
# Makes models/nli.mini, the trained model that comes with the package: bert.mini, taught on SNLI by a fine-tuned MiniLM.
#
#   npm run build && tools/make-nli-mini.sh all-MiniLM-L6-v2 snli_1.0_train.txt snli_1.0_dev.txt
#
# The first is a folder with the model of that name (Apache 2.0). The first 30,000 training pairs have labels in about equal parts;
# 45,000 unlabelled pairs are recombined from all of SNLI's training sentences. Dev pairs are measured on, and choose nothing. It
# takes about half an hour on one core. MODEL_CARD.md and LICENSE there are written by hand.
set -euo pipefail
minilm=$1 train=$2 dev=$3
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tunebert() { node "$root/dist/cli/main.js" "$@"; }
snli=(--train "$train" --limit 30000 --test "$dev" --max-length 64 --class-weights balanced --threads 1 --seed 0)

tunebert train "${snli[@]}" --pretrained "$minilm" --epochs 2 --batch-size 32 --learning-rate 1e-4 --schedule linear \
  --warmup 0.06 --out "$work/teacher"

"$root/tools/snli-pairs.sh" "$train" > "$work/pairs.tsv"
node "$root/tools/recombine-pairs.js" "$work/pairs.tsv" 45000 "$work/unlabelled.tsv"

tunebert train "${snli[@]}" --teacher "$work/teacher" --unlabelled "$work/unlabelled.tsv" --temperature 2 --teacher-weight 0.8 \
  --pretrained bert.mini --epochs 6 --out "$work/student"

mkdir -p "$root/models/nli.mini"
tunebert convert "$work/student/model.safetensors" "$root/models/nli.mini/model.safetensors" --class classifier --float16 --overwrite
cp "$work/student/config.json" "$work/student/vocab.json" "$work/student/tokenizer_config.json" "$root/models/nli.mini/"
tunebert evaluate --model nli.mini --data "$dev"
