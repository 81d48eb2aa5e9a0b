/**
 * The real server, on a free port and with a state of its own.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../../..");
export const PYTHON = process.env.PYTHON ?? join(ROOT, ".venv/bin/python");
export const EXAMPLES = join(ROOT, "examples");
export const ENVIRONMENT = { OMP_NUM_THREADS: "1", ...process.env };

/** Start it, and start it again on the same port and state. */
export class Server {
  #child = null;
  #port = 0;

  /** @param {string} state */
  constructor(state) {
    this.state = state;
  }

  static async make() {
    const server = new Server(await mkdtemp(join(tmpdir(), "blindsr-page-")));
    await server.start();
    return server;
  }

  get url() {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start() {
    const options = ["--port", String(this.#port), "--state", this.state, "--queue", "20"];
    const child = spawn(PYTHON, ["-m", "blindsr", "serve", ...options], {
      env: ENVIRONMENT,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    process.once("exit", () => child.kill("SIGKILL")); // also where the tests are stopped
    let told = "";
    await new Promise((resolve, reject) => {
      const read = (data) => {
        told += data;
        const [, port] = /http:\/\/127\.0\.0\.1:(\d+)/.exec(told) ?? [];
        if (port) {
          this.#port = Number(port);
          resolve();
        }
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${told}`)));
    });
    await this.#answers("/readyz");
  }

  async #answers(path) {
    for (let attempt = 0; attempt < 400; attempt++) {
      const answer = await fetch(this.url + path).catch(() => null);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    throw new Error(`${path} did not answer within three minutes`);
  }

  /** @param {NodeJS.Signals} signal */
  async stop(signal = "SIGTERM") {
    const child = this.#child;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.on("exit", resolve));
    child.kill(signal);
    await ended;
  }

  async end() {
    await this.stop();
    await rm(this.state, { recursive: true, force: true });
  }

  /** Forget what other tests have left. */
  async clear() {
    const { jobs } = await (await fetch(`${this.url}/v1/jobs`)).json();
    for (const job of jobs) await fetch(`${this.url}/v1/jobs/${job.id}`, { method: "DELETE" });
  }
}
