#!/usr/bin/env bash
# Makes models/bert.mini, the pretrained BERT that comes with the package, from SNLI's training sentences and WikiText-2.
#
#   npm run build && tools/make-bert-mini.sh snli_1.0_train.txt wikitext2_valid.txt wikitext2_test.txt
#
# The text stays where it is; what is written are weights, a word list and a card. It takes about 25 minutes on 2 cores, and the
# same files on 2 threads give the same bytes. MODEL_CARD.md and LICENSE there are written by hand.
set -euo pipefail
snli=$1 valid=$2 test=$3
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tunebert() { node "$root/dist/cli/main.js" "$@"; }

# A pair a line, its texts as the binary parses without brackets, in an order that is always the same.
"$root/tools/snli-pairs.sh" "$snli" | cut -f 1-2 | shuf --random-source=<(yes 1 2>/dev/null) > "$work/snli.tsv"
head -n -1525 "$work/snli.tsv" > "$work/train.tsv"
tail -n 1525 "$work/snli.tsv" > "$work/held-out.tsv"

tunebert pretrain --text "$work/train.tsv" --text "$valid" --text "$test" --validation "$work/held-out.tsv" \
  --min-frequency 5 --hidden 128 --ffn 512 --heads 4 --blocks 3 --positions 128 --tied-decoder --embedding-std 0.1 \
  --batch-size 256 --epochs 24 --learning-rate 2e-3 --schedule linear --warmup 0.05 --seed 0 --threads 2 --out "$work/run"

mkdir -p "$root/models/bert.mini"
tunebert convert "$work/run/model.safetensors" "$root/models/bert.mini/model.safetensors" --float16 --overwrite
cp "$work/run/config.json" "$work/run/vocab.json" "$work/run/tokenizer_config.json" "$root/models/bert.mini/"
cat "$work/run/MODEL_CARD.md"
