import { TunebertError } from "../error.js";

/** Processes that compute together, each with a number, its rank, from 0 on. */
export interface Collective {
  readonly rank: number;
  /** How many processes there are. */
  readonly size: number;
  readonly stopping: Stopping;
  /**
   * Sends bytes to every other process and takes theirs: lists of pieces by rank, of which those for this process itself are left
   * alone. The pieces that one sends another are as many, and as long, as those that the other takes.
   * @throws TunebertError that names a process that is silent for too long
   */
  exchange(outgoing: Pieces, incoming: Pieces): Promise<void>;
}

/** For each rank the pieces that go to it, or come from it. */
export type Pieces = readonly (readonly Uint8Array[])[];

/**
 * How processes end together: one of them is asked to stop, tells the others with what they exchange anyway, and all do.
 * @example
 * const stopping = new Stopping();
 * stopping.ask(new Error("enough"));
 * stopping.agree(0);
 * console.log(stopping.signal.aborted); // true
 */
export class Stopping {
  readonly #agreed = new AbortController();
  #asked: { readonly reason: unknown } | undefined;

  /** Aborted once all know. */
  get signal(): AbortSignal {
    return this.#agreed.signal;
  }

  /** Whether this process was asked to stop. */
  get isAsked(): boolean {
    return this.#asked !== undefined;
  }

  /** Asks all to stop, for a reason that this process then has. */
  ask(reason: unknown): void {
    this.#asked ??= { reason };
  }

  /** All know. @param rank of the first that was asked */
  agree(rank: number): void {
    const reason = this.#asked ? this.#asked.reason : new TunebertError(`rank ${rank} was asked to stop`);
    this.#agreed.abort(reason);
  }
}

/** Memory that is used again: fresh memory of this size costs more than what is written into it. */
export class Scratch {
  readonly #buffers = new Map<string, ArrayBuffer>();

  /** So many bytes, with whatever is in them; they are the key's own until it is asked for again. */
  bytes(key: string, length: number): Uint8Array {
    const known = this.#buffers.get(key);
    const buffer =
      known !== undefined && known.byteLength >= length ? known : new ArrayBuffer(Math.ceil(length * 1.25));
    this.#buffers.set(key, buffer);
    return new Uint8Array(buffer, 0, length);
  }

  floats(key: string, length: number): Float32Array {
    const { buffer } = this.bytes(key, length * Float32Array.BYTES_PER_ELEMENT);
    return new Float32Array(buffer, 0, length);
  }
}

/**
 * The bytes of every process, by rank.
 * @param scratch takes what others send
 * @throws as {@link Collective.exchange}
 */
export async function allGather(
  collective: Collective,
  own: Uint8Array,
  scratch = new Scratch(),
): Promise<Uint8Array[]> {
  const { rank, size } = collective;
  const ranks = Array.from({ length: size }, (_, i) => i);
  const length = bytesOf(Float64Array.of(own.length));
  const lengths = ranks.map(() => new Float64Array(1));
  await collective.exchange(
    ranks.map(() => [length]),
    lengths.map((one) => [bytesOf(one)]),
  );
  const all = ranks.map((one) => (one === rank ? own : scratch.bytes(`from ${one}`, lengths[one]![0]!)));
  const pieces = all.map((bytes) => (bytes.length === 0 ? [] : [bytes]));
  await collective.exchange(
    ranks.map(() => (own.length === 0 ? [] : [own])),
    pieces,
  );
  return all;
}

/**
 * Replaces numbers by their sums over all processes, added up in the order of the ranks: each sums a part of every list, and hands
 * it to the others. What travels is twice the size of the lists, however many processes there are.
 * @param scratch takes what others send
 * @throws as {@link Collective.exchange}
 */
export async function sumOverRanks(
  collective: Collective,
  lists: readonly Float32Array[],
  scratch = new Scratch(),
): Promise<void> {
  const { rank, size } = collective;
  const ranks = Array.from({ length: size }, (_, i) => i);
  const part = (list: Float32Array, of: number) => list.subarray(...partOf(list.length, of, size));
  const own = lists.map((list) => part(list, rank));
  const others = ranks.map((one) =>
    one === rank ? own : own.map(({ length }, i) => scratch.floats(`${i} from ${one}`, length)),
  );
  await collective.exchange(
    ranks.map((one) => piecesOf(lists.map((list) => part(list, one)))),
    others.map(piecesOf),
  );
  own.forEach((sums, i) => {
    addUp(
      sums,
      others.map((pieces) => pieces[i]!),
    );
  });
  await collective.exchange(
    ranks.map(() => piecesOf(own)),
    ranks.map((one) => piecesOf(lists.map((list) => part(list, one)))),
  );
}

/** Which elements of a list a process sums. */
function partOf(length: number, rank: number, size: number): [number, number] {
  return [Math.floor((length * rank) / size), Math.floor((length * (rank + 1)) / size)];
}

/** Adds lists up into one that is among them. */
function addUp(sums: Float32Array, lists: readonly Float32Array[]): void {
  for (let i = 0; i < sums.length; i++) {
    let sum = lists[0]![i]!;
    for (let k = 1; k < lists.length; k++) sum = Math.fround(sum + lists[k]![i]!);
    sums[i] = sum;
  }
}

function piecesOf(lists: readonly Float32Array[]): Uint8Array[] {
  return lists.filter(({ length }) => length > 0).map(bytesOf);
}

/** A view of the bytes of numbers. */
export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
