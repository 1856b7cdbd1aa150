import { TunebertError } from "../error.js";
import { ByteReader } from "./byte-reader.js";
import { quote } from "./show.js";

/** What a pickle may name beyond plain data. Whatever is absent here is refused. */
export interface PickleNames {
  /** The global of that dotted name, or undefined to have it refused. */
  global(name: string): PickleGlobal | undefined;
  /** The object behind a persistent id. */
  persistent(id: unknown): unknown;
}

/** A class or function that a pickle refers to by name; `call` stands in for calling it. */
export class PickleGlobal {
  constructor(
    readonly name: string,
    readonly call?: (args: readonly unknown[]) => unknown,
  ) {}
}

/** A Python tuple; a Python list is an array, a dict a Map, None null, an int a number or a bigint. */
export class PickleTuple {
  constructor(readonly items: readonly unknown[]) {}
}

/** Names for a pickle of plain data: none at all. */
export const PLAIN_DATA: PickleNames = {
  global: () => undefined,
  persistent: () => {
    throw new TunebertError("the pickle refers to an outside object where only plain data were expected");
  },
};

/**
 * Reads one pickle by interpreting the opcodes that plain data and state dicts are written with (protocols 2
 * to 5). Nothing is executed: a name means what `names` says or the file is refused.
 * Source: CPython's Lib/pickletools.py, which documents each opcode.
 * @returns the value, and the position after the pickle's last byte
 * @throws TunebertError for a global that `names` lacks, an unknown opcode, a limit passed, a truncated file
 */
export function unpickle(
  bytes: Uint8Array,
  start: number,
  names: PickleNames,
): { value: unknown; end: number } {
  const reader = new ByteReader(bytes, start, "the pickle");
  const machine = new Machine(reader, names);
  for (let step = 0; step < MAX_STEPS; step++) {
    const at = reader.position;
    const opcode = reader.uint8();
    if (opcode === Op.STOP) return { value: machine.pop(), end: reader.position };
    if (!machine.execute(opcode)) {
      throw new TunebertError(
        `the pickle has opcode 0x${opcode.toString(16).padStart(2, "0")} at byte ${at}, ` +
          "which a state dict does not use",
      );
    }
  }
  throw new TunebertError(`the pickle takes more than ${MAX_STEPS} steps; a state dict takes far fewer`);
}

/** About 30 steps make one tensor, so this is room for over 100,000 of them; it bounds time and memory. */
const MAX_STEPS = 4_000_000;
/** Picklers write containers in batches of 1000 pairs, so a real stack stays in the low thousands. */
const MAX_STACK = 65_536;
/** About 8 objects per tensor are remembered; the table stays within a few hundred megabytes. */
const MAX_MEMO = 1_000_000;
/** Parameter names, storage keys and the like are short; anything longer is no state dict. */
const MAX_STRING_BYTES = 1_048_576;
/** Python's module and class names are far shorter. */
const MAX_NAME_BYTES = 512;
const HIGHEST_PROTOCOL = 5;

