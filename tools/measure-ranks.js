// Measures what several processes of Open MPI cost a step: seconds, and the bytes that each sends, over a network of a given rate
// between network namespaces that this makes. Wants root, iproute2 and Open MPI.
//
//   npm run build && node tools/measure-ranks.js --data snli_1.0_train.txt [--ranks 1,2,4] [--rates none,1gbit,100mbit] [flags of train]
//
// With more processes than cores a step's computing is shared out among fewer than the table says; what it tells then is the bytes, and the
// seconds beside those without a limit.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const COMMAND = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const { values, positionals } = parseArgs({
  options: {
    data: { type: "string" },
    ranks: { type: "string", default: "1,2,4" },
    rates: { type: "string", default: "none,1gbit,100mbit" },
  },
  allowPositionals: true,
  strict: false,
});
const own = ["--data", "--ranks", "--rates"];
const argv = process.argv.slice(2);
const flags = argv.filter((arg, i) => !own.includes(arg) && !own.includes(argv[i - 1]));
if (values.data === undefined || positionals.length > flags.length)
  throw new Error("say which examples: --data FILE");

const counts = values.ranks.split(",").map(Number);
const most = Math.max(...counts);
const root = mkdtempSync(join(tmpdir(), "measure-ranks-"));
const agent = join(root, "agent.sh");
// What mpirun calls instead of ssh: the last number of an address is that of a namespace.
writeFileSync(
  agent,
  '#!/bin/sh\nwhile [ "$' +
    '{1#-}" != "$1" ]; do shift; done\nhost=$1; shift\nexec ip netns exec tb$' +
    '{host##*.} sh -c "$*"\n',
);
chmodSync(agent, 0o755);

try {
  connect(most);
  for (const rate of values.rates.split(",")) {
    limit(rate, most);
    for (const count of counts) measure(count, rate);
  }
} finally {
  for (let i = 1; i <= most; i++) spawnSync("ip", ["netns", "del", `tb${i}`]);
  spawnSync("ip", ["link", "del", "tbbridge"]);
  rmSync(root, { recursive: true, force: true });
}

/** Namespaces tb1, tb2, … with addresses 10.97.0.1, 10.97.0.2, … on one bridge. */
function connect(size) {
  run("ip link add tbbridge type bridge");
  run("ip link set tbbridge up");
  for (let i = 1; i <= size; i++) {
    run(`ip netns add tb${i}`);
    run(`ip link add tbv${i} type veth peer name tbp${i}`);
    run(`ip link set tbv${i} netns tb${i}`);
    run(`ip link set tbp${i} master tbbridge up`);
    run(`ip netns exec tb${i} ip addr add 10.97.0.${i}/24 dev tbv${i}`);
    run(`ip netns exec tb${i} ip link set tbv${i} up`);
    run(`ip netns exec tb${i} ip link set lo up`);
  }
}

function limit(rate, size) {
  for (let i = 1; i <= size; i++) {
    spawnSync("ip", `netns exec tb${i} tc qdisc del dev tbv${i} root`.split(" "));
    if (rate !== "none")
      run(`ip netns exec tb${i} tc qdisc add dev tbv${i} root tbf rate ${rate} burst 512kb latency 100ms`);
  }
}

function measure(count, rate) {
  const before = sentBy(1);
  const hosts = Array.from({ length: count }, (_, i) => `10.97.0.${i + 1}:1`).join(",");
  const network =
    "--mca btl tcp,self --mca btl_tcp_if_include 10.97.0.0/24 --mca oob_tcp_if_include 10.97.0.0/24";
  const mpirun = `netns exec tb1 mpirun --allow-run-as-root --bind-to none --mca plm_rsh_agent ${agent} ${network} --host ${hosts} -n ${count}`;
  const train = [
    "train",
    "--train",
    values.data,
    "--threads",
    "1",
    "--epochs",
    "1",
    "--out",
    join(root, "run"),
    "--overwrite",
  ];
  const rest = ["--no-checkpoints", "--log-format", "json", ...flags];
  const { status, stdout, stderr } = spawnSync(
    "ip",
    [...mpirun.split(" "), process.execPath, COMMAND, ...train, ...rest],
    {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
      env: { ...process.env, OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" },
    },
  );
  if (status !== 0) throw new Error(stderr);
  const events = stdout
    .trim()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map(JSON.parse);
  const steps = events.filter(({ event }) => event === "step");
  const settled = steps.slice(Math.min(5, steps.length - 1));
  const median = (of) => settled.map(of).sort((a, b) => a - b)[settled.length >> 1];
  const seconds = median((step) => step.seconds);
  const megabytes = (sentBy(1) - before) / steps.length / 1e6;
  console.log(
    `${rate}, ${count} ranks: step ${seconds.toFixed(3)} s, graph ${median(({ work }) => work.graph).toFixed(3)} s, ` +
      `rank 0 sends ${megabytes.toFixed(2)} MB a step`,
  );
}

/** Bytes that have left a namespace. */
function sentBy(i) {
  return Number(run(`ip netns exec tb${i} cat /sys/class/net/tbv${i}/statistics/tx_bytes`));
}

function run(line) {
  const [program, ...args] = line.split(" ");
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${line}: ${stderr}`);
  return stdout;
}
