// A count's formula of I, H and a cell's other sizes, as the Spec states it, with numbers put in.

/**
 * Puts the sizes into a formula such as "4H·(I + H + 2)" and works it out: NaN where it has a name that is not among them.
 * @param {string} formula  numbers, names, +, −, ·, brackets; what stands directly before a name multiplies it
 * @param {Record<string, number>} sizes
 * @returns {{text: string, value: number}}  text: "4·32·(1 + 32 + 2)"
 */
export function filled(formula, sizes) {
  // The longest name first: NH is not N times H.
  const names = Object.keys(sizes).sort((a, b) => b.length - a.length).join("|");
  const parts = formula.match(new RegExp(`${names}|\\d+(\\.\\d+)?|[A-Za-z]+|.`, "gu")) ?? [];
  const isFactor = (/** @type {string | undefined} */ part) => part !== undefined && /^[\w.]+$/.test(part);
  const text = parts.map((part, k) => (isFactor(part) && isFactor(parts[k - 1]) ? "·" : "") + (sizes[part] ?? part)).join("");
  const tokens = text.match(/\d+(\.\d+)?|[A-Za-z]+|[+\-−·*()²]/g) ?? [];
  let at = 0;
  const sum = () => {
    let value = product();
    while (tokens[at] === "+" || tokens[at] === "-" || tokens[at] === "−") value += tokens[at++] === "+" ? product() : -product();
    return value;
  };
  const product = () => {
    let value = factor();
    while (tokens[at] === "·" || tokens[at] === "*") {
      at += 1;
      value *= factor();
    }
    return value;
  };
  const factor = () => {
    let value = NaN;
    if (tokens[at] === "(") {
      at += 1;
      value = sum();
      at += 1;
    } else value = Number(tokens[at++]);
    if (tokens[at] === "²") {
      at += 1;
      value *= value;
    }
    return value;
  };
  const value = sum();
  return { text, value: at === tokens.length ? value : NaN };
}