class Machine {
  readonly #reader: ByteReader;
  readonly #names: PickleNames;
  readonly #stack: unknown[] = [];
  /** Where on the stack the open marks lie. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();

  constructor(reader: ByteReader, names: PickleNames) {
    this.#reader = reader;
    this.#names = names;
  }

  /** Runs one opcode; false when it is unknown. */
  execute(opcode: number): boolean {
    const reader = this.#reader;
    switch (opcode) {
      case Op.PROTO:
        this.#checkProtocol(reader.uint8());
        return true;
      case Op.FRAME:
        reader.uint64();
        return true;

      case Op.NONE:
        return this.#push(null);
      case Op.NEWTRUE:
        return this.#push(true);
      case Op.NEWFALSE:
        return this.#push(false);
      case Op.BININT:
        return this.#push(reader.int32());
      case Op.BININT1:
        return this.#push(reader.uint8());
      case Op.BININT2:
        return this.#push(reader.uint16());
      case Op.LONG1:
        return this.#push(longFrom(reader.take(reader.uint8())));
      case Op.BINFLOAT:
        return this.#push(reader.bigEndianFloat64());

      case Op.BINUNICODE:
      case Op.BINSTRING:
        return this.#push(this.#text(reader.uint32()));
      case Op.SHORT_BINUNICODE:
      case Op.SHORT_BINSTRING:
        return this.#push(this.#text(reader.uint8()));
      case Op.BINUNICODE8:
        return this.#push(this.#text(reader.uint64()));
      case Op.BINBYTES:
        return this.#push(this.#string(reader.uint32()));
      case Op.SHORT_BINBYTES:
        return this.#push(this.#string(reader.uint8()));

      case Op.EMPTY_TUPLE:
        return this.#push(new PickleTuple([]));
      case Op.TUPLE1:
        return this.#push(new PickleTuple([this.pop()]));
      case Op.TUPLE2:
        return this.#push(new PickleTuple([this.pop(), this.pop()].reverse()));
      case Op.TUPLE3:
        return this.#push(new PickleTuple([this.pop(), this.pop(), this.pop()].reverse()));
      case Op.TUPLE:
        return this.#push(new PickleTuple(this.#popToMark()));
      case Op.EMPTY_LIST:
        return this.#push([]);
      case Op.APPEND:
        return this.#append([this.pop()]);
      case Op.APPENDS:
        return this.#append(this.#popToMark());
      case Op.EMPTY_DICT:
        return this.#push(new Map());
      case Op.SETITEM:
        return this.#setItems([this.pop(), this.pop()].reverse());
      case Op.SETITEMS:
        return this.#setItems(this.#popToMark());

      case Op.MARK:
        this.#checkDepth();
        this.#marks.push(this.#stack.length);
        return true;
      case Op.BINPUT:
        return this.#remember(reader.uint8());
      case Op.LONG_BINPUT:
        return this.#remember(reader.uint32());
      case Op.MEMOIZE:
        return this.#remember(this.#memo.size);
      case Op.BINGET:
        return this.#push(this.#recall(reader.uint8()));
      case Op.LONG_BINGET:
        return this.#push(this.#recall(reader.uint32()));

      case Op.GLOBAL:
        return this.#push(this.#global(this.#line(), this.#line()));
      case Op.STACK_GLOBAL: {
        const name = this.pop();
        return this.#push(this.#global(this.pop(), name));
      }
      case Op.REDUCE: {
        const args = this.pop();
        return this.#push(this.#call(this.pop(), args));
      }
      case Op.BUILD:
        return this.#ignoreAttributes();
      case Op.BINPERSID:
        return this.#push(this.#names.persistent(this.pop()));

      default:
        return false;
    }
  }

  pop(): unknown {
    this.#checkFilled();
    return this.#stack.pop();
  }

