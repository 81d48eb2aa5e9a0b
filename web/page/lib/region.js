/**
 * The part of a photograph that a preview shows, in whole pixels of the photograph.
 */

/**
 * @typedef {import("./api.js").Region} Region
 * @typedef {{width: number, height: number}} Size
 */

/** Sides of regions that can be chosen, pixels. */
export const SIDES = [96, 128, 192, 256, 384];
export const SIDE = 192;

/** @param {number} value @param {number} least @param {number} most @returns {number} */
export const clamp = (value, least, most) => Math.min(most, Math.max(least, value));

/**
 * @param {Size} photo
 * @param {number} x of the centre
 * @param {number} y of the centre
 * @param {number} side
 * @returns {Region} a square, reduced to the size of the photograph if necessary
 */
export function around(photo, x, y, side) {
  const width = Math.min(side, photo.width);
  const height = Math.min(side, photo.height);
  const left = clamp(Math.round(x - width / 2), 0, photo.width - width);
  const top = clamp(Math.round(y - height / 2), 0, photo.height - height);
  return [left, top, width, height];
}

/** @param {Region} region @returns {[x: number, y: number]} */
export const middle = ([left, top, width, height]) => [left + width / 2, top + height / 2];

/** @param {Size} photo @param {number} [side] @returns {Region} */
export const centred = (photo, side = SIDE) => around(photo, photo.width / 2, photo.height / 2, side);

/** @param {Region} region @param {Size} photo @param {number} dx @param {number} dy @returns {Region} */
export function moved(region, photo, dx, dy) {
  const [left, top, width, height] = region;
  return [clamp(left + dx, 0, photo.width - width), clamp(top + dy, 0, photo.height - height), width, height];
}

/**
 * @param {Region} region
 * @param {Size} photo
 * @param {number} step number of sizes larger, or smaller if negative
 * @returns {Region} with the same centre, if that is possible in the photograph
 */
export function resized(region, photo, step) {
  const side = Math.max(region[2], region[3]);
  const nearest = SIDES.reduce((best, one) => (Math.abs(one - side) < Math.abs(best - side) ? one : best));
  const index = clamp(SIDES.indexOf(nearest) + step, 0, SIDES.length - 1);
  const [x, y] = middle(region);
  return around(photo, x, y, SIDES[index] ?? SIDE);
}

/**
 * @param {string} key of a keyboard event
 * @param {boolean} far
 * @returns {[dx: number, dy: number] | null} movement by an arrow key, pixels
 */
export function arrow(key, far) {
  const step = far ? 64 : 16;
  if (key === "ArrowLeft") return [-step, 0];
  if (key === "ArrowRight") return [step, 0];
  if (key === "ArrowUp") return [0, -step];
  if (key === "ArrowDown") return [0, step];
  return null;
}
