import { TunebertError } from "../error.js";
import { FREE_PICKLE_OBJECTS, PICKLE_BYTES_PER_OBJECT } from "./budgets.js";
import { ByteReader } from "./byte-reader.js";
import { Op } from "./pickle-opcodes.js";
import { PickleDict, PickleGlobal, PickleTuple } from "./pickle-values.js";
import { quote } from "./show.js";

/** What a pickle may name beyond plain data. Whatever is absent here is refused. */
export interface PickleNames {
  /** The global of that dotted name, or undefined to have it refused. */
  global(name: string): PickleGlobal | undefined;
  /** The object behind a persistent id. */
  persistent(id: unknown): unknown;
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
 * to 5). Nothing is executed: a name means what `names` says or the file is refused. Time and memory stay in
 * proportion to the bytes read.
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
  for (;;) {
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
}

/** Picklers write containers in batches of 1000 pairs, so a real stack stays in the low thousands. */
const MAX_STACK = 65_536;
/** Parameter names, storage keys and the like are short; anything longer is no state dict. */
const MAX_STRING_BYTES = 1_048_576;
/** The largest of integers that mean anything here is the magic number of the legacy format, 10 bytes long. */
const MAX_LONG_BYTES = 255;
/** Python's module and class names are far shorter. */
const MAX_NAME_BYTES = 512;
const HIGHEST_PROTOCOL = 5;

class Machine {
  readonly #reader: ByteReader;
  readonly #names: PickleNames;
  readonly #stack: unknown[] = [];
  /** Where on the stack the open marks lie. */
  readonly #marks: number[] = [];
  /** What was remembered, at its number; holes hold NOTHING. */
  readonly #memo: unknown[] = [];
  readonly #start: number;
  #objects = 0;

  constructor(reader: ByteReader, names: PickleNames) {
    this.#reader = reader;
    this.#names = names;
    this.#start = reader.position;
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
        return this.#push(this.#long(reader.uint8()));
      case Op.LONG4:
        return this.#push(this.#long(reader.uint32()));
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
        return this.#make(this.#string(reader.uint32()));
      case Op.SHORT_BINBYTES:
        return this.#make(this.#string(reader.uint8()));
      case Op.BINBYTES8:
      case Op.BYTEARRAY8:
        return this.#make(this.#string(reader.uint64()));

      case Op.EMPTY_TUPLE:
        return this.#push(EMPTY_TUPLE);
      case Op.TUPLE1:
        return this.#make(new PickleTuple([this.pop()]));
      case Op.TUPLE2:
        return this.#make(new PickleTuple([this.pop(), this.pop()].reverse()));
      case Op.TUPLE3:
        return this.#make(new PickleTuple([this.pop(), this.pop(), this.pop()].reverse()));
      case Op.TUPLE:
        return this.#make(new PickleTuple(this.#popToMark()));
      case Op.EMPTY_LIST:
      case Op.EMPTY_SET:
        return this.#make([]);
      case Op.FROZENSET:
        return this.#make(this.#popToMark());
      case Op.APPEND:
        return this.#append([this.pop()]);
      case Op.APPENDS:
      case Op.ADDITEMS:
        return this.#append(this.#popToMark());
      case Op.EMPTY_DICT:
        return this.#make(new PickleDict());
      case Op.SETITEM:
        return this.#setItems([this.pop(), this.pop()].reverse());
      case Op.SETITEMS:
        return this.#setItems(this.#popToMark());

      case Op.POP:
        this.pop();
        return true;
      case Op.POP_MARK:
        this.#popToMark();
        return true;
      case Op.MARK:
        this.#checkDepth();
        this.#marks.push(this.#stack.length);
        return true;
      case Op.BINPUT:
        return this.#remember(reader.uint8());
      case Op.LONG_BINPUT:
        return this.#remember(reader.uint32());
      case Op.MEMOIZE:
        return this.#remember(this.#memo.length);
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
      case Op.REDUCE:
      case Op.NEWOBJ: {
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

  /** Pushes a new object. */
  #make(object: unknown): true {
    this.#countObjects(1);
    return this.#push(object);
  }

  #countObjects(count: number): void {
    this.#objects += count;
    if (
      this.#objects <=
      FREE_PICKLE_OBJECTS + (this.#reader.position - this.#start) / PICKLE_BYTES_PER_OBJECT
    )
      return;
    throw this.#malformed(`makes ${this.#objects} objects, more than a state dict of its length has`);
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
    if (!(dict instanceof PickleDict)) throw this.#malformed("sets an item of something that is not a dict");
    if (items.length % 2 !== 0) throw this.#malformed("sets a key without a value");
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
    return true;
  }

  #remember(index: number): true {
    // Picklers number what they remember from 0 or 1 on, so each number has had a byte or more before it.
    if (index > this.#reader.position - this.#start) {
      throw this.#malformed(`remembers object ${index} in so few bytes`);
    }
    while (this.#memo.length < index) this.#memo.push(NOTHING);
    this.#memo[index] = this.#top();
    return true;
  }

  #recall(index: number): unknown {
    const found = index < this.#memo.length ? this.#memo[index] : NOTHING;
    if (found === NOTHING) throw this.#malformed(`recalls object ${index}, which it never remembered`);
    return found;
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
    const made = callee.call(args.items);
    this.#countObjects(made instanceof PickleDict ? 1 + made.size : 1);
    return made;
  }

  /** Attributes, such as `_metadata` of an OrderedDict, say nothing about the tensors. */
  #ignoreAttributes(): true {
    this.pop();
    if (!hasAttributes(this.#top())) throw this.#malformed("sets attributes of something that has none");
    return true;
  }

  #long(length: number): number | bigint {
    if (length <= MAX_LONG_BYTES) return longFrom(this.#reader.take(length));
    throw this.#malformed(`has an integer of ${length} bytes; at most ${MAX_LONG_BYTES} are read`);
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

const EMPTY_TUPLE = new PickleTuple([]);
/** What stands at a number of the memo that was left out. */
const NOTHING = Symbol("nothing");

function hasAttributes(value: unknown): boolean {
  const isPlain = Array.isArray(value) || value instanceof PickleTuple || value instanceof Uint8Array;
  return typeof value === "object" && value !== null && !isPlain && !(value instanceof PickleGlobal);
}

/** Two's complement, lowest byte first; a number where that is exact, else a bigint. */
function longFrom(bytes: Uint8Array): number | bigint {
  if (bytes.length === 0) return 0;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).reverse();
  const value = BigInt.asIntN(8 * bytes.length, BigInt(`0x${digits.join("")}`));
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
