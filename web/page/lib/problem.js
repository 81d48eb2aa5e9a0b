/**
 * Errors. Messages of the server (RFC 9457) are shown to people unchanged.
 */
import { sentence } from "./format.js";

/** Error whose message is a sentence for people. */
export class Problem extends Error {
  /**
   * @param {string} detail the sentence
   * @param {{status?: number, code?: string, title?: string, retryAfter?: number}} [about]
   */
  constructor(detail, { status = 0, code = "", title = "", retryAfter = 0 } = {}) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.title = title;
    /** Seconds after which to repeat the request; 0 if the server did not say. */
    this.retryAfter = retryAfter;
  }

  /** Whether the server could not be reached at all. */
  get offline() {
    return this.code === "offline";
  }
}

/** @returns {Problem} */
export function offline() {
  return new Problem("The server does not respond.", {
    code: "offline",
    title: "No connection",
  });
}

/**
 * Read the problem from a response that reports an error.
 *
 * @param {number} status
 * @param {string} body
 * @param {string | null} retryAfter the header, in seconds
 * @returns {Problem}
 */
export function problemFrom(status, body, retryAfter = null) {
  /** @type {Record<string, unknown>} */
  let told = {};
  try {
    told = JSON.parse(body) ?? {};
  } catch {
    // The response of a proxy is not meant for people.
  }
  const title = typeof told.title === "string" ? told.title : "";
  const detail = typeof told.detail === "string" ? told.detail : title;
  return new Problem(sentence(detail || `The server responded with status ${status}.`), {
    status,
    title,
    code: typeof told.code === "string" ? told.code : "",
    retryAfter: Number(retryAfter) || 0,
  });
}

/**
 * @param {unknown} error
 * @returns {Problem}
 */
export function asProblem(error) {
  if (error instanceof Problem) return error;
  if (error instanceof TypeError) return offline();
  return new Problem(error instanceof Error ? error.message : String(error));
}
