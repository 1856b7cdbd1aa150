#!/usr/bin/env bash
# Makes models/nli.mini, the trained model that comes with the package: bert.mini, taught on SNLI by a fine-tuned MiniLM.
#
#   npm run build && tools/make-nli-mini.sh all-MiniLM-L6-v2 snli_1.0_train.txt snli_1.0_dev.txt /usr/share/wordnet
#
# The first is a folder with the model of that name (Apache 2.0), the last WordNet 3.0's database. Labelled are the first
# 30,000 of SNLI's training pairs, whose labels are in about equal parts, and 9,000 pairs by words whose relation WordNet knows; of the
# latter the student sees more without labels, and 150,000 pairs recombined from SNLI's training sentences. Dev pairs are measured on,
# and choose nothing. It takes about an hour on 2 cores. MODEL_CARD.md and LICENSE there are written by hand.
set -euo pipefail
minilm=$1 train=$2 dev=$3 wordnet=$4
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tunebert() { node "$root/dist/cli/main.js" "$@"; }

"$root/tools/snli-pairs.sh" "$train" > "$work/pairs.tsv"
node "$root/tools/lexical-pairs.js" "$work/pairs.tsv" "$wordnet" 3000 "$work/lexical.tsv"
node "$root/tools/lexical-pairs.js" "$work/pairs.tsv" "$wordnet" 20000 "$work/more.tsv"
node "$root/tools/recombine-pairs.js" "$work/pairs.tsv" 150000 "$work/unlabelled.tsv"
cut -f 1-2 "$work/more.tsv" >> "$work/unlabelled.tsv"
{ printf 'premise\thypothesis\tlabel\n'; head -n 30000 "$work/pairs.tsv"; cat "$work/lexical.tsv"; } > "$work/labelled.tsv"
both=(--train "$work/labelled.tsv" --test "$dev" --max-length 64 --class-weights balanced --seed 0)

tunebert train "${both[@]}" --pretrained "$minilm" --epochs 3 --batch-size 32 --learning-rate 1e-4 --schedule linear \
  --warmup 0.06 --threads 1 --out "$work/teacher"

tunebert train "${both[@]}" --teacher "$work/teacher" --unlabelled "$work/unlabelled.tsv" --temperature 2 --teacher-weight 0.8 \
  --pretrained bert.mini --epochs 8 --threads 2 --out "$work/student"

mkdir -p "$root/models/nli.mini"
tunebert convert "$work/student/model.safetensors" "$root/models/nli.mini/model.safetensors" --class classifier --float16 --overwrite
cp "$work/student/config.json" "$work/student/vocab.json" "$work/student/tokenizer_config.json" "$root/models/nli.mini/"
tunebert evaluate --model nli.mini --data "$dev"
