// The live plots of the Train screen, in the order of their grid.

/** @type {{tag: string, wide?: boolean, slow?: boolean}[]} */
export const LIVE = [];
