/** Nearer than this, probabilities count as the same. */
const SAME = 1e-6;
/** The least threshold that a label can have. */
const LEAST_THRESHOLD = 2e-6;
/** That of a label which no example has: no probability reaches it. */
const NEVER = 2;

/** The examples whose labels are probably wrong, and how many there may be of which kind. */
export interface LabelIssues {
  /** The least believable label first. */
  readonly ranked: readonly number[];
  /** About how many examples have label i and should have label j, [K, K]; adds up to the number of examples. */
  readonly joint: readonly (readonly number[])[];
}

/**
 * Confident learning (Northcutt et al., 2021): which labels are probably wrong, by what a model says of examples that it has
 * not been trained on. An example speaks for a label where the label's probability reaches its mean over the examples that
 * have it; how many examples of label i speak for label j tells how many of them to suspect: those whose probabilities of j
 * and i lie furthest apart ("prune by noise rate"). They are ranked by the probability of the label they have. The defaults of
 * cleanlab 2.9's `find_label_issues`, and its results.
 * @param labels (n): each example's label, from 0
 * @param probabilities [n, K], each row adding up to 1
 * @example
 * const labels = [0, 0, 0, 1, 1, 1];
 * const sure = [0.9, 0.1];
 * const probabilities = Float64Array.from([sure, sure, [0.1, 0.9], [0.2, 0.8], [0.1, 0.9], [0.2, 0.8]].flat());
 * console.log(findLabelIssues(labels, probabilities, 2).ranked); // [ 2 ]
 */
export function findLabelIssues(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  count: number,
): LabelIssues {
  if (labels.length === 0) return { ranked: [], joint: square(count) };
  const examples = new Examples(labels, probabilities, count);
  const joint = calibrate(confidentJoint(examples), examples.counts);
  const issues = new Set<number>();
  pruneCounts(joint).forEach((wanted, label) => {
    for (const example of suspects(examples, label, wanted)) issues.add(example);
  });
  const ranked = [...issues]
    .filter((example) => examples.guess(example) !== labels[example])
    .sort((a, b) => examples.ofOwn(a) - examples.ofOwn(b) || a - b);
  return { ranked, joint };
}

class Examples {
  readonly size: number;
  readonly counts: readonly number[];

  constructor(
    readonly labels: ArrayLike<number>,
    readonly probabilities: ArrayLike<number>,
    readonly count: number,
  ) {
    this.size = labels.length;
    const counts: number[] = Array(count).fill(0);
    for (let i = 0; i < this.size; i++) counts[labels[i]!]!++;
    this.counts = counts;
  }

  of(example: number, label: number): number {
    return this.probabilities[example * this.count + label]!;
  }

  /** The probability of the label that an example has. */
  ofOwn(example: number): number {
    return this.of(example, this.labels[example]!);
  }

  /** The most probable label; its own where that is as probable. */
  guess(example: number): number {
    const own = this.labels[example]!;
    return this.most((label) => this.of(example, label) + (label === own ? SAME : 0));
  }

  /** The first label of which this is greatest. */
  most(value: (label: number) => number): number {
    let best = 0;
    for (let label = 1; label < this.count; label++) if (value(label) > value(best)) best = label;
    return best;
  }

  withLabel(label: number): number[] {
    return Array.from({ length: this.size }, (_, i) => i).filter((i) => this.labels[i] === label);
  }
}

/** [K, K]: how many examples of label i speak for label j. */
function confidentJoint(examples: Examples): number[][] {
  const { size, count, labels } = examples;
  const thresholds = thresholdsOf(examples);
  const joint = square(count);
  for (let i = 0; i < size; i++) {
    const confident = thresholds.flatMap((threshold, label) =>
      examples.of(i, label) >= threshold - SAME ? [label] : [],
    );
    const [only] = confident;
    if (only === undefined) continue;
    const spoken = confident.length > 1 ? examples.most((label) => examples.of(i, label)) : only;
    joint[labels[i]!]![spoken]!++;
  }
  joint.forEach((row, i) => {
    row[i] = Math.max(1, row[i]!);
  });
  return joint;
}

/** (K): the mean of a label's probability over the examples that have it. */
function thresholdsOf(examples: Examples): number[] {
  const { size, count, labels, counts } = examples;
  const sums: number[] = Array(count).fill(0);
  for (let i = 0; i < size; i++) sums[labels[i]!]! += examples.ofOwn(i);
  return sums.map((sum, label) => {
    const examplesWithIt = counts[label]!;
    return examplesWithIt === 0 ? NEVER : Math.max(LEAST_THRESHOLD, sum / examplesWithIt);
  });
}

/** Scales each row to the number of examples that have its label, in whole numbers. */
function calibrate(joint: readonly (readonly number[])[], counts: readonly number[]): number[][] {
  const rows = joint.map((row, label) => {
    const sum = total(row);
    return row.map((value) => (value / sum) * counts[label]!);
  });
  const all = total(rows.map(total));
  const size = total(counts);
  return rows.map((row) => roundKeepingSum(row.map((value) => (value / all) * size)));
}

/** [K, K]: of the examples with label i how many to suspect of being j; of each label one stays. */
function pruneCounts(joint: readonly (readonly number[])[]): number[][] {
  const count = joint.length;
  const kept = square(count);
  // Columns are labels as given, as in cleanlab; what its last row lacks is taken evenly from what is not zero.
  for (let given = 0; given < count; given++) {
    const column = joint[given]!;
    const diagonal = Math.max(1, column[given]!);
    const others = Math.max(1, column.filter((value) => value !== 0).length - 1);
    const taken = (diagonal - column[given]!) / others;
    for (let j = 0; j < count; j++) {
      kept[j]![given] = Math.trunc(j === given ? diagonal : Math.max(0, column[j]! - taken));
    }
  }
  const rounded = kept.map(roundKeepingSum);
  return joint.map((_, given) => rounded.map((row) => row[given]!));
}

/** Of the examples with a label, those for which another's probability exceeds its own by most. @param wanted (K) of each */
function suspects(examples: Examples, label: number, wanted: readonly number[]): number[] {
  const own = examples.withLabel(label);
  if (own.length <= 1) return [];
  return wanted.flatMap((count, other) => {
    if (other === label || count <= 0) return [];
    const margin = (i: number) => examples.of(i, other) - examples.of(i, label);
    return [...own].sort((a, b) => margin(b) - margin(a) || a - b).slice(0, count);
  });
}

/** Whole numbers next to these, the most changed first made to fit, so that their sum stays what it is when rounded. */
function roundKeepingSum(values: readonly number[]): number[] {
  const whole = values.map(roundHalfToEven);
  let missing = roundHalfToEven(total(values)) - total(whole);
  const order = values
    .map((value, i) => ({ i, rest: value - whole[i]! }))
    .sort((a, b) => a.rest - b.rest || a.i - b.i);
  if (missing > 0) order.reverse();
  while (missing !== 0) {
    const step = Math.sign(missing);
    for (const { i } of order.slice(0, Math.abs(missing))) {
      whole[i]! += step;
      missing -= step;
    }
  }
  return whole;
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function square(size: number): number[][] {
  return Array.from({ length: size }, () => Array(size).fill(0));
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
