/**
 * Small pictures of the findings of an analysis, drawn from their numbers.
 */

/** Side of a canvas, pixels; the style determines its size on the page. */
const SIDE = 112;

/**
 * @typedef {import("./api.js").Card} Card
 * @typedef {(context: CanvasRenderingContext2D, card: Card, ink: string) => void} Drawing
 */

/** @type {Record<"blur" | "noise" | "jpeg" | "resolution", Drawing>} */
const DRAWINGS = {
  blur: drawKernel,
  noise: drawNoise,
  jpeg: drawBlocks,
  resolution: drawResolution,
};

/**
 * @param {HTMLCanvasElement} canvas
 * @param {keyof typeof DRAWINGS} kind
 * @param {Card} card
 */
export function draw(canvas, kind, card) {
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d");
  if (context) DRAWINGS[kind](context, card, getComputedStyle(canvas).color);
}

/**
 * @param {number} width standard deviation
 * @param {number} side
 * @returns {number[][]} a Gaussian, 1 in its middle
 */
export function gaussian(width, side) {
  const centre = (side - 1) / 2;
  const at = (/** @type {number} */ x, /** @type {number} */ y) =>
    Math.exp(-((x - centre) ** 2 + (y - centre) ** 2) / (2 * Math.max(width, 0.15) ** 2));
  return Array.from({ length: side }, (_, y) => Array.from({ length: side }, (__, x) => at(x, y)));
}

/** @type {Drawing} */
function drawKernel(context, card, ink) {
  const width = card.blur?.width ?? 0;
  const kernel = card.blur?.kernel ?? gaussian(width, 2 * Math.ceil(Math.max(4, 2.5 * width)) + 1);
  const side = kernel.length;
  const most = Math.max(...kernel.flat());
  const cell = SIDE / side;
  context.fillStyle = ink;
  kernel.forEach((row, y) =>
    row.forEach((value, x) => {
      // The square root makes the faint tail visible beside the peak.
      context.globalAlpha = most > 0 ? Math.sqrt(Math.max(0, value) / most) : 0;
      context.fillRect(x * cell, y * cell, Math.max(1, cell - 1), Math.max(1, cell - 1));
    }),
  );
}

/** @type {Drawing} */
function drawNoise(context, card, ink) {
  const sigma = card.noise?.sigma ?? 0;
  const cell = Number(card.noise?.grain ?? 0) > 0.5 ? 8 : 4;
  const random = randomNumbers(7);
  context.fillStyle = ink;
  for (let y = 0; y < SIDE; y += cell)
    for (let x = 0; x < SIDE; x += cell) {
      // Four times as strong as it is, since weak noise would be invisible in a small picture.
      const value = 0.25 + ((random() + random() + random() - 1.5) * 8 * sigma) / 255;
      context.globalAlpha = Math.min(0.95, Math.max(0.03, value));
      context.fillRect(x, y, cell, cell);
    }
}

/** @type {Drawing} */
function drawBlocks(context, card, ink) {
  const harm = card.jpeg?.found ? Math.min(1, (100 - (card.jpeg.quality ?? 60)) / 60) : 0;
  const block = SIDE / 4;
  const cell = block / 7;
  const shade = (/** @type {number} */ x, /** @type {number} */ y) =>
    0.5 + 0.45 * Math.sin(0.065 * x + 0.4) * Math.cos(0.05 * y - 0.3);
  context.fillStyle = ink;
  for (let y = 0; y < SIDE; y += cell)
    for (let x = 0; x < SIDE; x += cell) {
      const corner = shade((Math.floor(x / block) + 0.5) * block, (Math.floor(y / block) + 0.5) * block);
      context.globalAlpha = (1 - harm) * shade(x, y) + harm * corner;
      context.fillRect(x, y, cell + 0.5, cell + 0.5);
    }
}

/** @type {Drawing} */
function drawResolution(context, card, ink) {
  const fraction = card.resolution?.native_fraction ?? 1;
  const inner = (SIDE - 4) * fraction;
  context.fillStyle = context.strokeStyle = ink;
  context.globalAlpha = 0.8;
  context.fillRect(2, SIDE - 2 - inner, inner, inner);
  context.globalAlpha = 0.9;
  context.lineWidth = 3;
  context.setLineDash([7, 6]);
  context.strokeRect(2, 2, SIDE - 4, SIDE - 4);
}

/** @param {number} seed @returns {() => number} in [0, 1), the same each time (mulberry32) */
export function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Colour a map to show it over a photograph: transparent where it is black, amber where it is white.
 *
 * @param {string} address
 * @param {number} [most] longest side, pixels
 * @returns {Promise<string>} URL of the coloured map, which the caller has to revoke
 */
export async function colouredMap(address, most = 2048) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const factor = Math.min(1, most / Math.max(image.naturalWidth, image.naturalHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.naturalWidth * factor));
  canvas.height = Math.max(1, Math.round(image.naturalHeight * factor));
  const context = canvas.getContext("2d");
  if (!context) throw new Error("The browser cannot draw the map.");
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const picture = context.getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < picture.data.length; at += 4) {
    const value = picture.data[at] ?? 0;
    picture.data.set([255, 150 - value / 4, 20, value], at);
  }
  context.putImageData(picture, 0, 0);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve));
  return URL.createObjectURL(/** @type {Blob} */ (blob));
}
