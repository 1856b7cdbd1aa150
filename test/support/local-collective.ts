/** Processes that are none: collectives within one process, whose messages are copies. */
import { type Collective, type Pieces, Stopping } from "../../src/runtime/collective.js";

/** @param delay milliseconds that each exchange takes at least */
export function localCollectives(size: number, delay = 0): Collective[] {
  const waiting = new Map<string, (pieces: readonly Uint8Array[]) => void>();
  const sent = new Map<string, readonly Uint8Array[]>();
  const deliver = (key: string, pieces: readonly Uint8Array[]) => {
    const take = waiting.get(key);
    if (take) {
      waiting.delete(key);
      take(pieces);
    } else sent.set(key, pieces);
  };
  const receive = (key: string) =>
    new Promise<readonly Uint8Array[]>((resolve) => {
      const pieces = sent.get(key);
      if (pieces === undefined) waiting.set(key, resolve);
      else {
        sent.delete(key);
        resolve(pieces);
      }
    });
  return Array.from({ length: size }, (_, rank) => {
    let count = 0;
    return {
      ...{ rank, size, stopping: new Stopping() },
      async exchange(outgoing: Pieces, incoming: Pieces) {
        const turn = count++;
        outgoing.forEach((pieces, to) => {
          if (to !== rank)
            deliver(
              `${turn} ${rank} ${to}`,
              pieces.map((piece) => piece.slice()),
            );
        });
        const pause = new Promise((resolve) => (delay > 0 ? setTimeout(resolve, delay) : resolve(undefined)));
        for (const [from, pieces] of incoming.entries()) {
          if (from === rank) continue;
          const came = await receive(`${turn} ${from} ${rank}`);
          if (came.length !== pieces.length) throw new Error(`${came.length} pieces for ${pieces.length}`);
          pieces.forEach((piece, i) => {
            if (piece.length !== came[i]!.length) throw new Error("a piece of another length");
            piece.set(came[i]!);
          });
        }
        await pause;
      },
    };
  });
}
