import assert from "node:assert/strict";
import test from "node:test";
import { Previewer } from "../../page/lib/previewer.js";
import { Problem } from "../../page/lib/problem.js";

globalThis.window = globalThis;
const wish = (left) => ({ photo: "p", region: [left, 0, 10, 10], options: {} });
const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A previewer whose server answers when it is told to. */
function make() {
  const asked = [];
  const ask = (photo, region, options, client, signal) =>
    new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError")));
      asked.push({ region, signal, resolve, reject });
    });
  return { asked, previewer: new Previewer("me", () => {}, ask) };
}

const restored = { image: new Blob(["x"]), model: "m", seconds: 1 };

test("only the last of quick wishes is asked for", async () => {
  const { asked, previewer } = make();
  for (const left of [0, 1, 2]) previewer.want(wish(left));
  assert.equal(previewer.state, "working");
  await later(200);
  assert.deepEqual(
    asked.map((one) => one.region[0]),
    [2],
  );
  asked[0].resolve(restored);
  await later(1);
  assert.deepEqual([previewer.state, previewer.model], ["done", "m"]);
  previewer.want(wish(2));
  assert.equal(previewer.state, "done");
});

test("a newer wish cancels the request of an older one", async () => {
  const { asked, previewer } = make();
  previewer.want(wish(0));
  await later(200);
  previewer.want(wish(1));
  assert.ok(asked[0].signal.aborted);
  await later(200);
  asked[1].reject(new Problem("Too large.", { status: 422 }));
  await later(1);
  assert.deepEqual([previewer.state, previewer.problem.message], ["failed", "Too large."]);
});

test("what failed can be asked for again", async () => {
  const { asked, previewer } = make();
  previewer.want(wish(0));
  await later(200);
  asked[0].reject(new Problem("No."));
  await later(1);
  previewer.again();
  await later(200);
  asked[1].resolve(restored);
  await later(1);
  assert.equal(previewer.state, "done");
});

test("being superseded on the server is no failure", async () => {
  const { asked, previewer } = make();
  previewer.want(wish(0));
  await later(200);
  asked[0].reject(new Problem("A newer one came.", { status: 409, code: "superseded" }));
  await later(1);
  assert.equal(previewer.state, "working");
});
