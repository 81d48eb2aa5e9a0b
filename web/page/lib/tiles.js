/**
 * Draws a region of a photograph from its tiles, so that the browser never loads all of a large photograph.
 */
import * as api from "./api.js";

/**
 * @typedef {import("./api.js").Tiles} Tiles
 * @typedef {import("./api.js").Region} Region
 * @typedef {{column: number, row: number, x: number, y: number}} Tile position of the tile and of its picture, pixels of the photograph
 */

const KEPT = 48;
/** @type {Map<string, Promise<HTMLImageElement>>} by address, oldest first */
const pictures = new Map();
/** @type {Map<string, Promise<Tiles>>} by photograph */
const described = new Map();

/**
 * @param {Tiles} tiles
 * @param {Region} region
 * @returns {Tile[]} tiles of the finest level that overlap the region
 */
export function tilesOf(tiles, [left, top, width, height]) {
  const { tile_size: size, overlap } = tiles;
  /** @type {Tile[]} */
  const found = [];
  for (let row = Math.floor(top / size); row * size < top + height; row++)
    for (let column = Math.floor(left / size); column * size < left + width; column++)
      found.push({
        column,
        row,
        x: column * size - (column ? overlap : 0),
        y: row * size - (row ? overlap : 0),
      });
  return found;
}

/**
 * @param {HTMLCanvasElement} canvas set to the size of the region
 * @param {string} photo
 * @param {Region} region
 * @param {AbortSignal} signal cancels the drawing
 */
export async function drawRegion(canvas, photo, region, signal) {
  const tiles = await describe(photo);
  const drawn = await Promise.all(
    tilesOf(tiles, region).map(async (tile) => ({
      ...tile,
      picture: await load(api.at.tile("photos", photo, tiles.max_level, tile.column, tile.row, tiles.format)),
    })),
  );
  if (signal.aborted) return;
  const [left, top, width, height] = region;
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  for (const { picture, x, y } of drawn) context?.drawImage(picture, x - left, y - top);
}

/** @param {string} photo @returns {Promise<Tiles>} */
function describe(photo) {
  let told = described.get(photo);
  if (!told) {
    told = api.tiles("photos", photo);
    told.catch(() => described.delete(photo));
    described.set(photo, told);
  }
  return told;
}

/** @param {string} address @returns {Promise<HTMLImageElement>} */
function load(address) {
  let picture = pictures.get(address);
  if (!picture) {
    const image = new Image();
    image.src = address;
    picture = image.decode().then(() => image);
    picture.catch(() => pictures.delete(address));
  }
  pictures.delete(address);
  pictures.set(address, picture);
  for (const oldest of pictures.keys()) {
    if (pictures.size <= KEPT) break;
    pictures.delete(oldest);
  }
  return picture;
}
