import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import protobuf from "protobufjs/minimal.js";
import { TunebertError } from "../../error.js";
import { systemReason } from "../../system-error.js";
import { crc32c } from "../../weights/crc32.js";

/** Figures by their names. TensorBoard makes a group of those with the same beginning up to a slash. */
export type Scalars = Readonly<Record<string, number>>;

/**
 * A log of figures that TensorBoard reads while it grows: a file of TFRecords, each a message `Event`
 * (tensorflow/core/util/event.proto). Each is on disk before the next is made.
 */
export class EventFile {
  readonly #path: string;
  readonly #descriptor: number;

  /**
   * Begins a file in `folder`. Where earlier ones are there, TensorBoard takes this one for their continuation.
   * @param step that the run has reached; what earlier files say of later ones, TensorBoard forgets
   * @throws TunebertError when it cannot be written
   */
  constructor(folder: string, { step }: { readonly step: number }) {
    // TensorBoard reads the files of a folder in the order of their names.
    this.#path = join(folder, `events.out.tfevents.${Date.now()}.tunebert`);
    this.#descriptor = this.#attempt(() => {
      mkdirSync(folder, { recursive: true });
      return openSync(this.#path, "wx");
    });
    this.#write(event(0).uint32(FILE_VERSION).string("brain.Event:2"));
    this.#write(
      event(step + 1)
        .uint32(SESSION_LOG)
        .fork()
        .uint32(STATUS)
        .int32(START)
        .ldelim(),
    );
  }

  append(step: number, scalars: Scalars): void {
    const message = event(step).uint32(SUMMARY).fork();
    for (const [tag, value] of Object.entries(scalars)) {
      message.uint32(VALUE).fork().uint32(TAG).string(tag).uint32(SIMPLE_VALUE).float(value).ldelim();
    }
    this.#write(message.ldelim());
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #write(message: protobuf.Writer): void {
    this.#attempt(() => writeSync(this.#descriptor, tfRecord(message.finish())));
  }

  #attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (cause) {
      throw new TunebertError(`cannot write ${this.#path}: ${systemReason(cause)}`, { cause });
    }
  }
}

/** How protobuf encodes a field: as a varint, in eight bytes, with its length before it, in four bytes. */
const [VARINT, DOUBLE, LENGTH_DELIMITED, FLOAT] = [0, 1, 2, 5];

/** Of Event. */
const WALL_TIME = key(1, DOUBLE);
const STEP = key(2, VARINT);
const FILE_VERSION = key(3, LENGTH_DELIMITED);
const SUMMARY = key(5, LENGTH_DELIMITED);
const SESSION_LOG = key(7, LENGTH_DELIMITED);
/** Of Summary. */
const VALUE = key(1, LENGTH_DELIMITED);
/** Of Summary.Value. */
const TAG = key(1, LENGTH_DELIMITED);
const SIMPLE_VALUE = key(2, FLOAT);
/** Of SessionLog. */
const STATUS = key(1, VARINT);
const START = 1;

function key(field: number, wireType: number): number {
  return field * 8 + wireType;
}

function event(step: number): protobuf.Writer {
  return protobuf.Writer.create()
    .uint32(WALL_TIME)
    .double(Date.now() / 1000)
    .uint32(STEP)
    .int64(step);
}

/** Length, its checksum, the bytes, their checksum (tensorflow/core/lib/io/record_writer.h). */
function tfRecord(bytes: Uint8Array): Uint8Array {
  const record = new Uint8Array(bytes.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(bytes.length), true);
  view.setUint32(8, maskedCrc(record.subarray(0, 8)), true);
  record.set(bytes, 12);
  view.setUint32(12 + bytes.length, maskedCrc(bytes), true);
  return record;
}

/** Checksums of data that holds checksums are weak, so TensorFlow rotates them and adds a constant. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
