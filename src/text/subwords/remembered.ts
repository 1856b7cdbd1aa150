/** Words whose pieces are remembered. */
const MOST = 100_000;

/** What words are cut into, remembered for when they come again. */
export function remembered<Piece>(
  cut: (word: string) => readonly Piece[],
): (word: string) => readonly Piece[] {
  const known = new Map<string, readonly Piece[]>();
  return (word) => {
    const found = known.get(word);
    if (found) return found;
    const pieces = cut(word);
    if (known.size >= MOST) known.clear();
    known.set(word, pieces);
    return pieces;
  };
}
