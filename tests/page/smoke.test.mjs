// The page comes up under a sub-path, clean; and the harness sees what it must see.
import { assert, DESKTOP, open, PHONE, pageTest } from "./harness.mjs";
import { policy } from "./server.mjs";

const POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; object-src 'none'; base-uri 'none'";

pageTest("the page loads its module under a sub-path", async ({ open }) => {
  for (const size of [DESKTOP, PHONE]) {
    const view = await open("", size);
    await view.ready();
    assert.ok(view.requests.some((address) => address.endsWith("/some/sub/path/unrolled_first.wasm")), "no wasm was loaded");
    await view.screenshot(`smoke-${size.width}`);
  }
});

pageTest("the page states its policy", async () => {
  assert.equal(policy(), POLICY);
});

pageTest("the harness sees what must not happen", async () => {
  const provoke = async (/** @type {() => void} */ deed, /** @type {RegExp} */ seen) => {
    const view = await open("");
    await view.page.evaluate(deed);
    await assert.rejects(async () => {
      for (let i = 0; i < 50 && view.problems().length === 0; i++) await view.page.waitForTimeout(20);
      await view.close();
    }, seen);
  };
  await provoke(() => console.error("a word of complaint"), /console: a word of complaint/);
  await provoke(() => void setTimeout(() => { throw new Error("thrown away"); }), /uncaught: Error: thrown away/);
  await provoke(() => void fetch("no-such-file").catch(() => {}), /404 for/);
  await provoke(() => void fetch("http://localhost:9/").catch(() => {}), /policy: connect-src/);
  await provoke(() => document.body.setAttribute("style", "color: red"), /policy: style-src-attr/);
  await provoke(() => {
    const script = document.createElement("script");
    script.textContent = "window.inline = true";
    document.head.append(script);
  }, /policy: script-src-elem/);
});
