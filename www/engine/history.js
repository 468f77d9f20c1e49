// What a run leaves behind it, in bounded memory: long runs are thinned in pairs, and extremes are kept.

const BUCKETS = 4096;
const COLUMNS = 256;
const POINTS = 512;
const VALIDATIONS = 4096;

/** Numbers of one update, in the order of `Trainer.update`'s history. */
const ROW = 5;

/** Extremes, mean and newest value of each bucket. */
class Band {
  low = new Float64Array(BUCKETS);
  high = new Float64Array(BUCKETS);
  mean = new Float64Array(BUCKETS);
  last = new Float64Array(BUCKETS);

  /** @param {number} k  bucket @param {number} n  values in it so far @param {number} x */
  add(k, n, x) {
    if (n === 0) {
      this.low[k] = this.high[k] = Number.isFinite(x) ? x : NaN;
      this.mean[k] = x;
    } else {
      if (x < this.low[k] || (Number.isNaN(this.low[k]) && Number.isFinite(x))) this.low[k] = x;
      if (x > this.high[k] || (Number.isNaN(this.high[k]) && Number.isFinite(x))) this.high[k] = x;
      this.mean[k] += (x - this.mean[k]) / (n + 1);
    }
    this.last[k] = x;
  }
  /** Buckets 2k and 2k + 1 become bucket k. @param {number} k */
  merge(k) {
    const [a, b] = [2 * k, 2 * k + 1];
    const lower = (/** @type {number} */ x, /** @type {number} */ y) => (Number.isNaN(x) || y < x ? y : x);
    const higher = (/** @type {number} */ x, /** @type {number} */ y) => (Number.isNaN(x) || y > x ? y : x);
    this.low[k] = lower(this.low[a], this.low[b]);
    this.high[k] = higher(this.high[a], this.high[b]);
    this.mean[k] = (this.mean[a] + this.mean[b]) / 2;
    this.last[k] = this.last[b];
  }
  /** @param {number} size */
  view(size) {
    return { low: this.low.subarray(0, size), high: this.high.subarray(0, size), mean: this.mean.subarray(0, size), last: this.last.subarray(0, size) };
  }
}

/** Loss, gradient norm before and after clipping, learning rate and clipping's coefficient, update by update. */
export class History {
  size = 0;
  /** Updates in a bucket. */
  stride = 1;
  version = 0;
  /** Updates in the newest bucket. */
  #inside = 0;
  #update = new Float64Array(BUCKETS);
  #bands = { loss: new Band(), norm: new Band(), clipped: new Band() };
  #learningRate = new Float64Array(BUCKETS);
  #coefficient = new Float64Array(BUCKETS);
  #clippedShare = new Float64Array(BUCKETS);

  get update() {
    return this.#update.subarray(0, this.size);
  }
  get loss() {
    return this.#bands.loss.view(this.size);
  }
  get norm() {
    return this.#bands.norm.view(this.size);
  }
  get clipped() {
    return this.#bands.clipped.view(this.size);
  }
  get learningRate() {
    return this.#learningRate.subarray(0, this.size);
  }
  get coefficient() {
    return this.#coefficient.subarray(0, this.size);
  }
  get clippedShare() {
    return this.#clippedShare.subarray(0, this.size);
  }

  /**
   * @param {Float64Array} rows  n × 5: loss, norm, clipped, learningRate, coefficient
   * @param {number} from        number of the first one's update, counted from 1
   */
  push(rows, from) {
    for (let i = 0; i * ROW < rows.length; i++) this.#add(rows.subarray(i * ROW, (i + 1) * ROW), from + i);
    this.version++;
  }

