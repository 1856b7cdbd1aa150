import { concatenate } from "../concatenate.js";
import { Op } from "./pickle-opcodes.js";

/** What can be pickled: plain data, where a number is a whole one, and what names things outside the pickle. */
export type Picklable =
  | boolean
  | number
  | bigint
  | string
  | null
  | readonly Picklable[]
  | ReadonlyMap<string, Picklable>
  | PyTuple
  | PyGlobal
  | PyCall
  | PyReference;

/** A tuple; an array is a list, and a Map a dict. */
export class PyTuple {
  readonly items: readonly Picklable[];

  constructor(...items: Picklable[]) {
    this.items = items;
  }
}

/** A class or function by its name. */
export class PyGlobal {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}
}

/** What a call returns; `items` are set on it, where it is a dictionary. */
export class PyCall {
  constructor(
    readonly callee: PyGlobal,
    readonly args: PyTuple,
    readonly items: ReadonlyMap<string, Picklable> = new Map(),
  ) {}
}

/** A persistent id: something that the reader has from elsewhere. */
export class PyReference {
  constructor(readonly id: Picklable) {}
}

/**
 * Pickles a value in protocol 2, each thing anew wherever it occurs: equal values give equal bytes.
 * Source: CPython's Lib/pickletools.py, which documents each opcode.
 */
export function pickle(value: Picklable): Uint8Array {
  const out: Uint8Array[] = [Uint8Array.of(Op.PROTO, 2)];
  write(value, out);
  out.push(opcode(Op.STOP));
  return concatenate(out);
}

function write(value: Picklable, out: Uint8Array[]): void {
  if (value === null) out.push(opcode(Op.NONE));
  else if (typeof value === "boolean") out.push(opcode(value ? Op.NEWTRUE : Op.NEWFALSE));
  else if (typeof value === "number" || typeof value === "bigint") out.push(integer(BigInt(value)));
  else if (typeof value === "string") writeText(value, out);
  else if (value instanceof PyTuple) {
    out.push(opcode(Op.MARK));
    for (const item of value.items) write(item, out);
    out.push(opcode(Op.TUPLE));
  } else if (value instanceof PyGlobal) {
    out.push(opcode(Op.GLOBAL), utf8.encode(`${value.module}\n${value.name}\n`));
  } else if (value instanceof PyCall) {
    write(value.callee, out);
    write(value.args, out);
    out.push(opcode(Op.REDUCE));
    writeItems(value.items, out);
  } else if (value instanceof PyReference) {
    write(value.id, out);
    out.push(opcode(Op.BINPERSID));
  } else if (value instanceof Map) {
    out.push(opcode(Op.EMPTY_DICT));
    writeItems(value, out);
  } else {
    out.push(opcode(Op.EMPTY_LIST));
    inBatches(value as readonly Picklable[], out, Op.APPENDS, (item) => write(item, out));
  }
}

function writeItems(items: ReadonlyMap<string, Picklable>, out: Uint8Array[]): void {
  inBatches([...items], out, Op.SETITEMS, ([key, item]) => {
    writeText(key, out);
    write(item, out);
  });
}

/** As Python does, so that a reader's stack does not grow with the container. */
function inBatches<T>(items: readonly T[], out: Uint8Array[], closing: number, add: (item: T) => void): void {
  for (let start = 0; start < items.length; start += BATCH) {
    out.push(opcode(Op.MARK));
    for (const item of items.slice(start, start + BATCH)) add(item);
    out.push(opcode(closing));
  }
}

function writeText(text: string, out: Uint8Array[]): void {
  const bytes = utf8.encode(text);
  out.push(opcode(Op.BINUNICODE), new Uint8Array(Uint32Array.of(bytes.length).buffer), bytes);
}

/** Four bytes where they suffice, else two's complement, lowest byte first. */
function integer(value: bigint): Uint8Array {
  if (value === BigInt.asIntN(32, value)) {
    return concatenate([opcode(Op.BININT), new Uint8Array(Int32Array.of(Number(value)).buffer)]);
  }
  const bytes: number[] = [];
  for (let rest = value; BigInt.asIntN(8 * bytes.length, value) !== value; rest >>= 8n) {
    bytes.push(Number(rest & 0xffn));
  }
  return Uint8Array.of(Op.LONG1, bytes.length, ...bytes);
}

function opcode(code: number): Uint8Array {
  return Uint8Array.of(code);
}

const utf8 = new TextEncoder();
const BATCH = 1000;
