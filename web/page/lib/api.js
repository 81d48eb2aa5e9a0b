/**
 * Requests to the server; every path is relative to the page, so that it also works behind a proxy with a prefix.
 */
import { offline, Problem, problemFrom } from "./problem.js";

/**
 * @typedef {{id: string, name: string, size_bytes: number, width: number, height: number, format: string,
 *   megapixels: number, frames: number}} Photo
 * @typedef {{width: number | null, unit?: string, confidence: number | null, kernel: number[][] | null}} Blur
 * @typedef {{sigma: number | null, grain?: boolean | number | null, confidence: number | null}} Noise
 * @typedef {{found: boolean, quality: number | null, source: "file" | "pixels" | null, confidence: number | null,
 *   phase?: number[] | null, period?: number | null}} Jpeg
 * @typedef {{native_fraction: number, confidence: number | null}} Resolution
 * @typedef {{width: number, height: number, format: string, blur: Blur | null, noise: Noise | null, jpeg: Jpeg | null,
 *   resolution: Resolution | null, warnings: string[], choice: {model: string, detail: number, reasons: string[]} | null,
 *   report?: unknown}} Card
 * @typedef {{name: string, scale: number, method: string, parameters: number, licence: string, description: string,
 *   options: string[]}} Model
 * @typedef {Record<string, string | number | boolean>} Options
 * @typedef {{name: string, size_bytes: number, width: number, height: number, format: string}} Result
 * @typedef {{id: string, photo: string | null, name: string,
 *   state: "queued" | "running" | "done" | "failed" | "cancelled", progress: number, seconds_left: number | null,
 *   position: number | null, created: string | number, started: string | number | null,
 *   finished: string | number | null, model: string | null, options: Options,
 *   error: {title?: string, detail?: string, code?: string} | null, result: Result | null, has_map: boolean}} Job
 * @typedef {{width: number, height: number, tile_size: number, overlap: number, min_level: number, max_level: number,
 *   format: string}} Tiles
 * @typedef {[left: number, top: number, width: number, height: number]} Region in pixels of the photograph
 */

/**
 * @param {string} path below v1
 * @param {RequestInit} [init]
 * @returns {Promise<Response>}
 */
async function ask(path, init) {
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(`v1/${path}`, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw offline();
  }
  if (!answer.ok) throw problemFrom(answer.status, await answer.text(), answer.headers.get("Retry-After"));
  return answer;
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<any>}
 */
const json = async (path, init) => (await ask(path, init)).json();

/**
 * @param {unknown} value
 * @param {Record<string, string>} [headers]
 * @returns {RequestInit}
 */
const posted = (value, headers = {}) => ({
  method: "POST",
  headers: { "Content-Type": "application/json", ...headers },
  body: JSON.stringify(value),
});

/** @returns {Promise<{models: Model[], default: string}>} */
export const models = () => json("models");

/** @param {string} id @returns {Promise<Photo>} */
export const photo = (id) => json(`photos/${id}`);

/** @param {string} id @returns {Promise<Card>} */
export const analysis = (id) => json(`photos/${id}/analysis`);

/** @param {string} id */
export const forgetPhoto = (id) => ask(`photos/${id}`, { method: "DELETE" });

/** @returns {Promise<Job[]>} */
export const jobs = async () => (await json("jobs")).jobs;

/** @param {string} id */
export const endJob = (id) => ask(`jobs/${id}`, { method: "DELETE" });

/** @param {string} id @returns {Promise<string>} */
export const command = async (id) => (await json(`jobs/${id}/command`)).command;

/** @param {"photos" | "jobs"} of @param {string} id @returns {Promise<Tiles>} */
export const tiles = (of, id) => json(`${of}/${id}/tiles.json`);

/**
 * Request the restoration of a photograph; a repeated request with the same key returns the same job.
 *
 * @param {string} id of the photograph
 * @param {Options} options
 * @param {string} key
 * @returns {Promise<Job>}
 */
export const start = (id, options, key) => json("jobs", posted({ photo: id, options }, { "Idempotency-Key": key }));

/**
 * Restore a region with the condition of the whole photograph.
 *
 * @param {string} id of the photograph
 * @param {Region} region
 * @param {Options} options
 * @param {string} client id of this page; a newer request with it cancels this one
 * @param {AbortSignal} signal
 * @returns {Promise<{image: Blob, model: string, seconds: number}>}
 */
export async function preview(id, region, options, client, signal) {
  const answer = await ask("preview", {
    ...posted({ photo: id, region, options, client }),
    signal,
  });
  return {
    image: await answer.blob(),
    model: answer.headers.get("X-Blindsr-Model") ?? "",
    seconds: Number(answer.headers.get("X-Blindsr-Seconds")) || 0,
  };
}

/**
 * Send a file. Unlike fetch, XMLHttpRequest reports how much has been sent.
 *
 * @param {File} file
 * @param {(fraction: number) => void} sent
 * @param {AbortSignal} signal
 * @returns {Promise<Photo>}
 */
export function upload(file, sent, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = (event) => event.lengthComputable && sent(event.loaded / event.total);
    request.onload = () =>
      request.status < 300
        ? resolve(JSON.parse(request.responseText))
        : reject(problemFrom(request.status, request.responseText, request.getResponseHeader("Retry-After")));
    request.onerror = () => reject(offline());
    request.onabort = () => reject(new Problem("The upload was stopped.", { code: "aborted" }));
    signal.addEventListener("abort", () => request.abort());
    const form = new FormData();
    form.append("file", file, file.name);
    request.open("POST", "v1/photos");
    request.send(form);
  });
}

/** Addresses for images and downloads. */
export const at = {
  /** @param {string} id @param {number} side */
  preview: (id, side) => `v1/photos/${id}/preview?side=${side}`,
  /** @param {"photos" | "jobs"} of @param {string} id @param {number} level @param {number} x @param {number} y @param {string} format */
  tile: (of, id, level, x, y, format) => `v1/${of}/${id}/tiles/${level}/${x}_${y}.${format}`,
  /** @param {string} id */
  result: (id) => `v1/jobs/${id}/result`,
  /** @param {string} id */
  report: (id) => `v1/jobs/${id}/report`,
  /** @param {string} id */
  map: (id) => `v1/jobs/${id}/map`,
  /** @param {string[]} ids */
  zip: (ids) => `v1/results.zip?${ids.map((id) => `job=${encodeURIComponent(id)}`).join("&")}`,
};
