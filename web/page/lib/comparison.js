/**
 * A photograph and its result in one deep-zoom viewer, one above the other, so that both always show the same part.
 */
import * as api from "./api.js";
import { colouredMap } from "./draw.js";

/**
 * @typedef {import("openseadragon").Viewer} Viewer
 * @typedef {import("openseadragon").TiledImage} TiledImage
 * @typedef {import("openseadragon").Viewport & {minZoomLevel: number}} Viewport
 *   The library reads this property at every move, but its types name it only among the options.
 */

/** Smallest zoom, relative to the one that shows the whole image. */
const LEAST_ZOOM = 0.8;
/** Keys that the viewer handles; its other keys would rotate and mirror the picture. */
const KEYS = /^(Arrow.+|[+=\-_0])$/;

/** @type {Promise<any> | null} */
let library = null;

/** @returns {Promise<any>} the library, which is loaded when it is first needed */
function load() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "static/vendor/openseadragon/openseadragon.min.js";
    script.onload = () => resolve(/** @type {any} */ (globalThis).OpenSeadragon);
    script.onerror = () => {
      library = null;
      script.remove();
      reject(new TypeError("the viewer could not be loaded"));
    };
    document.head.append(script);
  });
  return library;
}

/** @param {"photos" | "jobs"} of @param {string} id */
async function source(of, id) {
  const tiles = await api.tiles(of, id);
  return {
    width: tiles.width,
    height: tiles.height,
    tileSize: tiles.tile_size,
    tileOverlap: tiles.overlap,
    minLevel: tiles.min_level,
    maxLevel: tiles.max_level,
    getTileUrl: (/** @type {number} */ level, /** @type {number} */ x, /** @type {number} */ y) =>
      api.at.tile(of, id, level, x, y, tiles.format),
  };
}

/** Add an empty style sheet, so that the library does not write its own, which the page's policy forbids. */
function withoutStyles() {
  const name = "data-openseadragon-mobile-css";
  if (document.querySelector(`style[${name}]`)) return;
  const standIn = document.createElementNS("urn:blindsr:nothing", "style");
  standIn.setAttribute(name, "");
  document.head.append(standIn);
}

/** Both images in one viewer, with a line between them. */
export class Comparison {
  /** @type {any} */
  #osd = null;
  /** @type {Viewer | null} */
  #viewer = null;
  /** @type {TiledImage | null} */
  #before = null;
  /** @type {TiledImage | null} */
  #after = null;
  /** @type {TiledImage | null} */
  #map = null;
  #mapAddress = "";
  #closed = false;
  #wipe = 0.5;
  #told = 0;
  #flipped = false;

  /**
   * @param {HTMLElement} element
   * @param {{job: string, photo: string | null}} pictures
   * @param {(zoom: number) => void} zoomed receives the side of a pixel of the result in pixels of the screen
   */
  constructor(element, { job, photo }, zoomed) {
    this.element = element;
    this.job = job;
    this.photo = photo;
    this.zoomed = zoomed;
  }

  /** Load and show both. */
  async open() {
    const [osd, after, before] = await Promise.all([
      load(),
      source("jobs", this.job),
      this.photo === null ? null : source("photos", this.photo),
    ]);
    if (this.#closed) return;
    withoutStyles();
    this.#osd = osd;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#viewer = osd({
      element: this.element,
      drawer: "canvas",
      showNavigationControl: false,
      animationTime: calm ? 0 : 0.45,
      springStiffness: 10,
      maxZoomPixelRatio: 16,
      minZoomImageRatio: LEAST_ZOOM,
      visibilityRatio: 0.6,
      zoomPerScroll: 1.25,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
      crossOriginPolicy: false,
      tileRetryMax: 5,
      tileRetryDelay: 3000,
    });
    this.#prepare();
    // Both have the width 1, so that the same parts of both are at the same place.
    [this.#before, this.#after] = await Promise.all([before && this.#add(before), this.#add(after)]);
    this.#limit();
    this.#cut();
  }

