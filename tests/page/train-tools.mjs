// What the tests of the Train screen share.
/** Quick: a small network, few examples. */
export const SMALL = "?screen=train&v=1&hidden=8&batch=8&every=20&validation=64&data=window~.24";

/** @typedef {import("./harness.mjs").View} View */

/** @param {View} view */
export const ready = (view) => view.page.waitForFunction(() => document.documentElement.dataset.view === "ready" && document.documentElement.dataset.screen === "train");
/** @param {View} view @param {string} name */
export const press = (view, name) => view.page.getByRole("button", { name, exact: true }).click();
/** Waits for the newest run's state. @param {View} view @param {string} state */
export const until = (view, state, timeout = 30_000) =>
  view.page.waitForFunction((state) => /** @type {any} */ (document.querySelector("train-runs .state"))?.dataset.state === state, state, { timeout });
/** @param {View} view */
export const notice = (view) => view.page.locator("#notice").innerText();
/** What the studio knows. @param {View} view */
export const studio = (view) =>
  view.page.evaluate(() => {
    const { studio } = /** @type {any} */ (document.querySelector("train-transport"));
    const runs = studio.runs.map((/** @type {any} */ run) => ({
      ...{ name: run.name, state: run.state, updates: run.updates, limit: run.limit, best: run.best, visible: run.visible, finite: run.finite },
      cell: run.setup.network.cell,
      losses: [...run.history.loss.last],
      // The update of each loss: a long history holds every second one, or fewer.
      at: [...run.history.update],
      kept: run.checkpoints.map((/** @type {any} */ one) => ({ kind: one.kind, update: one.update, size: one.size })),
    }));
    return { view: studio.view, state: studio.state, runs };
  });
/** Waits until a run of this place in the list has done so many updates. @param {View} view @param {number} updates */
export const trained = (view, updates, k = 0) =>
  view.page.waitForFunction(([updates, k]) => /** @type {any} */ (document.querySelector("train-transport")).studio.runs[k]?.updates >= updates, [updates, k]);
/** Waits until a checkpoint of this kind is kept. @param {View} view @param {string} kind */
export const kept = (view, kind) =>
  view.page.waitForFunction((kind) => /** @type {any} */ (document.querySelector("train-transport")).studio.runs[0].checkpoints.some((/** @type {any} */ one) => one.kind === kind), kind, { timeout: 20_000 });
