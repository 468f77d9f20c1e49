// A count's formula of I and H, as the Spec states it, with numbers put in.

/**
 * Puts the sizes into a formula such as "4H·(I + H + 2)" and works it out.
 * @param {string} formula  numbers, names, +, −, ·, brackets; a number before a name multiplies it
 * @param {Record<string, number>} sizes
 * @returns {{text: string, value: number}}  text: "4·32·(1 + 32 + 2)"
 */
export function filled(formula, sizes) {
  const text = formula.replace(/(\d)(?=[A-Z])/g, "$1·").replace(/[A-Z]/g, (name) => String(sizes[name] ?? name));
  const tokens = text.match(/\d+(\.\d+)?|[+\-−·*()²]/g) ?? [];
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
  return { text, value: sum() };
}
