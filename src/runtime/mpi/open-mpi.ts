import type { KoffiFunc } from "koffi";
import { TunebertError } from "../../error.js";
import { type Collective, type Pieces, Stopping } from "../collective.js";

/** Names under which systems have Open MPI's library; other MPIs pass other handles. */
const LIBRARIES = ["libmpi.so.40", "libmpi.so.80", "libmpi.so", "libmpi.40.dylib", "libmpi.dylib"];

/** What tells messages of ours from others. */
const TAG = 1670;

/** Milliseconds in which waiting asks again and again; then it asks once in a millisecond. */
const EAGER = 50;

/** What is called of the library. Handles and buffers are addresses. */
interface Calls {
  readonly initialise: () => void;
  readonly receive: (buffer: Uint8Array, from: number, request: Uint8Array) => void;
  readonly send: (buffer: Uint8Array, to: number, request: Uint8Array) => void;
  /** Whether a message has gone, or come; lets the library work. */
  readonly isDone: (request: Uint8Array) => boolean;
  readonly rank: () => number;
  readonly size: () => number;
  readonly finish: () => void;
  readonly abort: (code: number) => void;
}

/** The processes that `mpirun` has started, by Open MPI. Messages go and come while others work, so that the process stays responsive. */
export class OpenMpi implements Collective {
  readonly rank: number;
  readonly size: number;
  readonly stopping = new Stopping();
  readonly #calls: Calls;
  readonly #timeout: number;

  private constructor(calls: Calls, timeout: number) {
    this.#calls = calls;
    this.#timeout = timeout;
    this.rank = calls.rank();
    this.size = calls.size();
  }

  /**
   * Joins the others. When this process ends well, it waits for them to end; when it fails, all end.
   * @param timeout seconds for which another may be silent
   * @throws TunebertError where koffi or Open MPI is not installed
   */
  static async join(timeout: number): Promise<OpenMpi> {
    const calls = await loadCalls();
    calls.initialise();
    process.once("exit", (code) => {
      // Whoever was asked to stop has agreed with the others; to abort would be to cut off the one that writes.
      if (code === 0 || code > INTERRUPTED) calls.finish();
      else calls.abort(code);
    });
    return new OpenMpi(calls, timeout);
  }

  async exchange(outgoing: Pieces, incoming: Pieces): Promise<void> {
    const { receive, send } = this.#calls;
    const messages: Message[] = [];
    const start = (pieces: Pieces, begin: Calls["send"]) => {
      pieces.forEach((list, rank) => {
        if (rank === this.rank) return;
        for (const piece of list) {
          const request = new Uint8Array(new ArrayBuffer(8));
          begin(piece, rank, request);
          messages.push({ rank, request, piece });
        }
      });
    };
    start(incoming, receive);
    start(outgoing, send);
    await this.#settle(messages);
  }

  async #settle(messages: readonly Message[]): Promise<void> {
    const started = performance.now();
    let pending = messages;
    for (;;) {
      pending = pending.filter(({ request }) => !this.#calls.isDone(request));
      if (pending.length === 0) return;
      const waited = performance.now() - started;
      const { isAsked } = this.stopping;
      // mpirun asks all to stop when one has died; whoever lives has about as much to do as this one.
      const most = isAsked ? Math.min(STOPPING, this.#timeout) : this.#timeout;
      if (waited > most * 1000) throw silent(pending[0]!.rank, most, isAsked);
      await new Promise((resolve) => (waited < EAGER ? setImmediate(resolve) : setTimeout(resolve, 1)));
    }
  }
}

/** Seconds for which another process may be silent once all are to stop. */
const STOPPING = 15;

/** Something that is under way: its memory must stay. */
interface Message {
  readonly rank: number;
  readonly request: Uint8Array;
  readonly piece: Uint8Array;
}

/** Exit codes above it are of processes that were asked to stop. */
const INTERRUPTED = 128;

function silent(rank: number, seconds: number, isAsked: boolean): TunebertError {
  return new TunebertError(
    (named) =>
      `rank ${rank} has been silent for ${seconds} s` +
      (isAsked
        ? " since all were asked to stop; it has died, or is stuck"
        : `; see what it does, or allow it more by ${named}`),
    { option: "rankTimeout", cause: rank },
  );
}

async function loadCalls(): Promise<Calls> {
  const { default: koffi } = await import("koffi").catch((cause) => {
    throw new TunebertError(
      "several processes of mpirun need the package koffi, which is optional: npm install koffi",
      { cause },
    );
  });
  const library = LIBRARIES.map((name) => {
    try {
      return koffi.load(name);
    } catch {
      return undefined;
    }
  }).find((loaded) => loaded !== undefined);
  if (library === undefined) {
    throw new TunebertError(
      "cannot find Open MPI's library, libmpi: install it, on Debian and Ubuntu with apt install openmpi-bin libopenmpi3",
    );
  }
  const world = library.symbol("ompi_mpi_comm_world", "char");
  const byte = library.symbol("ompi_mpi_byte", "char");
  const init = library.func("int MPI_Init_thread(void *argc, void *argv, int required, _Out_ int *provided)");
  const irecv = library.func(
    "int MPI_Irecv(void *buffer, int count, void *type, int source, int tag, void *comm, void *request)",
  );
  const isend = library.func(
    "int MPI_Isend(void *buffer, int count, void *type, int dest, int tag, void *comm, void *request)",
  );
  const test = library.func("int MPI_Test(void *request, _Out_ int *flag, void *status)");
  const finalize = library.func("int MPI_Finalize()");
  const abort = library.func("int MPI_Abort(void *comm, int code)");
  const commRank = library.func("int MPI_Comm_rank(void *comm, _Out_ int *rank)");
  const commSize = library.func("int MPI_Comm_size(void *comm, _Out_ int *size)");
  return {
    initialise: () => expectZero("MPI_Init", init(null, null, FUNNELED, [0])),
    receive: (buffer, from, request) =>
      expectZero("MPI_Irecv", irecv(buffer, buffer.length, byte, from, TAG, world, request)),
    send: (buffer, to, request) =>
      expectZero("MPI_Isend", isend(buffer, buffer.length, byte, to, TAG, world, request)),
    isDone(request) {
      const flag = [0];
      expectZero("MPI_Test", test(request, flag, null));
      return flag[0] !== 0;
    },
    rank: () => numberOf(commRank, world),
    size: () => numberOf(commSize, world),
    finish: () => expectZero("MPI_Finalize", finalize()),
    abort: (code) => void abort(world, code),
  };
}

/** MPI_THREAD_FUNNELED: only this thread calls the library. */
const FUNNELED = 1;

function numberOf(of: KoffiFunc<(...args: unknown[]) => unknown>, world: unknown): number {
  const found = [0];
  of(world, found);
  return found[0]!;
}

function expectZero(call: string, code: unknown): void {
  if (code !== 0) throw new TunebertError(`Open MPI: ${call} failed with code ${code}`);
}
