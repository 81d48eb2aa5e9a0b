import assert from "node:assert/strict";
import test from "node:test";
import { asProblem, Problem, problemFrom } from "../../page/lib/problem.js";

test("the server's sentence is shown", () => {
  const body = JSON.stringify({ title: "Unprocessable", detail: "expected a scale above 0", code: "bad_scale" });
  const problem = problemFrom(422, body, "7");
  assert.deepEqual(
    [problem.message, problem.status, problem.code, problem.retryAfter],
    ["Expected a scale above 0.", 422, "bad_scale", 7],
  );
});

test("what is no problem document is told by its status", () => {
  assert.equal(problemFrom(502, "<html>").message, "The server responded with status 502.");
  assert.equal(problemFrom(500, "null").message, "The server responded with status 500.");
});

test("whatever was thrown becomes a problem", () => {
  const problem = new Problem("No.");
  assert.equal(asProblem(problem), problem);
  assert.ok(asProblem(new TypeError("fetch failed")).offline);
  assert.equal(asProblem("odd").message, "odd");
});