  #push(value: unknown): true {
    this.#checkDepth();
    this.#stack.push(value);
    return true;
  }

  #top(): unknown {
    this.#checkFilled();
    return this.#stack.at(-1);
  }

  #popToMark(): unknown[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw this.#malformed("closes a group that was never opened");
    return this.#stack.splice(mark);
  }

  #append(items: readonly unknown[]): true {
    const list = this.#top();
    if (!Array.isArray(list)) throw this.#malformed("appends to something that is not a list");
    for (const item of items) list.push(item);
    return true;
  }

  #setItems(items: readonly unknown[]): true {
    const dict = this.#top();
    if (!(dict instanceof Map)) throw this.#malformed("sets an item of something that is not a dict");
    if (items.length % 2 !== 0) throw this.#malformed("sets a key without a value");
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
    return true;
  }

  #remember(index: number): true {
    this.#memo.set(index, this.#top());
    if (this.#memo.size > MAX_MEMO) {
      throw new TunebertError(`the pickle remembers more than ${MAX_MEMO} objects; no state dict needs that`);
    }
    return true;
  }

  #recall(index: number): unknown {
    if (!this.#memo.has(index)) throw this.#malformed(`recalls object ${index}, which it never remembered`);
    return this.#memo.get(index);
  }

  #global(module: unknown, name: unknown): PickleGlobal {
    if (typeof module !== "string" || typeof name !== "string") {
      throw this.#malformed("names a global by something that is not text");
    }
    const known = this.#names.global(`${module}.${name}`);
    if (known) return known;
    throw new TunebertError(
      `the pickle refers to ${quote(`${module}.${name}`)}, which a dictionary of plain tensors does not need; ` +
        "the file is refused and nothing of it was executed. If you trust it, load it with PyTorch and save " +
        "the weights alone: torch.save(model.state_dict(), …)",
    );
  }

  #call(callee: unknown, args: unknown): unknown {
    if (!(callee instanceof PickleGlobal)) throw this.#malformed("calls something that is not a function");
    if (!callee.call) throw this.#malformed(`calls ${callee.name}, which is not a function`);
    if (!(args instanceof PickleTuple)) throw this.#malformed(`calls ${callee.name} without a tuple`);
    return callee.call(args.items);
  }

  /** Attributes set on an OrderedDict, `_metadata` among them, say nothing about the tensors. */
  #ignoreAttributes(): true {
    this.pop();
    if (!(this.#top() instanceof Map))
      throw this.#malformed("sets attributes of something that is not a dict");
    return true;
  }

  #line(): string {
    return this.#decode(this.#reader.line(MAX_NAME_BYTES));
  }

  #text(length: number): string {
    return this.#decode(this.#string(length));
  }

  #string(length: number): Uint8Array {
    if (length > MAX_STRING_BYTES) {
      throw this.#malformed(`has a string of ${length} bytes; at most ${MAX_STRING_BYTES} are read`);
    }
    return this.#reader.take(length);
  }

  #decode(bytes: Uint8Array): string {
    try {
      return utf8.decode(bytes);
    } catch (cause) {
      throw new TunebertError(`the pickle has text that is not UTF-8 before byte ${this.#reader.position}`, {
        cause,
      });
    }
  }

  #checkProtocol(protocol: number): void {
    if (protocol <= HIGHEST_PROTOCOL) return;
    throw new TunebertError(
      `the pickle says protocol ${protocol}; known are those up to ${HIGHEST_PROTOCOL}`,
    );
  }

  #checkDepth(): void {
    if (this.#stack.length + this.#marks.length < MAX_STACK) return;
    throw this.#malformed(`puts more than ${MAX_STACK} objects on its stack`);
  }

  #checkFilled(): void {
    if (this.#stack.length > (this.#marks.at(-1) ?? 0)) return;
    throw this.#malformed("takes an object from its stack, which is empty");
  }

  #malformed(problem: string): TunebertError {
    return new TunebertError(
      `the pickle is malformed before byte ${this.#reader.position}: it ${problem}; fetch or copy the file again`,
    );
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Two's complement, lowest byte first; a number where that is exact, else a bigint. */
function longFrom(bytes: Uint8Array): number | bigint {
  const unsigned = bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  const value = BigInt.asIntN(8 * bytes.length, unsigned);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

const Op = {
  MARK: 0x28,
  EMPTY_TUPLE: 0x29,
  STOP: 0x2e,
  BINBYTES: 0x42,
  SHORT_BINBYTES: 0x43,
  BINFLOAT: 0x47,
  BININT: 0x4a,
  BININT1: 0x4b,
  BININT2: 0x4d,
  NONE: 0x4e,
  BINPERSID: 0x51,
  REDUCE: 0x52,
  BINSTRING: 0x54,
  SHORT_BINSTRING: 0x55,
  BINUNICODE: 0x58,
  EMPTY_LIST: 0x5d,
  APPEND: 0x61,
  BUILD: 0x62,
  GLOBAL: 0x63,
  APPENDS: 0x65,
  BINGET: 0x68,
  LONG_BINGET: 0x6a,
  BINPUT: 0x71,
  LONG_BINPUT: 0x72,
  SETITEM: 0x73,
  TUPLE: 0x74,
  SETITEMS: 0x75,
  EMPTY_DICT: 0x7d,
  PROTO: 0x80,
  TUPLE1: 0x85,
  TUPLE2: 0x86,
  TUPLE3: 0x87,
  NEWTRUE: 0x88,
  NEWFALSE: 0x89,
  LONG1: 0x8a,
  SHORT_BINUNICODE: 0x8c,
  BINUNICODE8: 0x8d,
  STACK_GLOBAL: 0x93,
  MEMOIZE: 0x94,
  FRAME: 0x95,
} as const;