  /** @param {Float64Array} row @param {number} update */
  #add([loss, norm, clipped, rate, coefficient], update) {
    if (this.size === 0 || this.#inside === this.stride) {
      if (this.size === BUCKETS) this.#thin();
      this.size++;
      this.#inside = 0;
    }
    const [k, n] = [this.size - 1, this.#inside];
    this.#bands.loss.add(k, n, loss);
    this.#bands.norm.add(k, n, norm);
    this.#bands.clipped.add(k, n, clipped);
    this.#update[k] = update;
    this.#learningRate[k] = rate;
    this.#coefficient[k] = n === 0 ? coefficient : Math.min(this.#coefficient[k], coefficient);
    const cut = coefficient < 1 ? 1 : 0;
    this.#clippedShare[k] = n === 0 ? cut : this.#clippedShare[k] + (cut - this.#clippedShare[k]) / (n + 1);
    this.#inside++;
  }

  #thin() {
    this.size = BUCKETS / 2;
    this.stride *= 2;
    for (let k = 0; k < this.size; k++) {
      for (const band of Object.values(this.#bands)) band.merge(k);
      this.#update[k] = this.#update[2 * k + 1];
      this.#learningRate[k] = this.#learningRate[2 * k + 1];
      this.#coefficient[k] = Math.min(this.#coefficient[2 * k], this.#coefficient[2 * k + 1]);
      this.#clippedShare[k] = (this.#clippedShare[2 * k] + this.#clippedShare[2 * k + 1]) / 2;
    }
  }

  /** Forgets what came after an update: a run goes on from an earlier checkpoint. @param {number} update */
  cut(update) {
    while (this.size > 0 && this.#update[this.size - 1] > update) this.size--;
    this.#inside = this.stride;
    this.version++;
  }

  /** For the browser's storage. */
  record() {
    const bands = Object.fromEntries(Object.entries(this.#bands).map(([name, band]) => [name, copied(band.view(this.size))]));
    const { size, stride, update, learningRate, coefficient, clippedShare } = this;
    return copied({ size, stride, inside: this.#inside, update, learningRate, coefficient, clippedShare, bands });
  }
  /** @param {any} record */
  static from(record) {
    const history = new History();
    history.size = record.size;
    history.stride = record.stride;
    history.#inside = record.inside;
    history.#update.set(record.update);
    history.#learningRate.set(record.learningRate);
    history.#coefficient.set(record.coefficient);
    history.#clippedShare.set(record.clippedShare);
    for (const [name, band] of Object.entries(history.#bands)) {
      for (const key of ["low", "high", "mean", "last"]) band[key].set(record.bands[name][key]);
    }
    return history;
  }
}

/** Typed arrays cut to what they hold: a view would take its whole buffer along. @param {any} of */
function copied(of) {
  const copy = (/** @type {any} */ v) => (ArrayBuffer.isView(v) ? /** @type {any} */ (v).slice() : v && typeof v === "object" ? copied(v) : v);
  return Object.fromEntries(Object.entries(of).map(([key, value]) => [key, copy(value)]));
}

/** The gradient's norm at each timestep, as training goes on: columns of T values. */
export class Heat {
  steps = 0;
  size = 0;
  version = 0;
  /** Reports in a column. */
  #stride = 1;
  #inside = 0;
  #update = new Float64Array(COLUMNS);
  #values = new Float32Array(0);

  get update() {
    return this.#update.subarray(0, this.size);
  }
  get values() {
    return this.#values.subarray(0, this.size * this.steps);
  }

  /** @param {Float32Array} norms @param {number} update */
  push(norms, update) {
    if (norms.length > this.steps) this.#widen(norms.length);
    if (this.size === 0 || this.#inside === this.#stride) {
      if (this.size === COLUMNS) this.#thin();
      this.size++;
      this.#inside = 0;
      this.#values.fill(NaN, (this.size - 1) * this.steps, this.size * this.steps);
    }
    const start = (this.size - 1) * this.steps;
    for (let t = 0; t < norms.length; t++) this.#values[start + t] = larger(this.#values[start + t], norms[t]);
    this.#update[this.size - 1] = update;
    this.#inside++;
    this.version++;
  }

  /** @param {number} steps */
  #widen(steps) {
    const wide = new Float32Array(COLUMNS * steps).fill(NaN);
    for (let k = 0; k < this.size; k++) wide.set(this.#values.subarray(k * this.steps, (k + 1) * this.steps), k * steps);
    this.#values = wide;
    this.steps = steps;
  }

  #thin() {
    const { steps } = this;
    this.size = COLUMNS / 2;
    this.#stride *= 2;
    for (let k = 0; k < this.size; k++) {
      for (let t = 0; t < steps; t++) this.#values[k * steps + t] = larger(this.#values[2 * k * steps + t], this.#values[(2 * k + 1) * steps + t]);
      this.#update[k] = this.#update[2 * k + 1];
    }
  }

  /** @param {number} update */
  cut(update) {
    while (this.size > 0 && this.#update[this.size - 1] > update) this.size--;
    this.#inside = this.#stride;
    this.version++;
  }

  record() {
    return copied({ steps: this.steps, size: this.size, stride: this.#stride, inside: this.#inside, update: this.update, values: this.values });
  }
  /** @param {any} record */
  static from(record) {
    const heat = new Heat();
    heat.#widen(record.steps);
    heat.size = record.size;
    heat.#stride = record.stride;
    heat.#inside = record.inside;
    heat.#update.set(record.update);
    heat.#values.set(record.values);
    return heat;
  }
}

/** The larger one; what is no number gives way. @param {number} a @param {number} b */
const larger = (a, b) => (Number.isNaN(a) || b > a ? b : a);

/** The share of saturated activations in each lane. */
export class Saturation {
  /** @type {number[]} */
  update = [];
  /** @type {{layer: number, direction: number, lane: string, share: number[]}[]} */
  lanes = [];
  version = 0;

  /** @param {{layer: number, direction: number, lane: string, share: number}[]} shares @param {number} update */
  push(shares, update) {
    if (this.lanes.length !== shares.length) {
      this.update = [];
      this.lanes = shares.map(({ layer, direction, lane }) => ({ layer, direction, lane, share: [] }));
    }
    this.update.push(update);
    shares.forEach(({ share }, k) => this.lanes[k].share.push(share));
    if (this.update.length >= POINTS) {
      // The first of each pair goes; the newest stays.
      const kept = (/** @type {number[]} */ values) => values.filter((_, k) => k % 2 === 1);
      this.update = kept(this.update);
      for (const lane of this.lanes) lane.share = kept(lane.share);
    }
    this.version++;
  }
  /** @param {number} update */
  cut(update) {
    const size = this.update.filter((u) => u <= update).length;
    this.update.length = size;
    for (const lane of this.lanes) lane.share.length = size;
    this.version++;
  }
  record() {
    return { update: this.update, lanes: this.lanes };
  }
  /** @param {any} record */
  static from(record) {
    return Object.assign(new Saturation(), record);
  }
}

/** Validations; when there are too many, every second one goes, but never the best. */
export class Validations {
  /** @type {number[]} */
  update = [];
  /** @type {number[]} */
  loss = [];
  /** @type {number[]} */
  metric = [];
  /** @type {number[]} */
  time = [];

  /** @param {{update: number, loss: number, metric: number, time: number}} point @param {number} best  the best one's update */
  push(point, best) {
    if (this.update.length >= VALIDATIONS) {
      const keep = this.update.map((update, k) => k % 2 === 1 || update === best);
      for (const key of /** @type {const} */ (["update", "loss", "metric", "time"])) this[key] = this[key].filter((_, k) => keep[k]);
    }
    for (const key of /** @type {const} */ (["update", "loss", "metric", "time"])) this[key].push(point[key]);
  }
  /** @param {number} update */
  cut(update) {
    const size = this.update.filter((u) => u <= update).length;
    for (const key of /** @type {const} */ (["update", "loss", "metric", "time"])) this[key].length = size;
  }
  record() {
    return { update: this.update, loss: this.loss, metric: this.metric, time: this.time };
  }
  /** @param {any} record */
  static from(record) {
    return Object.assign(new Validations(), record);
  }
}