  /** Allow 100 % also for a result that is smaller than the view. */
  #limit() {
    if (!this.#viewer || !this.#after) return;
    const viewport = /** @type {Viewport} */ (this.#viewer.viewport);
    viewport.minZoomLevel = Math.min(LEAST_ZOOM * viewport.getHomeZoom(), this.#exact);
  }

  /** Set up events, the label for screen readers, and the keys that the viewer handles. */
  #prepare() {
    const viewer = /** @type {any} */ (this.#viewer);
    viewer.canvas.setAttribute("role", "application");
    viewer.canvas.setAttribute("aria-label", "Photograph: arrow keys pan, plus and minus zoom, 0 shows all");
    viewer.addHandler("canvas-key", (/** @type {any} */ event) => {
      if (!KEYS.test(event.originalEvent.key)) event.preventDefaultAction = true;
    });
    for (const name of ["animation", "resize", "open", "viewport-change"]) viewer.addHandler(name, () => this.#cut());
    viewer.addHandler("resize", () => this.#limit());
    // The current zoom; "zoom" is sent before an animation begins
    for (const name of ["zoom", "viewport-change", "animation-finish"]) viewer.addHandler(name, () => this.#tellZoom());
  }

  /** Report the zoom if it has changed by a percent. */
  #tellZoom() {
    const { zoom } = this;
    if (Math.round(100 * zoom) === Math.round(100 * this.#told)) return;
    this.#told = zoom;
    this.zoomed(zoom);
  }

  /** @param {object} tileSource @param {object} [more] @returns {Promise<TiledImage>} */
  #add(tileSource, more = {}) {
    return new Promise((resolve, reject) => {
      /** @type {any} */ (this.#viewer).addTiledImage({
        tileSource,
        width: 1,
        success: (/** @type {any} */ event) => resolve(event.item),
        error: (/** @type {any} */ event) => reject(new Error(event.message)),
        ...more,
      });
    });
  }

  /** @param {number} fraction of the viewer's width from which on the result is shown */
  wipe(fraction) {
    this.#wipe = fraction;
    this.#cut();
  }

  /** @param {boolean} before whether only the photograph is shown */
  flip(before) {
    this.#flipped = before;
    this.#cut();
  }

  /** Cut the result at the line, which stays where it is on the screen while the picture moves. */
  #cut() {
    const after = /** @type {any} */ (this.#after);
    if (!after || !this.#viewer || !this.#before) return;
    const { x: width, y: height } = after.getContentSize();
    const line = new this.#osd.Point(this.#wipe * this.element.clientWidth, 0);
    const left = this.#flipped ? width : after.viewerElementToImageCoordinates(line).x;
    const shown = left < width;
    after.setOpacity(shown ? 1 : 0);
    after.setClip(shown && left > 0 ? new this.#osd.Rect(left, 0, width - left, height) : null);
  }

  /** @param {number} opacity of the residual map over both, which is loaded when it is first shown */
  async map(opacity) {
    if (!this.#map && opacity > 0 && !this.#mapAddress) {
      this.#mapAddress = await colouredMap(api.at.map(this.job));
      const added = await this.#add({ type: "image", url: this.#mapAddress }, { opacity });
      if (this.#closed) return;
      this.#map = added;
    }
    this.#map?.setOpacity(opacity);
  }

  /** Side of a pixel of the result, in pixels of the screen. */
  get zoom() {
    const after = /** @type {any} */ (this.#after);
    if (!after || !this.#viewer) return 0;
    return after.viewportToImageZoom(this.#viewer.viewport.getZoom(true)) * devicePixelRatio;
  }

  /** @param {number} factor */
  zoomBy(factor) {
    this.#viewer?.viewport.zoomBy(factor);
    this.#viewer?.viewport.applyConstraints();
  }

  /** The zoom at which a pixel of the result is a pixel of the screen. */
  get #exact() {
    return /** @type {TiledImage} */ (this.#after).imageToViewportZoom(1 / devicePixelRatio);
  }

  /** Show each pixel of the result as one pixel of the screen. */
  exactly() {
    if (this.#after) this.#viewer?.viewport.zoomTo(this.#exact);
  }

  /** Show the whole image. */
  fit() {
    this.#viewer?.viewport.goHome();
  }

  close() {
    this.#closed = true;
    this.#viewer?.destroy();
    this.#viewer = null;
    if (this.#mapAddress) URL.revokeObjectURL(this.#mapAddress);
  }
}
