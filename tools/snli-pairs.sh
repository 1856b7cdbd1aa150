#!/usr/bin/env bash
# Prints the texts of a file of SNLI's, a pair a line with tabs between them: its binary parses without brackets, then the label.
#
#   tools/snli-pairs.sh snli_1.0_train.txt
set -euo pipefail
awk -F'\t' 'NR > 1 && $1 != "-" {
  for (i = 2; i <= 3; i++) { gsub(/[()]/, "", $i); gsub(/  +/, " ", $i); gsub(/^ | $/, "", $i) }
  print $2, $3, $1
}' OFS='\t' "$1"
